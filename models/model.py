"""A trained model that makes sound: offline in one call, or block by block."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .architectures.layer_sequence import LayerSequence
from .architectures.pedalnet import PedalNet
from .architectures.repair import Repair
from .architectures.stateless_lstm import StatelessLstm
from .description import DEFAULT_SAMPLE_RATE, ModelDescription, Recurrent
from .errors import AudioError, ModelError, ParameterError
from .example_check import check_example
from .formats import read_model
from .formats.reading import in_file
from .formats.rtneural import example_of
from .kernels.contract import Kernel, Parameter
from .kernels.instance import KernelInstance
from .kernels.layers import layers_kernel
from .kernels.pedalnet import pedalnet_kernel
from .kernels.recurrent import recurrent_kernel
from .kernels.repair import repair_kernel
from .kernels.stateless_lstm import stateless_lstm_kernel
from .kernels.wavenet import wavenet_kernel
from .slimming import at_quality

KERNELS: Mapping[type, Callable[[ModelDescription], Kernel]] = {
    Recurrent: recurrent_kernel,
    LayerSequence: layers_kernel,
    PedalNet: pedalnet_kernel,
    StatelessLstm: stateless_lstm_kernel,
    Repair: repair_kernel,
}
"""The kernels of all architectures but the feed-forward ones of .nam files, which share one."""

TRIAL = (0.5 * np.sin(np.arange(256) / 16)).astype(np.float32)[None]


def model_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a model, at the model's own sample rate and its full quality."""
    description = at_quality(description)
    return KERNELS.get(type(description.architecture), wavenet_kernel)(description)


class Model:
    """A trained model.

    Parameters
    ----------
    description : ModelDescription
        Architecture and weights.
    path : Path, optional
        The file it came from.
    format : str, optional
        The kind of file it came from.
    quality : float
        For models that can be slimmed: 0 is the smallest and cheapest, 1 the full model. Others ignore it.

    Attributes
    ----------
    description : ModelDescription
        Architecture and weights of the whole file.
    played : ModelDescription
        Those of the model that plays at this quality.

    Raises
    ------
    ParameterError
        When the quality is outside 0 to 1.
    """

    def __init__(
        self, description: ModelDescription, *, path: Path | None = None, format: str = "", quality: float = 1.0
    ) -> None:
        if not 0 <= quality <= 1:
            raise ParameterError(f"quality is {quality}: use a value from 0 to 1")
        self.description = description
        self.quality = quality
        self.played = at_quality(description, quality)
        self.path = path
        self.format = format

    def __repr__(self) -> str:
        return f"Model({self.name!r}, {self.architecture}, {self.sample_rate} Hz)"

    @property
    def name(self) -> str:
        """Name in the metadata, else the file's name without its suffix."""
        name = self.metadata.get("name")
        return name if isinstance(name, str) and name else self.path.stem if self.path else "model"

    def at_quality(self, quality: float) -> "Model":
        """Return the same model at another quality; raises `ParameterError` outside 0 to 1."""
        return Model(self.description, path=self.path, format=self.format, quality=quality)

    @property
    def architecture(self) -> str:
        """Architecture in one word: ``LSTM``, ``GRU``, or the name of its class, as ``WaveNet``."""
        architecture = self.played.architecture
        return architecture.kind.upper() if isinstance(architecture, Recurrent) else type(architecture).__name__

    @property
    def sample_rate(self) -> int:
        """Rate in Hz at which the model runs; 48000 where the file names none."""
        return self.played.sample_rate or DEFAULT_SAMPLE_RATE

    @property
    def receptive_field(self) -> int | None:
        """Frames of input an output frame depends on; None for recurrent models."""
        return self.played.architecture.receptive_field

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the file says beside the model: gear, loudness, calibration."""
        return self.played.metadata

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The model's own knobs."""
        return self.kernel.parameters

    @cached_property
    def kernel(self) -> Kernel:
        """The model's real-time kernel, at its own sample rate; built, and tried once, when first asked for.

        Raises `ModelError` when the model answers an ordinary signal with NaN or infinity.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            kernel = model_kernel(self.played)
        trial = KernelInstance(kernel, sample_rate=self.sample_rate, channels=1).process(TRIAL)
        if not np.isfinite(trial).all():
            raise ModelError(
                f"{self.path or self.name}: the model answers a sine with NaN or infinity: its weights are damaged"
            )
        return kernel

    def process(self, audio: ArrayLike, **knobs: float) -> NDArray[np.float32]:
        """Process a whole signal, starting at rest.

        Parameters
        ----------
        audio : array_like of float32, shape (frames,) or (channels, frames)
            Input at the model's own sample rate; every channel is processed on its own.
        **knobs : float
            Values of the model's knobs, 0 to 1.

        Returns
        -------
        ndarray of float32
            Output of the same shape.

        Raises
        ------
        AudioError
            When the audio has another shape or contains NaN or infinity.
        ParameterError
            When a knob is unknown or out of range.

        Examples
        --------
        >>> wet = load_model("crunch.nam").process(dry)  # doctest: +SKIP
        """
        signal = checked_audio(audio)
        rows = np.atleast_2d(signal)
        return self.stream(channels=rows.shape[0], **knobs).process(rows).reshape(signal.shape)

    def stream(self, *, channels: int = 1, **knobs: float) -> "ModelStream":
        """Start a stream at rest: blocks in, blocks out, the state kept in between.

        Raises
        ------
        ParameterError
            When `channels` is outside 1 to 64 or a knob is unknown or out of range.
        """
        return ModelStream(
            KernelInstance(self.kernel, sample_rate=self.sample_rate, channels=channels, parameters=knobs)
        )


class ModelStream:
    """A model running block by block; made by `Model.stream`."""

    def __init__(self, instance: KernelInstance) -> None:
        self._instance = instance

    @property
    def channels(self) -> int:
        """Number of channels, each with a state of its own."""
        return self._instance.channels

    def process(self, block: ArrayLike) -> NDArray[np.float32]:
        """Process the next block, shape (frames,) or (channels, frames); any split gives the same samples."""
        signal = checked_audio(block)
        return self._instance.process(np.atleast_2d(signal)).reshape(signal.shape)

    def set(self, knob: str, value: float) -> None:
        """Turn a knob of the model; heard from the next block on."""
        self._instance.set(knob, value)

    def reset(self) -> None:
        """Return to rest, as if just made."""
        self._instance.reset()


def checked_audio(audio: ArrayLike) -> NDArray[np.float32]:
    """Return `audio` as float32 of shape (frames,) or (channels, frames).

    Raises
    ------
    AudioError
        When it has another shape, is not made of numbers, or contains NaN or infinity.
    """
    if np.asarray(audio).dtype.kind in "iu" and np.size(audio):
        raise AudioError("audio is made of integers: divide it by full scale (32768 for 16 bits) to get floats")
    try:
        signal = np.ascontiguousarray(audio, np.float32)
    except (TypeError, ValueError):
        raise AudioError("audio must be an array of numbers of shape (frames,) or (channels, frames)") from None
    if np.ndim(audio) not in (1, 2):
        raise AudioError(f"audio has shape {np.shape(audio)}: use (frames,) or (channels, frames)")
    if not np.isfinite(signal).all():
        frame = int(np.argmin(np.isfinite(np.atleast_2d(signal)).all(axis=0)))
        raise AudioError(f"audio contains NaN or infinity, first at frame {frame}: repair the recording first")
    return signal


def load_model(path: str | Path, *, quality: float = 1.0) -> Model:
    """Load a trained model: Neural Amp Modeler ``.nam``, GuitarML, AIDA-X or RTNeural json, told apart by content.

    A file with an example of its own input and output (AIDA-X) is played and compared.

    Parameters
    ----------
    path : str or Path
        The file.
    quality : float
        For models that can be slimmed: 0 is the smallest and cheapest, 1 (as in the original engine) the full model.

    Raises
    ------
    ModelError
        When the file cannot be read, is damaged, of a kind ampboard does not know, or contradicts its own example.
    ParameterError
        When the quality is outside 0 to 1.

    Examples
    --------
    >>> model = load_model("crunch.nam")  # doctest: +SKIP
    >>> model.sample_rate, model.receptive_field  # doctest: +SKIP
    (48000, 4093)
    """
    path = Path(path)
    known, description = read_model(path)
    model = Model(description, path=path, format=known.name, quality=quality)
    example = example_of(description)
    if example is not None:
        in_file(path, lambda: check_example(model.kernel, example, sample_rate=model.sample_rate))
    return model
