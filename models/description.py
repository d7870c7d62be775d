"""The one source of truth for a trained model: its architecture and its named float32 arrays.

File formats read and write it, kernels are built from it, training networks load from it and save to it. It knows no
file, no framework and no sample of sound.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .architectures.activation import ActivationName, Shaped
from .architectures.convnet import ArrayShapes, ConvNet, Linear
from .architectures.fit import check_fits
from .architectures.layer_sequence import LayerSequence
from .architectures.pedalnet import PedalNet
from .architectures.repair import Repair
from .architectures.sequential import Sequential
from .architectures.stateless_lstm import StatelessLstm
from .architectures.wavenet import FILM_SITES, Film, GatingMode, HeadProjection, LayerArray, PostHead, WaveNet
from .errors import ModelError

__all__ = [
    "DEFAULT_SAMPLE_RATE",
    "FILM_SITES",
    "ActivationName",
    "Architecture",
    "ArrayShapes",
    "Container",
    "ConvNet",
    "Film",
    "GatingMode",
    "HeadProjection",
    "LayerArray",
    "Linear",
    "ModelDescription",
    "PostHead",
    "Recurrent",
    "Repair",
    "Sequential",
    "Shaped",
    "WaveNet",
    "checked_shapes",
]

DEFAULT_SAMPLE_RATE = 48_000  # where a file names none: the rate nearly all captures are made at
LARGEST_MODEL = 1 << 24  # weights
LARGEST_HISTORY = 1 << 25  # float32 values a model may have to remember (128 MiB)
WIDEST_LAYER = 4096


@dataclass(frozen=True)
class Container:
    """Several models of one device, from small to large: which one plays depends on the quality asked for.

    It has no arrays of its own.

    Attributes
    ----------
    qualities : tuple of float
        Up to which quality each model plays (not included), ascending; the last model plays from there on.
    models : tuple of ModelDescription
        The models.
    """

    qualities: tuple[float, ...]
    models: "tuple[ModelDescription, ...]"

    @property
    def receptive_field(self) -> int | None:
        """That of the largest model."""
        return self.models[-1].architecture.receptive_field

    @property
    def history_size(self) -> int:
        """Values that all the models have to remember."""
        return sum(model.architecture.history_size for model in self.models)

    @property
    def widths(self) -> Iterator[int]:
        """The widths are checked in the models themselves."""
        yield 1

    def shapes(self) -> ArrayShapes:
        """No arrays."""
        return {}


@dataclass(frozen=True)
class Recurrent:
    """A stateful LSTM or GRU with a linear head; the first input is the audio, the others are knobs.

    Its arrays, for layer number ``l``, with gates in torch's order (LSTM: i f g o; GRU: r z n):

    ====================== =========================================
    ``l.input.weight``     (gates * hidden_size, inputs of the layer)
    ``l.recurrent.weight`` (gates * hidden_size, hidden_size)
    ``l.input.bias``       (gates * hidden_size,)
    ``l.recurrent.bias``   (gates * hidden_size,), if `recurrent_bias`
    ``l.hidden``           (hidden_size,), if `initial_state`
    ``l.cell``             (hidden_size,), if `initial_state` (LSTM)
    ``head.weight``        (1, hidden_size)
    ``head.bias``          (1,)
    ====================== =========================================

    Attributes
    ----------
    skip : bool
        The network learns the difference: the audio input is added to the output.

    References
    ----------
    A. Wright, E.-P. Damskägg, V. Välimäki, "Real-Time Black-Box Modelling with Recurrent Neural Networks", DAFx 2019.
    """

    kind: Literal["lstm", "gru"]
    input_size: int
    hidden_size: int
    layers: int
    skip: bool = False
    recurrent_bias: bool = False
    initial_state: bool = False

    @property
    def gates(self) -> int:
        """Number of gate rows per hidden unit."""
        return {"lstm": 4, "gru": 3}[self.kind]

    @property
    def receptive_field(self) -> None:
        """A recurrent network has no finite receptive field."""
        return None

    @property
    def history_size(self) -> int:
        """Values the layers have to remember."""
        return 2 * self.layers * self.hidden_size

    @property
    def widths(self) -> Iterator[int]:
        """The widths of all layers."""
        yield from (self.hidden_size, self.layers, self.input_size)

    def shapes(self) -> ArrayShapes:
        """Names and shapes of all arrays."""
        rows = self.gates * self.hidden_size
        shapes: ArrayShapes = {}
        for layer in range(self.layers):
            shapes[f"{layer}.input.weight"] = (rows, self.input_size if layer == 0 else self.hidden_size)
            shapes[f"{layer}.recurrent.weight"] = (rows, self.hidden_size)
            shapes[f"{layer}.input.bias"] = (rows,)
            if self.recurrent_bias:
                shapes[f"{layer}.recurrent.bias"] = (rows,)
            if self.initial_state:
                shapes[f"{layer}.hidden"] = (self.hidden_size,)
                if self.kind == "lstm":
                    shapes[f"{layer}.cell"] = (self.hidden_size,)
        shapes["head.weight"] = (1, self.hidden_size)
        shapes["head.bias"] = (1,)
        return shapes


Architecture = (
    WaveNet | ConvNet | Linear | Sequential | Recurrent | Container | LayerSequence | PedalNet | StatelessLstm | Repair
)


@dataclass(frozen=True, eq=False)
class ModelDescription:
    """A trained model.

    Attributes
    ----------
    architecture : Architecture
        What the arrays mean.
    arrays : mapping of str to ndarray of float32
        The weights under the names and with the shapes that ``architecture.shapes()`` lists, all finite.
    sample_rate : int or None
        Rate in Hz the model was trained at; None where the file does not say.
    prewarm_frames : int
        Frames of silence to run before the first sound, as the model's own engine does.
    knobs : tuple of str
        Names of the conditioning inputs, in order; each runs from 0 to 1.
    metadata : mapping
        Whatever the file says beside the model: name, gear, loudness, calibration.
    document : mapping or None
        The parsed file without its weights. Who writes the model back in the same format starts from it, so that
        what this description does not know about is kept.

    Raises
    ------
    ModelError
        When arrays are missing, misshapen or not finite, or the model is larger than any real one.
    """

    architecture: Architecture
    arrays: Mapping[str, NDArray[np.float32]]
    sample_rate: int | None = None
    prewarm_frames: int = 0
    knobs: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    document: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, shape in checked_shapes(self.architecture).items():
            array = self.arrays.get(name)
            if array is None or array.shape != shape or array.dtype != np.float32:
                found = "is missing" if array is None else f"is {array.dtype} {array.shape}"
                raise ModelError(f"array {name} {found}: this architecture needs float32 {shape}")
            if not np.isfinite(array).all():
                raise ModelError(f"array {name} contains NaN or infinity: the file is damaged or training diverged")

    @property
    def weight_count(self) -> int:
        """Number of trained values."""
        own = sum(array.size for array in self.arrays.values())
        parts: tuple[ModelDescription | None, ...] = ()
        if isinstance(self.architecture, Container):
            parts = self.architecture.models
        elif isinstance(self.architecture, Repair):
            parts = (self.architecture.denoiser,)
        return own + sum(model.weight_count for model in parts if model is not None)


def checked_shapes(architecture: Architecture) -> ArrayShapes:
    """Return the array shapes of `architecture`.

    Raises
    ------
    ModelError
        When its parts do not fit onto each other, or it is larger than any real one: before anything takes memory.
    """
    widest = max(architecture.widths, default=0)
    if widest > WIDEST_LAYER:
        raise ModelError(f"a layer is {widest} wide: at most {WIDEST_LAYER} can be real")
    if isinstance(architecture, WaveNet | ConvNet | Linear | Sequential):
        check_fits(architecture)
    if architecture.history_size > LARGEST_HISTORY:
        raise ModelError(
            f"the model remembers {architecture.history_size} values: at most {LARGEST_HISTORY} can be real"
        )
    shapes = architecture.shapes()
    size = sum(map(prod, shapes.values()))
    if isinstance(architecture, Container):
        size = sum(model.weight_count for model in architecture.models)
    if size > LARGEST_MODEL:
        raise ModelError(f"the model claims {size} weights: at most {LARGEST_MODEL} can be real")
    return shapes
