"""LSTM and GRU of any size: one compiled function for all of them, weights streamed through loops.

With many units the arithmetic sets the pace, and a written-out step would take seconds to compile. Here a tile of
`TILE` vectors of units is summed in registers (all four gates, eight sums in flight), activated and stored, tile after
tile, layer after layer. The audio stands where the hidden state of a layer below the first would be, so that all layers
are alike.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from ..vector import FLOAT_POINTER, INT64, VectorBuilder
from .cells import GruCell, LstmCell
from .layout import KINDS, Shape
from .weights import DEAF, GATES, Float64Array, Network, Packed, packed

TILE: Final = 2  # vectors of units at a time: with four gates, eight sums


@dataclass(frozen=True)
class RolledLayout:
    """Where the numbers of a step made of loops lie.

    A voice holds the audio (one vector), the hidden states of all layers, the hidden state in the making, and the cells
    of all layers; each state is padded to whole tiles, and padded units stay at zero.
    """

    shape: Shape

    @property
    def tiles(self) -> int:
        """Tiles of a layer."""
        return -(-self.shape.hidden // (TILE * self.shape.width))

    @property
    def padded(self) -> int:
        """Units of a layer, padded to whole tiles."""
        return self.tiles * TILE * self.shape.width

    def pack(self, network: Network) -> Packed:
        """Lay out the numbers of a network in the order in which the loops read them."""
        gates, output = GATES[self.shape.kind], np.zeros(self.shape.width)
        output[:2] = network.output
        weights, biases, knobs = [output], list[Float64Array](), list[Float64Array]()
        for layer in network.layers:
            sides = [self._tiled([layer[g].side(side) for g in gates if g != deaf]) for side, deaf in DEAF.items()]
            weights.append(np.hstack(sides).ravel())
            biases.append(self._tiled([layer[g].bias[:, None] for g in gates]).ravel())
            knobs.append(np.zeros((network.knobs, biases[0].size)))
            for knob in range(layer[gates[0]].knobs.shape[1]):
                knobs[-1][knob] = self._tiled([layer[g].knobs[:, [knob]] for g in gates]).ravel()
        weights.append(self._padded(network.head[None]).ravel())
        return packed(
            np.concatenate(weights),
            np.concatenate(biases),
            np.hstack(knobs),
            self._voice(network),
            head=sum(part.size for part in weights[:-1]),
        )

    def _padded(self, states: Float64Array) -> Float64Array:
        """Shape (layers, hidden) to (layers, padded)."""
        return np.hstack([states, np.zeros((len(states), self.padded - self.shape.hidden))])

    def _tiled(self, matrices: list[Float64Array]) -> Float64Array:
        """Cut matrices of shape (hidden, sources), one a gate, into (tiles, floats): a tile goes source by source."""
        gates, sources = len(matrices), matrices[0].shape[1]
        rows = np.zeros((gates, self.padded, sources))
        rows[:, : self.shape.hidden] = matrices
        return rows.reshape(gates, self.tiles, -1, sources).transpose(1, 3, 0, 2).reshape(self.tiles, -1)

    def _voice(self, network: Network) -> Float64Array:
        audio, making = np.zeros(self.shape.width), np.zeros(self.padded)
        hidden, cell = self._padded(network.hidden).ravel(), self._padded(network.cell).ravel()
        return np.concatenate([audio, hidden, making, cell])


class TileEmitter:
    """Emits the step of one tile.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the instructions go.
    kind : str
        ``"lstm"`` or ``"gru"``.
    width : int
        Floats in a vector.
    """

    def __init__(self, builder: Any, kind: str, width: int) -> None:
        self.builder = builder
        self.kind = kind
        self.vectors = VectorBuilder(builder, width)
        self.rows = [(gate, part) for gate in GATES[kind] for part in range(TILE)]
        self.sums = {row: cgutils.alloca_once(builder, self.vectors.vector) for row in self.rows}

    def start(self, biases: Any) -> None:
        """Start the sums with their biases."""
        for place, row in enumerate(self.rows):
            self.builder.store(self.vectors.load(biases, place * self.vectors.width), self.sums[row])

    def add(self, side: str, weights: Any, source: Any, count: Any) -> Any:
        """Add `count` sources of one side; returns the address of the weights behind."""
        b, v = self.builder, self.vectors
        rows = [row for row in self.rows if row[0] != DEAF[side]]
        stride = len(rows) * v.width
        with cgutils.for_range(b, count) as loop:
            unit = v.load_broadcast(source, loop.index)
            first = b.mul(loop.index, INT64(stride))
            here = v.at(weights, first)
            for place, row in enumerate(rows):
                total = v.fma(v.load(here, place * v.width), unit, b.load(self.sums[row]))
                b.store(total, self.sums[row])
        return v.at(weights, b.mul(count, INT64(stride)))

    def activate(self, hidden: Any, new_hidden: Any, cell: Any) -> None:
        """Run the cells of the tile from the sums: float pointers to the state of its first unit."""
        v = self.vectors
        for part in range(TILE):
            place = part * v.width
            unit = self._cell(part, v.load(hidden, place), v.load(cell, place))
            for stage in unit.STAGES:
                getattr(unit, stage)()
            v.store(unit.new_hidden, new_hidden, place)
            if unit.new_cell is not None:
                v.store(unit.new_cell, cell, place)

    def _cell(self, part: int, hidden: Any, cell: Any) -> LstmCell | GruCell:
        def total(gate: str) -> Any:
            return self.builder.load(self.sums[gate, part])

        if self.kind == "gru":
            return GruCell(self.vectors, total, hidden)
        return LstmCell(self.vectors, total, hidden, cell)


def _run_tile(
    typing_context: Any,
    kind: Any,
    width: Any,
    weights: Any,
    biases: Any,
    below: Any,
    inputs: Any,
    own: Any,
    units: Any,
    hidden: Any,
    new_hidden: Any,
    cell: Any,
) -> Any:
    """Advance one tile by one frame; returns the address of the weights of the next.

    Literal kind (an index into `KINDS`) and width; addresses of the weights and biases of the
    tile; what is below the layer and how many inputs; the hidden state of the layer and how many units; the state of
    the tile's first unit.
    """
    literals = kind, width
    if not all(isinstance(literal, types.IntegerLiteral) for literal in literals):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def pointer(address: Any) -> Any:
            return builder.inttoptr(address, FLOAT_POINTER)

        weights, biases, below, inputs, own, units, hidden, new_hidden, cell = arguments[len(literals) :]
        tile = TileEmitter(builder, KINDS[kind.literal_value], width.literal_value)
        tile.start(pointer(biases))
        after = tile.add("input", pointer(weights), pointer(below), inputs)
        after = tile.add("recurrent", after, pointer(own), units)
        tile.activate(pointer(hidden), pointer(new_hidden), pointer(cell))
        return builder.ptrtoint(after, INT64)

    return types.int64(*literals, *[types.int64] * 9), generate


run_tile: Any = intrinsic(prefer_literal=True)(_run_tile)


def _take_over(typing_context: Any, width: Any, weights: Any, new_hidden: Any, hidden: Any, units: Any) -> Any:
    """Copy a new hidden state (padded units) over the old one; returns the float32 sum of it times the weights.

    Literal width, then addresses of the head's weights and of both states, and the number of padded units.
    """
    if not isinstance(width, types.IntegerLiteral):
        return None
    lanes: int = width.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v = VectorBuilder(builder, lanes)
        weights, new_hidden, hidden = (builder.inttoptr(address, FLOAT_POINTER) for address in arguments[1:4])
        total = cgutils.alloca_once_value(builder, v.constant(0))
        with cgutils.for_range(builder, builder.sdiv(arguments[4], INT64(lanes))) as loop:
            place = builder.mul(loop.index, INT64(lanes))
            value = v.load(new_hidden, place)
            v.store(value, hidden, place)
            builder.store(v.fma(v.load(weights, place), value, builder.load(total)), total)
        return v.sum_lanes(builder.load(total))

    return types.float32(width, *[types.int64] * 4), generate


take_over: Any = intrinsic(prefer_literal=True)(_take_over)
