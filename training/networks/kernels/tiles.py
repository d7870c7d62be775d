"""The two inner loops of a convolutional network's window, as LLVM IR: linear maps of rows, and products of rows.

A *row* is one channel's frames. What a layer hears is a list of rows: each tap of each channel is a row that starts
some frames earlier, the condition's rows and a row of ones (for the bias) follow. So one loop serves dilated
convolutions, 1x1 convolutions, heads and all their gradients.
"""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba reads the signatures of intrinsics by their parameters, whose types it makes

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from ....models.kernels.activations import ACTIVATIONS
from ....models.kernels.vector import FLOAT_POINTER, INT64, INT64_POINTER, VectorBuilder, vector_unit

WIDTH: Final = vector_unit().width

TILES: Final = {16: {16: 1, 8: 2, 4: 4, 3: 4, 2: 4, 1: 4}}.get(WIDTH, {8: 1, 4: 2, 3: 2, 2: 4, 1: 4})
"""Rows of outputs -> vectors of frames at once: as many sums as registers hold."""

STEP: Final = 4 * WIDTH
"""Windows are padded with silence to a multiple of this many frames."""

SQUARE: Final = 4 if WIDTH == 16 else 3
"""Rows times rows in a tile of products."""

ACTIVATE, ADD, SLOPE = range(3)
"""What becomes of the sums: ``out = f(sums)`` and ``other = start + out``; ``out = start + sums``; ``out = (start +
sums) f'(other)``, where `other` holds the outputs of f."""

HYPERBOLIC, LEAKY = range(2)
"""The activations: tanh, and x or `slope` times x."""

TANH: Final = ACTIVATIONS["Tanh"]


class _Sums:
    """A tile of sums, ``rows x vectors``, and what is done with them."""

    def __init__(self, builder: Any, rows: int, vectors: int) -> None:
        self.builder, self.rows, self.vectors = builder, rows, vectors
        self.v = VectorBuilder(builder, WIDTH)
        self.keys = [(row, vector) for row in range(rows) for vector in range(vectors)]
        self.sums: dict[tuple[int, int], Any] = {}

    def gather(self, count: Any, table: Any, offset: Any, weights: Any) -> None:
        """Sum of weights (count, rows) times the rows that the table points at, `offset` bytes on."""
        b, v = self.builder, self.v
        places = {key: cgutils.alloca_once(b, v.vector) for key in self.keys}
        for place in places.values():
            b.store(v.constant(0), place)
        with cgutils.for_range(b, count) as loop:
            source = b.inttoptr(b.add(b.load(b.gep(table, [loop.index])), offset), FLOAT_POINTER)
            given = [v.load(source, vector * WIDTH) for vector in range(self.vectors)]
            first = v.at(weights, b.mul(loop.index, INT64(self.rows)))
            for row in range(self.rows):
                weight = v.load_broadcast(first, row)
                for vector in range(self.vectors):
                    place = places[row, vector]
                    b.store(v.fma(weight, given[vector], b.load(place)), place)
        self.sums = {key: b.load(place) for key, place in places.items()}

    def finish(self, mode: Any, activation: Any, slope: Any, out: Any, start: Any, other: Any) -> None:
        """`out`, `start` and `other` are (pointer, stride of rows)."""
        b = self.builder
        after = b.append_basic_block("done")
        choice = b.switch(b.add(b.mul(mode, INT64(2)), activation), after)
        finishers: dict[int, Callable[[Any, Any, Any], None]] = {
            2 * ACTIVATE + HYPERBOLIC: lambda key, y, _: self._store_both(key, self._tanh(y), out, start, other),
            2 * ACTIVATE + LEAKY: lambda key, y, s: self._store_both(key, self._leaky(y, s), out, start, other),
            2 * ADD: lambda key, y, _: self._store(self.v.add(self._load(start, key), y), out, key),
            2 * SLOPE + HYPERBOLIC: lambda key, y, _: self._back(key, y, self._tanh_slope, out, start, other),
            2 * SLOPE + LEAKY: lambda key, y, s: self._back(
                key, y, lambda a: self._leaky_slope(a, s), out, start, other
            ),
        }
        for code, finisher in finishers.items():
            block = b.append_basic_block("finish")
            choice.add_case(INT64(code), block)
            b.position_at_end(block)
            factor = self.v.broadcast(slope)
            for key in self.keys:
                finisher(key, self.sums[key], factor)
            b.branch(after)
        b.position_at_end(after)

    def _at(self, rows: tuple[Any, Any], key: tuple[int, int]) -> tuple[Any, int]:
        pointer, stride = rows
        return self.v.at(pointer, self.builder.mul(stride, INT64(key[0]))), key[1] * WIDTH

    def _load(self, rows: tuple[Any, Any], key: tuple[int, int]) -> Any:
        return self.v.load(*self._at(rows, key))

    def _store(self, value: Any, rows: tuple[Any, Any], key: tuple[int, int]) -> None:
        self.v.store(value, *self._at(rows, key))

    def _store_both(self, key: tuple[int, int], y: Any, out: Any, start: Any, other: Any) -> None:
        self._store(y, out, key)
        self._store(self.v.add(self._load(start, key), y), other, key)

    def _back(
        self, key: tuple[int, int], y: Any, slope: Callable[[Any], Any], out: Any, start: Any, other: Any
    ) -> None:
        total = self.v.add(self._load(start, key), y)
        self._store(self.v.mul(total, slope(self._load(other, key))), out, key)

    def _tanh(self, z: Any) -> Any:
        return TANH.emit(self.v, self.v.mul(z, self.v.constant(TANH.scale)), ())

    def _tanh_slope(self, y: Any) -> Any:
        return self.v.fma(self.v.neg(y), y, self.v.constant(1))

    def _leaky(self, z: Any, slope: Any) -> Any:
        return self.v.maximum(z, self.v.mul(z, slope))

    def _leaky_slope(self, y: Any, slope: Any) -> Any:
        positive = self.builder.fcmp_ordered(">", y, self.v.constant(0))
        return self.builder.select(positive, self.v.constant(1), slope)


def _map_rows(
    typing_context, rows, vectors, count, table, offset, weights, mode, activation, slope,
    out, out_stride, start, start_stride, other, other_stride,
):  # type: ignore[no-untyped-def]  # fmt: skip
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        count, table, offset, weights, mode, activation, slope, *places = arguments[2:]
        tile = _Sums(builder, rows.literal_value, vectors.literal_value)
        tile.gather(count, builder.inttoptr(table, INT64_POINTER), offset, builder.inttoptr(weights, FLOAT_POINTER))
        pairs = [(builder.inttoptr(places[i], FLOAT_POINTER), places[i + 1]) for i in (0, 2, 4)]
        tile.finish(mode, activation, slope, *pairs)
        return context.get_dummy_value()

    return types.void(rows, vectors, *[types.int64] * 6, types.float32, *[types.int64] * 6), generate


map_rows: Any = intrinsic(prefer_literal=True)(_map_rows)
"""``(rows, vectors, count, table, offset, weights, mode, activation, slope, out, stride, start, stride, other,
stride)``: `rows` outputs (a literal) for `vectors` vectors of frames from `offset` bytes on; strides are in floats."""


def _multiply_rows(
    typing_context, rows, columns, streams, frames, first, stream_stride, row_stride, table, count, out, out_stride
):  # type: ignore[no-untyped-def]  # fmt: skip
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        b, v = builder, VectorBuilder(builder, WIDTH)
        streams, frames, first, stream_stride, row_stride, table, count, out, out_stride = arguments[2:]
        height, width = rows.literal_value, columns.literal_value
        keys = [(row, column) for row in range(height) for column in range(width)]
        places = {key: cgutils.alloca_once(b, v.vector) for key in keys}
        for place in places.values():
            b.store(v.constant(0), place)
        begin, pointers = b.inttoptr(first, FLOAT_POINTER), b.inttoptr(table, INT64_POINTER)
        with cgutils.for_range(b, streams) as stream:
            own = v.at(begin, b.mul(stream.index, stream_stride))
            left = [v.at(own, b.mul(row_stride, INT64(row))) for row in range(height)]
            listed = b.gep(pointers, [b.mul(stream.index, count)])
            right = [b.inttoptr(b.load(b.gep(listed, [INT64(column)])), FLOAT_POINTER) for column in range(width)]
            with cgutils.for_range(b, b.sdiv(frames, INT64(WIDTH))) as loop:
                at = b.mul(loop.index, INT64(WIDTH))
                ours, theirs = [v.load(p, at) for p in left], [v.load(p, at) for p in right]
                for row, column in keys:
                    place = places[row, column]
                    b.store(v.fma(ours[row], theirs[column], b.load(place)), place)
        target = b.inttoptr(out, FLOAT_POINTER)
        for row, column in keys:
            place = v.at(v.at(target, b.mul(out_stride, INT64(row))), column)
            b.store(v.sum_lanes(b.load(places[row, column])), place)
        return context.get_dummy_value()

    return types.void(rows, columns, *[types.int64] * 9), generate


multiply_rows: Any = intrinsic(prefer_literal=True)(_multiply_rows)
"""``(rows, columns, streams, frames, first, stream_stride, row_stride, table, count, out, out_stride)``: sums over
frames and streams of `rows` rows times `columns` rows of the table, which holds `count` rows a stream."""
