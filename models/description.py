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

from .architectures.layer_sequence import LayerSequence
from .architectures.pedalnet import PedalNet
from .architectures.stateless_lstm import StatelessLstm
from .errors import ModelError

DEFAULT_SAMPLE_RATE = 48_000  # where a file names none: the rate nearly all captures are made at
LARGEST_MODEL = 1 << 24  # weights
LARGEST_HISTORY = 1 << 25  # float32 values a model may have to remember (128 MiB)
WIDEST_LAYER = 4096

ArrayShapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class LayerArray:
    """A stack of dilated convolution layers that share their width (one entry of "layers" in a .nam file).

    Its arrays, for the stack with number ``n`` and the layer with number ``i``:

    ======================= =============================== =======================================
    ``n.rechannel.weight``  (channels, input_size)          input of the stack
    ``n.layers.i.conv``     ``.weight`` (out, channels, kernel_size), ``.bias`` (out,); the last tap is the newest frame
    ``n.layers.i.mixin``    ``.weight`` (out, condition_size)
    ``n.layers.i.one``      ``.weight`` (channels, channels), ``.bias`` (channels,): the 1x1 to the next layer
    ``n.head``              ``.weight`` (head_size, channels), ``.bias`` (head_size,) with `head_bias`
    ======================= =============================== =======================================

    where ``out`` is ``2 * channels`` in a gated layer (filter rows, then gate rows), else ``channels``.
    """

    input_size: int
    condition_size: int
    channels: int
    kernel_size: int
    dilations: tuple[int, ...]
    activation: str
    gated: bool
    head_size: int
    head_bias: bool

    def look_back(self, layer: int) -> int:
        """Frames before the current one that layer number `layer` reads."""
        return (self.kernel_size - 1) * self.dilations[layer]

    def shapes(self, number: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the arrays, in the order of the weights in a .nam file."""
        out = 2 * self.channels if self.gated else self.channels
        yield f"{number}.rechannel.weight", (self.channels, self.input_size)
        for layer in range(len(self.dilations)):
            name = f"{number}.layers.{layer}"
            yield f"{name}.conv.weight", (out, self.channels, self.kernel_size)
            yield f"{name}.conv.bias", (out,)
            yield f"{name}.mixin.weight", (out, self.condition_size)
            yield f"{name}.one.weight", (self.channels, self.channels)
            yield f"{name}.one.bias", (self.channels,)
        yield f"{number}.head.weight", (self.head_size, self.channels)
        if self.head_bias:
            yield f"{number}.head.bias", (self.head_size,)


@dataclass(frozen=True)
class WaveNet:
    """NAM's WaveNet, first architecture (A1): stacks of layers one behind the other, their heads summed.

    References
    ----------
    A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016; as a feed-forward amplifier model:
    A. Wright et al., "Real-Time Guitar Amplifier Emulation with Deep Learning", Applied Sciences 10(3), 2020.
    """

    layer_arrays: tuple[LayerArray, ...]

    @property
    def receptive_field(self) -> int:
        """Frames of input, the current one included, that an output frame depends on."""
        return 1 + sum(stack.look_back(i) for stack in self.layer_arrays for i in range(len(stack.dilations)))

    @property
    def history_size(self) -> int:
        """Values the layers have to remember."""
        return sum(
            stack.channels * stack.look_back(i) for stack in self.layer_arrays for i in range(len(stack.dilations))
        )

    def shapes(self) -> ArrayShapes:
        """Names and shapes of all arrays, in the order of the weights in a .nam file."""
        shapes: ArrayShapes = {}
        for number, stack in enumerate(self.layer_arrays):
            shapes.update(stack.shapes(number))
        shapes["head_scale"] = (1,)
        return shapes


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


Architecture = WaveNet | Recurrent | LayerSequence | PedalNet | StatelessLstm


@dataclass(frozen=True, eq=False)
class ModelDescription:
    """A trained model.

    Attributes
    ----------
    architecture : WaveNet, Recurrent, LayerSequence, PedalNet or StatelessLstm
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
        return sum(array.size for array in self.arrays.values())


def checked_shapes(architecture: Architecture) -> ArrayShapes:
    """Return the array shapes of `architecture`; raise `ModelError` before anything absurd takes memory."""
    if isinstance(architecture, WaveNet):
        widths = [s.channels for s in architecture.layer_arrays] + [s.head_size for s in architecture.layer_arrays]
    elif isinstance(architecture, Recurrent):
        widths = [architecture.hidden_size, architecture.layers, architecture.input_size]
    else:
        widths = architecture.widths
    if max(widths) > WIDEST_LAYER:
        raise ModelError(f"a layer is {max(widths)} wide: at most {WIDEST_LAYER} can be real")
    if architecture.history_size > LARGEST_HISTORY:
        raise ModelError(
            f"the model remembers {architecture.history_size} values: at most {LARGEST_HISTORY} can be real"
        )
    shapes = architecture.shapes()
    size = sum(map(prod, shapes.values()))
    if size > LARGEST_MODEL:
        raise ModelError(f"the model claims {size} weights: at most {LARGEST_MODEL} can be real")
    return shapes
