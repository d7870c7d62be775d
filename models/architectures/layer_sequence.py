"""Networks of layers one behind the other, as Keras writes them and RTNeural plays them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

LayerKind = Literal["dense", "conv1d", "batchnorm", "prelu", "activation", "lstm", "gru"]
LayerActivation = Literal["", "tanh", "sigmoid", "relu", "elu", "softmax"]

GATES: Final = {"lstm": 4, "gru": 3}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer; every frame it turns `inputs` channels into `outputs` channels.

    Its arrays, behind the number of the layer and a dot:

    ============= =====================================================================
    dense         ``weight`` (outputs, inputs), ``bias`` (outputs,), if `bias`
    conv1d        ``weight`` (outputs, inputs / groups, kernel_size), ``bias`` (outputs,), if `bias`; the last tap is
                  the newest frame
    batchnorm     ``mean`` and ``variance`` (outputs,); ``gamma`` and ``beta`` (outputs,), if `affine`
    prelu         ``slope`` (slopes,), for negative values: one a channel, or one for all
    lstm, gru     ``input.weight`` (gates * outputs, inputs), ``recurrent.weight`` (gates * outputs, outputs),
                  ``input.bias`` and (gru) ``recurrent.bias`` (gates * outputs,); gates in torch's order: i f g o; r z n
    ============= =====================================================================

    Attributes
    ----------
    kind : str
        What the layer does.
    inputs, outputs : int
        Channels.
    activation : str
        Function of the outputs, or empty; LSTM and GRU have their own.
    kernel_size, dilation, groups : int
        Of a convolution, which is causal and starts on zeros.
    epsilon : float
        Added to the variance of a batch normalisation.
    bias, affine : bool
        Whether those arrays exist.
    slopes : int
        Number of slopes of a prelu.
    """

    kind: LayerKind
    inputs: int
    outputs: int
    activation: LayerActivation = ""
    kernel_size: int = 1
    dilation: int = 1
    groups: int = 1
    epsilon: float = 0.0
    bias: bool = True
    affine: bool = True
    slopes: int = 1

    @property
    def look_back(self) -> int:
        """Frames before the current one that the layer reads."""
        return (self.kernel_size - 1) * self.dilation

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the arrays."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.kind == "dense":
            shapes["weight"] = (self.outputs, self.inputs)
        elif self.kind == "conv1d":
            shapes["weight"] = (self.outputs, self.inputs // self.groups, self.kernel_size)
        elif self.kind == "batchnorm":
            names = ("gamma", "beta", "mean", "variance") if self.affine else ("mean", "variance")
            shapes.update(dict.fromkeys(names, (self.outputs,)))
        elif self.kind == "prelu":
            shapes["slope"] = (self.slopes,)
        elif self.kind in GATES:
            rows = GATES[self.kind] * self.outputs
            shapes["input.weight"] = (rows, self.inputs)
            shapes["recurrent.weight"] = (rows, self.outputs)
            shapes["input.bias"] = (rows,)
            if self.kind == "gru":
                shapes["recurrent.bias"] = (rows,)
        if self.kind in ("dense", "conv1d") and self.bias:
            shapes["bias"] = (self.outputs,)
        return shapes


@dataclass(frozen=True)
class LayerSequence:
    """Layers one behind the other; the first input is the audio, the others are knobs, the last layer has one output.

    The arrays of layer number ``n`` are those of `Layer` behind ``n.``.

    Attributes
    ----------
    layers : tuple of Layer
        From input to output.
    skip : bool
        The network learns the difference: the audio input is added to its output.
    input_db, output_db : float
        Gain in dB before the network (and the skip connection) and behind both.

    References
    ----------
    J. Chowdhury, "RTNeural: Fast Neural Inferencing for Real-Time Systems", 2021; the layers as Keras defines them.
    """

    layers: tuple[Layer, ...]
    skip: bool = False
    input_db: float = 0.0
    output_db: float = 0.0

    @property
    def input_size(self) -> int:
        """Inputs of the first layer."""
        return self.layers[0].inputs

    @property
    def receptive_field(self) -> int | None:
        """Frames of input that an output frame depends on; None where a layer is recurrent."""
        if any(layer.kind in GATES for layer in self.layers):
            return None
        return 1 + sum(layer.look_back for layer in self.layers)

    @property
    def history_size(self) -> int:
        """Values the layers have to remember."""
        return sum(layer.inputs * layer.look_back + 2 * layer.outputs * (layer.kind in GATES) for layer in self.layers)

    @property
    def widths(self) -> list[int]:
        """Numbers of channels that occur, and of layers."""
        return [len(self.layers), *(max(layer.inputs, layer.outputs) for layer in self.layers)]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all arrays."""
        return {f"{n}.{name}": shape for n, layer in enumerate(self.layers) for name, shape in layer.shapes().items()}


def recurrent_layers(architecture: LayerSequence) -> tuple[Layer, ...] | None:
    """Return the LSTM or GRU layers of a network that is nothing else but these and a linear head, all of one size."""
    *body, head = architecture.layers
    plain = (head.kind, head.activation, head.bias) == ("dense", "", True) and head.outputs == 1
    alike = {(layer.kind, layer.outputs) for layer in body}
    if not (
        plain and len(alike) == 1 and body[0].kind in GATES and architecture.input_db == architecture.output_db == 0
    ):
        return None
    return tuple(body)


def layer_arrays(arrays: Mapping[str, NDArray[np.float32]], number: int) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of one layer, by their names within the layer."""
    prefix = f"{number}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
