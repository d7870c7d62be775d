"""The test signal as sound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ....models.errors import AudioError, ParameterError
from ....models.writing import atomic_target, check_target
from ..capture import Passage
from ..layouts import Layout
from ..recordings import Recording, on_24_bit_grid, write_24_bit
from .plan import SECONDS, VERSION, blip_places, plan_layout
from .sounds import Sound, blips, fade, level_steps, noise_bursts, sweeps

SUFFIXES: Final = (".wav", ".flac")
LOUDEST: Final = 10 ** (-1 / 20)  # of the user's own playing
DEFAULT_RATE: Final = 48_000


@dataclass(frozen=True, eq=False)
class Signal:
    """What is played through a device.

    Attributes
    ----------
    audio : ndarray of float32, shape (frames,)
        On the grid of 24 bit.
    layout : Layout
        Where everything in it is.
    """

    audio: NDArray[np.float32]
    layout: Layout

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write it as WAV or FLAC, 24 bit, mono.

        Raises
        ------
        ParameterError
            When the file exists or is of another kind.
        """
        check_target(path, overwrite=overwrite, suffixes=SUFFIXES)
        with atomic_target(path) as temporary:
            write_24_bit(temporary, self.audio, self.layout.sample_rate)


def make_signal(
    seconds: float = SECONDS, sample_rate: int = DEFAULT_RATE, *, playing: Sequence[Recording] = ()
) -> Signal:
    """Make the test signal.

    Parameters
    ----------
    seconds : float
        How long, 30 or more.
    sample_rate : int
        In Hz, 8,000 or more.
    playing : sequence of Recording
        The user's own direct recordings, at any rate; used in their order. The synthetic guitar and bass play where
        these are too short to fill it, and everything when there are none.

    Returns
    -------
    Signal
        Always the same for the same arguments.

    Raises
    ------
    ParameterError
        When it is too short, or the sample rate too low.
    AudioError
        When a recording is silent or not finite.
    """
    if sample_rate < 8000:
        raise ParameterError(f"a sample rate of {sample_rate} Hz: use 8000 or more, 48000 is usual")
    layout = plan_layout(round(seconds * sample_rate), sample_rate)
    music = _music(layout, sample_rate, playing)
    audio = np.zeros(layout.passages[-1].stop)
    for passage in layout.passages:
        sound = _SOUNDS[passage.kind](passage.frames, sample_rate) if passage.kind in _SOUNDS else music[passage.name]
        audio[passage.start : passage.stop] = sound
    return Signal(on_24_bit_grid(audio), layout)


_SOUNDS: Final[dict[str, Callable[[int, int], Sound]]] = {
    "silence": lambda frames, _: np.zeros(frames),
    "blips": lambda frames, rate: blips(frames, blip_places(rate)),
    "sweep": sweeps,
    "noise": lambda frames, rate: noise_bursts(frames, rate, np.random.default_rng(VERSION)),
    "steps": level_steps,
}


def _music(layout: Layout, sample_rate: int, playing: Sequence[Recording]) -> dict[str, Sound]:
    """Music for each passage that has some, all of it different but for passages that repeat another."""
    wanted = [passage for passage in layout.passages if passage.kind == "music" and not passage.repeats]
    own = _own(playing, sample_rate)
    music: dict[str, Sound] = {}
    for number, passage in enumerate(sorted(wanted, key=lambda passage: passage.frames)):
        # The short passages, which judge, come first: what is left of the user's playing is trained on.
        sound, own = own[: passage.frames], own[passage.frames :]
        if sound.size < passage.frames:
            sound = np.concatenate([sound, _synthetic(passage, passage.frames - sound.size, sample_rate, number)])
        music[passage.name] = fade(sound, sample_rate)
    for passage in layout.passages:
        if passage.kind == "music" and passage.repeats:
            music[passage.name] = music[passage.repeats]
    return music


def _synthetic(passage: Passage, frames: int, sample_rate: int, number: int) -> Sound:
    from ...factory.material import playing  # numba: only when it is needed

    sound = playing(frames, sample_rate, np.random.default_rng((VERSION, number)))[:frames]
    return fade(sound, sample_rate) if frames < passage.frames else sound


def _own(playing: Sequence[Recording], sample_rate: int) -> Sound:
    parts: list[Sound] = [np.zeros(0)]
    for recording in playing:
        peak = float(np.abs(recording.audio).max(initial=0.0))
        if not 0 < peak < np.inf:  # also false for NaN
            raise AudioError(f"{recording.name}: its peak is {peak:g}: use a recording with sound in it")
        resampled = soxr.resample(recording.audio, recording.sample_rate, sample_rate, quality="VHQ")
        parts.append(fade(resampled.astype(np.float64), sample_rate))
    own = np.concatenate(parts)
    peak = np.abs(own).max(initial=0.0)
    return own * min(1.0, LOUDEST / peak) if peak else own
