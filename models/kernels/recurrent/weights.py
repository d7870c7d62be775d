"""An LSTM or GRU as the compiled step wants its numbers: cut into gates, scaled for the exponential, then packed.

The step computes ``2 ** (z / 8)``. The factors that make a sigmoid or a tanh of it are folded into the weights and
biases of each gate (`SCALE`), and the cell of an LSTM is kept scaled as well: nothing stands before an exponential.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import e, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...description import ModelDescription, Recurrent
from ..vector import EIGHTHS

SIGMOID: Final = -EIGHTHS * log2(e)  # of z, where the reciprocal of the sigmoid is 1 + 2 ** (z / 8)
TANH: Final = 2 * SIGMOID
SCALE: Final[Mapping[str, float]] = {
    "i": SIGMOID, "f": SIGMOID, "g": TANH, "o": SIGMOID,  # LSTM: input, forget, candidate, output
    "r": SIGMOID, "z": SIGMOID, "n": TANH, "m": TANH,  # GRU: reset, update, candidate: what inputs and state add to it
}  # fmt: skip
GATES: Final[Mapping[str, str]] = {"lstm": "ifgo", "gru": "rznm"}
STORED: Final[Mapping[str, str]] = {"lstm": "ifgo", "gru": "rznn"}  # the gates of a description that they are cut from
DEAF: Final[Mapping[str, str]] = {"input": "m", "recurrent": "n"}  # the gate that does not hear a side

Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class GateWeights:
    """One gate of one layer, scaled.

    Attributes
    ----------
    input : shape (hidden, inputs)
        From the audio (one input) or the layer below.
    recurrent : shape (hidden, hidden)
        From the layer's own hidden state.
    knobs : shape (hidden, knobs)
        From the knobs; none behind the first layer.
    bias : shape (hidden,)
        Both biases of the description.
    """

    input: Float64Array
    recurrent: Float64Array
    knobs: Float64Array
    bias: Float64Array

    def side(self, name: str) -> Float64Array:
        """The matrix called `name`: ``"input"`` or ``"recurrent"``."""
        return self.input if name == "input" else self.recurrent


@dataclass(frozen=True)
class Network:
    """The numbers of a recurrent network: gates of every layer, state before the first frame, head.

    `hidden` and `cell` have the shape (layers, hidden), the cell scaled as the gates are; `output` is the head's bias
    and the gain of the skip connection.
    """

    layers: tuple[Mapping[str, GateWeights], ...]
    hidden: Float64Array
    cell: Float64Array
    head: Float64Array
    output: tuple[float, float]
    knobs: int


@dataclass(frozen=True)
class Packed:
    """The numbers of a network in the order in which a compiled step reads them.

    Attributes
    ----------
    weights : shape (floats,)
        Read once a frame. The first vector holds the head's bias and the gain of the skip connection.
    biases : shape (floats,)
        What the gates start from, knobs at zero.
    knobs : shape (knobs, floats)
        What one unit of each knob adds to the biases.
    voice : shape (floats,)
        State of a voice before its first frame.
    head : int
        Where in `weights` the head's begin.
    """

    weights: Float32Array
    biases: Float32Array
    knobs: Float32Array
    voice: Float32Array
    head: int


def recurrent_network(description: ModelDescription) -> Network:
    """Cut and scale the arrays of a description whose architecture is `Recurrent`."""
    architecture = description.architecture
    assert isinstance(architecture, Recurrent)
    arrays = {name: array.astype(np.float64) for name, array in description.arrays.items()}
    layers, units = range(architecture.layers), np.zeros(architecture.hidden_size)
    kind, hidden = architecture.kind, architecture.hidden_size
    return Network(
        # further inputs of the first layer are knobs
        layers=tuple(gate_weights(arrays, f"{n}.", kind, hidden, inputs=hidden if n else 1) for n in layers),
        hidden=np.array([arrays.get(f"{layer}.hidden", units) for layer in layers]),
        cell=TANH * np.array([arrays.get(f"{layer}.cell", units) for layer in layers]),
        head=arrays["head.weight"][0],
        output=(float(arrays["head.bias"][0]), float(architecture.skip)),
        knobs=architecture.input_size - 1,
    )


def gate_weights(
    arrays: Mapping[str, Float64Array], prefix: str, kind: str, hidden: int, *, inputs: int
) -> dict[str, GateWeights]:
    """Cut and scale the arrays of one LSTM or GRU layer, whose names start with `prefix`.

    The columns of the input weights behind the first `inputs` become those of the knobs.
    """
    no_bias = np.zeros(len(arrays[f"{prefix}input.weight"]))
    gates: dict[str, GateWeights] = {}
    for gate, stored in zip(GATES[kind], STORED[kind], strict=True):
        first = STORED[kind].index(stored) * hidden
        rows = slice(first, first + hidden)
        bias = np.zeros(hidden)
        for side, deaf in DEAF.items():
            if gate != deaf:
                bias += arrays.get(f"{prefix}{side}.bias", no_bias)[rows]
        heard = SCALE[gate] * arrays[f"{prefix}input.weight"][rows]
        if gate == DEAF["input"]:
            heard = np.zeros_like(heard)
        gates[gate] = GateWeights(
            input=heard[:, :inputs],
            recurrent=SCALE[gate] * arrays[f"{prefix}recurrent.weight"][rows],
            knobs=heard[:, inputs:],
            bias=SCALE[gate] * bias,
        )
    return gates


def packed(
    weights: Float64Array, biases: Float64Array, knobs: Float64Array, voice: Float64Array, *, head: int
) -> Packed:
    """Round to float32 and flatten; `knobs` has the shape (knobs, ...)."""

    def flat(array: Float64Array) -> Float32Array:
        return np.ascontiguousarray(array, np.float32).ravel()

    return Packed(flat(weights), flat(biases), flat(knobs).reshape(len(knobs), biases.size), flat(voice), head)
