"""Pairs of recordings, sorted into what is trained on and what is kept back."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from ...models.errors import AudioError, ParameterError


@dataclass(frozen=True, eq=False)
class Excerpt:
    """One unbroken pair of recordings at one setting of the knobs.

    Attributes
    ----------
    name : str
        What reports call it: ``validation 1``, ``gain 0.5, clip 12``.
    audio, target : ndarray of float32, shape (frames,)
        What went into the device and what came out, aligned; full scale is 1.
    knobs : tuple of float
        Where the knobs stood, from 0 to 1, in the order of `Material.knobs`.

    Raises
    ------
    AudioError
        When the two differ in length, are empty or hold values that are not finite.
    """

    name: str
    audio: NDArray[np.float32]
    target: NDArray[np.float32]
    knobs: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for field in ("audio", "target"):
            signal = np.ascontiguousarray(getattr(self, field), np.float32)
            if signal.ndim != 1 or signal.size == 0:
                raise AudioError(f"{self.name}: {field} has the shape {signal.shape}: give one channel, (frames,)")
            if not np.isfinite(signal).all():
                raise AudioError(f"{self.name}: {field} holds values that are not finite: remove them")
            object.__setattr__(self, field, signal)
        if len(self.audio) != len(self.target):
            raise AudioError(
                f"{self.name}: {len(self.audio)} frames went in, {len(self.target)} came out: cut both to one length"
            )

    @property
    def power(self) -> float:
        """Mean square of the target."""
        return float(np.mean(np.square(self.target, dtype=np.float64)))


@dataclass(frozen=True, eq=False)
class Material:
    """Everything one model is made from.

    Attributes
    ----------
    sample_rate : int
        Of all excerpts, in Hz.
    train : tuple of Excerpt
        What the network learns from.
    validation : tuple of Excerpt
        What decides, during training, how good it is; where it is empty, nothing does.
    test : tuple of Excerpt
        What is heard only once, at the end; may be empty.
    knobs : tuple of str
        Names of the knobs; empty for a device at one setting.
    """

    sample_rate: int
    train: tuple[Excerpt, ...]
    validation: tuple[Excerpt, ...] = ()
    test: tuple[Excerpt, ...] = ()
    knobs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.train:
            raise ParameterError("material needs at least one excerpt to train on")
        for excerpt in (*self.train, *self.validation, *self.test):
            if len(excerpt.knobs) != len(self.knobs):
                raise ParameterError(f"{excerpt.name} has {len(excerpt.knobs)} knob values for the knobs {self.knobs}")

    @property
    def digest(self) -> str:
        """Names the content: a training run is only resumed on the material it began with."""
        digest = sha256(repr((self.sample_rate, self.knobs)).encode())
        for part in (self.train, self.validation):
            for excerpt in part:
                digest.update(repr((excerpt.knobs, len(excerpt.audio))).encode())
                digest.update(excerpt.audio.tobytes())
                digest.update(excerpt.target.tobytes())
        return digest.hexdigest()
