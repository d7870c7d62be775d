"""The inner loops of a recurrent layer's window, forwards and backwards, for a few streams and one vector of units.

A frame of a layer has four *slots* for each unit: i f g o in an LSTM; r z n m in a GRU, where n is what the inputs add
to the candidate and m what the state adds, which the reset gate multiplies. Before the activations a slot holds a sum,
after them the value of the gate, and on the way back the slope of the loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from ....models.kernels.activations import ACTIVATIONS, Activation
from ....models.kernels.vector import FLOAT_POINTER, INT64, VectorBuilder, vector_unit

SLOTS: Final = 4
WIDTH: Final = min(vector_unit().width, 8)
"""Units in a vector. Wider ones would leave lanes idle in the sizes that people train (12, 20, 24, 40)."""

STREAMS: Final = 4
"""Streams at once: 4 x 4 sums fill half of AVX-512's registers and let each weight be loaded once."""

SIGMOID: Final = ACTIVATIONS["Sigmoid"]
TANH: Final = ACTIVATIONS["Tanh"]
Vectors = Sequence[Any]


@dataclass(frozen=True)
class Cell:
    """A kind of recurrent layer.

    Attributes
    ----------
    kind : str
        Name, as in `Recurrent`.
    gates : int
        Gate rows per unit of a weight matrix.
    inputs : tuple of int
        The slots that the rows of the input weights go to.
    recurrent : tuple of int
        The slots that the rows of the recurrent weights go to.
    forward : callable
        ``forward(v, sums, hidden, cell)``: gates, new hidden state and new cell state.
    backward : callable
        ``backward(v, gates, hidden, cell, new_cell, slope, cell_slope)``: slopes of the slots, the part of the slope of
        the earlier hidden state that does not go through the weights, the slope of the earlier cell state.
    """

    kind: str
    gates: int
    inputs: tuple[int, ...]
    recurrent: tuple[int, ...]
    forward: Callable[[VectorBuilder, Vectors, Any, Any], tuple[Vectors, Any, Any]]
    backward: Callable[[VectorBuilder, Vectors, Any, Any, Any, Any, Any], tuple[Vectors, Any, Any]]


def _activated(v: VectorBuilder, activation: Activation, z: Any) -> Any:
    return activation.emit(v, v.mul(z, v.constant(activation.scale)), ())


def _sigmoid_slope(v: VectorBuilder, y: Any) -> Any:
    return v.fma(v.neg(y), y, y)


def _tanh_slope(v: VectorBuilder, y: Any) -> Any:
    return v.fma(v.neg(y), y, v.constant(1))


def _lstm_forward(v: VectorBuilder, sums: Vectors, hidden: Any, cell: Any) -> tuple[Vectors, Any, Any]:
    i, f, o = (_activated(v, SIGMOID, sums[slot]) for slot in (0, 1, 3))
    g = _activated(v, TANH, sums[2])
    new_cell = v.fma(f, cell, v.mul(i, g))
    return (i, f, g, o), v.mul(o, _activated(v, TANH, new_cell)), new_cell


def _lstm_backward(
    v: VectorBuilder, gates: Vectors, hidden: Any, cell: Any, new_cell: Any, slope: Any, cell_slope: Any
) -> tuple[Vectors, Any, Any]:
    i, f, g, o = gates
    sound = _activated(v, TANH, new_cell)
    total = v.fma(v.mul(slope, o), _tanh_slope(v, sound), cell_slope)
    slopes = (
        v.mul(v.mul(total, g), _sigmoid_slope(v, i)),
        v.mul(v.mul(total, cell), _sigmoid_slope(v, f)),
        v.mul(v.mul(total, i), _tanh_slope(v, g)),
        v.mul(v.mul(slope, sound), _sigmoid_slope(v, o)),
    )
    return slopes, v.constant(0), v.mul(total, f)


def _gru_forward(v: VectorBuilder, sums: Vectors, hidden: Any, cell: Any) -> tuple[Vectors, Any, Any]:
    r, z = (_activated(v, SIGMOID, sums[slot]) for slot in (0, 1))
    n = _activated(v, TANH, v.fma(r, sums[3], sums[2]))
    return (r, z, n, sums[3]), v.fma(z, v.sub(hidden, n), n), cell


def _gru_backward(
    v: VectorBuilder, gates: Vectors, hidden: Any, cell: Any, new_cell: Any, slope: Any, cell_slope: Any
) -> tuple[Vectors, Any, Any]:
    r, z, n, m = gates
    candidate = v.mul(v.mul(slope, v.sub(v.constant(1), z)), _tanh_slope(v, n))
    slopes = (
        v.mul(v.mul(candidate, m), _sigmoid_slope(v, r)),
        v.mul(v.mul(slope, v.sub(hidden, n)), _sigmoid_slope(v, z)),
        candidate,
        v.mul(candidate, r),
    )
    return slopes, v.mul(slope, z), cell_slope


CELLS: Final = (
    Cell("lstm", 4, (0, 1, 2, 3), (0, 1, 2, 3), _lstm_forward, _lstm_backward),
    Cell("gru", 3, (0, 1, 2), (0, 1, 3), _gru_forward, _gru_backward),
)
"""The kinds, by the number that the compiled functions know them by."""


class _Tile:
    """What the three functions share: how to walk through streams, slots and units.

    Frames of slots have the shape (streams, 4, padded), frames of states (streams, padded).
    """

    def __init__(self, builder: Any, kind: types.Type, streams: types.Type, units: Any, padded: Any) -> None:
        self.builder = builder
        self.v = VectorBuilder(builder, WIDTH)
        self.cell = CELLS[kind.literal_value]  # pyright: ignore[reportAttributeAccessIssue]
        self.streams: int = streams.literal_value  # pyright: ignore[reportAttributeAccessIssue]
        self.units, self.padded = units, padded

    def state(self, base: Any, stream: int) -> Any:
        return self.v.at(base, self.builder.mul(self.padded, INT64(stream)))

    def slot(self, base: Any, stream: int, slot: int) -> Any:
        return self.v.at(base, self.builder.mul(self.padded, INT64(SLOTS * stream + slot)))

    def accumulate(self, weights: Any, factor: Callable[[int, int], Any], sums: dict[tuple[int, int], Any]) -> None:
        """Add to each sum the products of its row of weights, (units, rows, WIDTH), with what `factor` points at."""
        b, v = self.builder, self.v
        places = {key: cgutils.alloca_once(b, v.vector) for key in sums}
        for key, value in sums.items():
            b.store(value, places[key])
        rows = len(self.cell.recurrent)
        factors = {key: factor(*key) for key in sums}
        with cgutils.for_range(b, self.units) as loop:
            first = v.at(weights, b.mul(loop.index, INT64(rows * WIDTH)))
            for row, slot in enumerate(self.cell.recurrent):
                vector = v.load(first, row * WIDTH)
                for stream in range(self.streams):
                    place = places[stream, slot]
                    product = v.load_broadcast(factors[stream, slot], loop.index)
                    b.store(v.fma(vector, product, b.load(place)), place)
        for key in sums:
            sums[key] = b.load(places[key])


Emit = Callable[[_Tile, Sequence[Any]], None]


def _tile_function(emit: Emit, pointers: int) -> Any:
    """Make an intrinsic ``f(kind, streams, units, padded, *addresses)``; the first two are literals."""

    def function(typing_context: Any, *given: types.Type) -> Any:
        kind, streams, *_ = given

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            units, padded, *addresses = arguments[2:]
            tile = _Tile(builder, kind, streams, units, padded)
            emit(tile, [builder.inttoptr(address, FLOAT_POINTER) for address in addresses])
            return context.get_dummy_value()

        return types.void(kind, streams, *[types.int64] * (2 + pointers)), generate

    return function


def _emit_forward(tile: _Tile, pointers: Sequence[Any]) -> None:
    slots, weights, all_hidden, hidden, cell, new_hidden, new_cell = pointers
    v = tile.v
    keys = [(stream, slot) for stream in range(tile.streams) for slot in tile.cell.recurrent]
    sums = {key: v.load(tile.slot(slots, *key)) for key in keys}
    tile.accumulate(weights, lambda stream, _: tile.state(all_hidden, stream), sums)
    for stream in range(tile.streams):
        all_sums = [
            sums[stream, slot] if (stream, slot) in sums else v.load(tile.slot(slots, stream, slot))
            for slot in range(SLOTS)
        ]
        before = (v.load(tile.state(state, stream)) for state in (hidden, cell))
        gates, sound, kept = tile.cell.forward(v, all_sums, *before)
        for slot, gate in enumerate(gates):
            v.store(gate, tile.slot(slots, stream, slot))
        v.store(sound, tile.state(new_hidden, stream))
        v.store(kept, tile.state(new_cell, stream))


def _emit_backward(tile: _Tile, pointers: Sequence[Any]) -> None:
    slots, hidden, cell, new_cell, heard, slope, cell_slope = pointers
    v = tile.v
    for stream in range(tile.streams):
        gates = [v.load(tile.slot(slots, stream, slot)) for slot in range(SLOTS)]
        states = [v.load(tile.state(state, stream)) for state in (hidden, cell, new_cell)]
        total = v.add(v.load(tile.state(heard, stream)), v.load(tile.state(slope, stream)))
        slopes, direct, kept = tile.cell.backward(v, gates, *states, total, v.load(tile.state(cell_slope, stream)))
        for slot, value in enumerate(slopes):
            v.store(value, tile.slot(slots, stream, slot))
        v.store(direct, tile.state(slope, stream))
        v.store(kept, tile.state(cell_slope, stream))


def _emit_through_weights(tile: _Tile, pointers: Sequence[Any]) -> None:
    slots, weights, slope = pointers
    v = tile.v
    keys = [(stream, slot) for stream in range(tile.streams) for slot in tile.cell.recurrent]
    sums = {key: v.constant(0) for key in keys}
    tile.accumulate(weights, lambda stream, slot: tile.slot(slots, stream, slot), sums)
    for stream in range(tile.streams):
        total = v.load(tile.state(slope, stream))
        for slot in tile.cell.recurrent:
            total = v.add(total, sums[stream, slot])
        v.store(total, tile.state(slope, stream))


def _forward(typing_context, kind, streams, units, padded, a, b, c, d, e, f, g):  # type: ignore[no-untyped-def]
    return _tile_function(_emit_forward, 7)(typing_context, kind, streams, units, padded, a, b, c, d, e, f, g)


def _backward(typing_context, kind, streams, units, padded, a, b, c, d, e, f, g):  # type: ignore[no-untyped-def]
    return _tile_function(_emit_backward, 7)(typing_context, kind, streams, units, padded, a, b, c, d, e, f, g)


def _through(typing_context, kind, streams, units, padded, a, b, c):  # type: ignore[no-untyped-def]
    return _tile_function(_emit_through_weights, 3)(typing_context, kind, streams, units, padded, a, b, c)


tile_forward: Any = intrinsic(prefer_literal=True)(_forward)
"""``(kind, streams, units, padded, slots, weights, all_hidden, hidden, cell, new_hidden, new_cell)``: one frame."""

tile_backward: Any = intrinsic(prefer_literal=True)(_backward)
"""``(kind, streams, units, padded, slots, hidden, cell, new_cell, heard, slope, cell_slope)``: back through the
activations of one frame; `heard` is the slope of the new hidden state that comes from the output."""

tile_through_weights: Any = intrinsic(prefer_literal=True)(_through)
"""``(kind, streams, units, padded, slots, weights, slope)``: add to the slope of the earlier hidden state what comes
through the recurrent weights."""
