"""Weights of a layer as Keras keeps them: inputs before outputs, LSTM gates i f c o, GRU gates z r h.

Keras' GRU (``reset_after``) has two biases in one array, its LSTM one.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..architectures.layer_sequence import GATES, Layer

Float32Array = NDArray[np.float32]
Shape = tuple[int, ...]


def keras_shapes(layer: Layer) -> list[Shape]:
    """Shapes of a layer's weights in the order in which Keras lists them."""
    inputs, outputs = layer.inputs, layer.outputs
    bias: list[Shape] = [(outputs,)] if layer.bias else []
    if layer.kind == "dense":
        return [(inputs, outputs), *bias]
    if layer.kind == "conv1d":
        return [(layer.kernel_size, inputs // layer.groups, outputs), *bias]
    if layer.kind == "batchnorm":
        return [(outputs,)] * (4 if layer.affine else 2)
    if layer.kind == "prelu":
        return [(1, layer.slopes)]
    if layer.kind in GATES:
        columns = GATES[layer.kind] * outputs
        return [(inputs, columns), (outputs, columns), (2, columns) if layer.kind == "gru" else (columns,)]
    return []


def from_keras(layer: Layer, parts: list[Float32Array]) -> dict[str, Float32Array]:
    """Return a layer's arrays from its weights as Keras keeps them, of the shapes that `keras_shapes` lists."""
    if layer.kind == "gru":
        kernel, recurrent, biases = (_swap_gates(part, layer.outputs) for part in parts)
        ordered = [kernel.T, recurrent.T, biases[0], biases[1]]
    elif layer.kind == "prelu":
        ordered = [parts[0][0]]
    else:
        ordered = [part.T if part.ndim > 1 else part for part in parts]
    return {name: np.ascontiguousarray(part) for name, part in zip(layer.shapes(), ordered, strict=True)}


def to_keras(layer: Layer, arrays: Mapping[str, Float32Array]) -> list[Float32Array]:
    """Return a layer's weights as Keras keeps them."""
    parts = [arrays[name] for name in layer.shapes()]
    if layer.kind == "gru":
        kernel, recurrent, *biases = parts
        return [_swap_gates(part, layer.outputs) for part in (kernel.T, recurrent.T, np.stack(biases))]
    if layer.kind == "prelu":
        return [parts[0][None]]
    return [part.T if part.ndim > 1 else part for part in parts]


def _swap_gates(part: Float32Array, units: int) -> Float32Array:
    """Exchange the first two gates (reset, update) along the last axis."""
    return np.concatenate([part[..., units : 2 * units], part[..., :units], part[..., 2 * units :]], axis=-1)
