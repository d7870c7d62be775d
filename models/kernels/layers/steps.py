"""What a network of layers comes down to: linear maps, functions of single values, softmax and recurrent layers.

Batch normalisation is a scale and an offset of every channel. It goes into the linear map before it, or into the
argument of the function behind it, where one of the two is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...architectures.layer_sequence import GATES, Layer, LayerSequence, layer_arrays
from ...description import ModelDescription
from ..recurrent.weights import GateWeights, gate_weights
from .functions import FUNCTIONS

Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """A dense layer or a causal convolution; `weights` has the shape (taps, outputs, inputs), the last tap is now."""

    weights: Float64Array
    bias: Float64Array
    dilation: int = 1

    @property
    def look_back(self) -> int:
        """Frames before the current one that are read."""
        return (len(self.weights) - 1) * self.dilation


@dataclass(frozen=True)
class Map:
    """``function(scale * x + shift)`` of every channel; `slope` is that of a prelu."""

    function: str
    scale: Float64Array
    shift: Float64Array
    slope: Float64Array


@dataclass(frozen=True)
class Softmax:
    """The exponentials of a frame's channels, divided by their sum."""


@dataclass(frozen=True)
class Recurrence:
    """An LSTM or a GRU that starts from zeros."""

    kind: Literal["lstm", "gru"]
    gates: Mapping[str, GateWeights]
    inputs: int
    units: int


Step = Linear | Map | Softmax | Recurrence


def network_steps(description: ModelDescription) -> list[Step]:
    """Return the steps of a model whose architecture is `LayerSequence`."""
    network = description.architecture
    assert isinstance(network, LayerSequence)
    steps: list[Step] = []
    for number, layer in enumerate(network.layers):
        arrays = {n: a.astype(np.float64) for n, a in layer_arrays(description.arrays, number).items()}
        for step in _steps(layer, arrays):
            _append(steps, step)
    return [_scaled(step) if isinstance(step, Map) else step for step in steps]


def _steps(layer: Layer, arrays: Mapping[str, Float64Array]) -> list[Step]:
    steps: list[Step] = []
    if layer.kind in ("dense", "conv1d"):
        steps.append(_linear(layer, arrays))
    elif layer.kind == "batchnorm":
        scale = arrays.get("gamma", 1.0) / np.sqrt(arrays["variance"] + layer.epsilon)
        steps.append(
            replace(_map("", layer.outputs), scale=scale, shift=arrays.get("beta", 0) - scale * arrays["mean"])
        )
    elif layer.kind == "prelu":
        steps.append(replace(_map("prelu", layer.outputs), slope=np.broadcast_to(arrays["slope"], layer.outputs)))
    elif layer.kind in GATES:
        kind = "lstm" if layer.kind == "lstm" else "gru"
        gates = gate_weights(arrays, "", kind, layer.outputs, inputs=layer.inputs)
        steps.append(Recurrence(kind, gates, layer.inputs, layer.outputs))
    if layer.activation == "softmax":
        steps.append(Softmax())
    elif layer.activation:
        steps.append(_map(layer.activation, layer.outputs))
    return steps


def _linear(layer: Layer, arrays: Mapping[str, Float64Array]) -> Linear:
    """Groups become blocks of one matrix."""
    given = arrays["weight"].reshape(layer.outputs, layer.inputs // layer.groups, layer.kernel_size)
    weights = np.zeros((layer.kernel_size, layer.outputs, layer.inputs))
    outputs, inputs = layer.outputs // layer.groups, layer.inputs // layer.groups
    for group in range(layer.groups):
        rows = slice(group * outputs, (group + 1) * outputs)
        weights[:, rows, group * inputs : (group + 1) * inputs] = given[rows].transpose(2, 0, 1)
    return Linear(weights, arrays.get("bias", np.zeros(layer.outputs)), layer.dilation)


def _map(function: str, channels: int) -> Map:
    zeros = np.zeros(channels)
    return Map(function, np.ones(channels), zeros, zeros)


def _append(steps: list[Step], step: Step) -> None:
    """Add a step, as part of the last one where that is possible."""
    last = steps[-1] if steps else None
    if isinstance(step, Map) and isinstance(last, Map) and not last.function:
        steps[-1] = replace(step, scale=step.scale * last.scale, shift=step.scale * last.shift + step.shift)
    elif isinstance(step, Map) and isinstance(last, Linear) and not step.function:
        weights, bias = step.scale[:, None] * last.weights, step.scale * last.bias + step.shift
        steps[-1] = replace(last, weights=weights, bias=bias)
    else:
        steps.append(step)


def _scaled(step: Map) -> Map:
    """Put the factor on the function's argument into scale and shift."""
    factor = FUNCTIONS[step.function].scale
    return replace(step, scale=factor * step.scale, shift=factor * step.shift)
