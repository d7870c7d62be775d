"""The inner loops of a WaveNet kernel: for each height of register tile one function that runs any convolution.

Time is the vector axis: a signal is one row of frames per channel, a weight is broadcast, nothing is shuffled or summed
across lanes. A tile of rows x vectors sums stays in registers while rolled loops run over taps and input channels.
Every lane does the same operations in the same order whatever tile it falls into, so block sizes do not change a bit. A
block that is not a whole number of vectors computes some lanes too many; they land in frames of the ring that nobody
reads before they are written.

The functions are written as LLVM IR: typed and lowered by numba, the same loops took seven times as long to compile.
"""

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from ..activations import ACTIVATIONS
from ..vector import FLOAT_POINTER, INT64, INT64_POINTER, VectorBuilder
from .operations import ADD, BLOCK, NOTHING, OPERATION_FIELD, SIGNAL_FIELD, SIGNAL_WORDS, STORE, TILES, WIDTH
from .rows import RowsFunction

UNROLLED_ROWS: Final = (2, 3, 4)
"""Layers of so many channels have their loop over input channels unrolled (10 %): it has too few turns to pay."""

Sums = list[list[Any]]


class Tile:
    """Emits ``void tile(operation, signals, weights, voice, vectors)`` for one number of rows.

    The sums live in stack slots that LLVM turns into registers.
    """

    def __init__(self, module: Any, rows: int) -> None:
        self.rows = rows
        arguments = [INT64_POINTER, INT64_POINTER, FLOAT_POINTER, FLOAT_POINTER, INT64]
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), f"wavenet_tile_{rows}x{WIDTH}")
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.v = VectorBuilder(self.builder, WIDTH)
        self.operation, self.signals, self.weights, self.voice, self.vectors = self.function.args
        widest = TILES[rows][0]
        self.slots = [[self.builder.alloca(self.v.vector) for _ in range(widest)] for _ in range(rows)]
        self.projected = [self.builder.alloca(self.v.vector) for _ in range(widest)]
        self.source_cursor = self.builder.alloca(FLOAT_POINTER)
        self.weight_cursor = self.builder.alloca(FLOAT_POINTER)
        self._for_all_frames(self._outputs)
        self.builder.ret_void()

    # ---- words of the program

    def _field(self, name: str) -> Any:
        return self.builder.load(self.v.at(self.operation, OPERATION_FIELD[name]))

    def _is(self, name: str, value: int) -> Any:
        return self.builder.icmp_signed("==", self._field(name), INT64(value))

    def _given(self, name: str) -> Any:
        return self.builder.icmp_signed("!=", self._field(name), INT64(NOTHING))

    def _signal(self, name: str, *words: str) -> list[Any]:
        """Words of the signal whose number an operation has in the field `name`."""
        start = self.v.at(self.signals, self.builder.mul(self._field(name), INT64(SIGNAL_WORDS)))
        return [self.builder.load(self.v.at(start, SIGNAL_FIELD[word])) for word in words]

    def _row(self, pointer: Any, stride: Any, row: int) -> Any:
        return self.v.at(pointer, self.builder.mul(stride, INT64(row))) if row else pointer

    def _rows(self, name: str, first: Any, frame: Any) -> list[Any]:
        """Pointers to the tile's rows of a signal."""
        b = self.builder
        now, stride = self._signal(name, "now", "stride")
        pointer = self.v.at(self.voice, b.add(b.add(now, frame), b.mul(first, stride)))
        return [self._row(pointer, stride, row) for row in range(self.rows)]

    # ---- loops

    def _for_all_frames(self, body: Callable[[int, Any], None]) -> None:
        """Step over the vectors of the block with the widest tiles that fit: ``body(vectors, first frame)``."""
        b = self.builder
        done = b.alloca(INT64)
        b.store(INT64(0), done)
        for vectors in TILES[self.rows]:
            test, inside, after = (b.append_basic_block(f"{name}{vectors}") for name in ("test", "tile", "after"))
            b.branch(test)
            b.position_at_end(test)
            left = b.sub(self.vectors, b.load(done))
            fits = b.icmp_signed(">=", left, INT64(vectors))
            if vectors == 3:  # 4 = 2 + 2, not 3 + 1
                fits = b.and_(fits, b.icmp_signed("!=", left, INT64(4)))
            b.cbranch(fits, inside, after)
            b.position_at_end(inside)
            body(vectors, b.mul(b.load(done), INT64(WIDTH)))
            b.store(b.add(b.load(done), INT64(vectors)), done)
            b.branch(test)
            b.position_at_end(after)

    def _outputs(self, vectors: int, frame: Any) -> None:
        """All outputs of the operation, for `vectors` vectors of frames."""
        b = self.builder
        b.store(self.v.at(self.weights, self._field("weights")), self.weight_cursor)
        sums = [row[:vectors] for row in self.slots]
        with cgutils.for_range(b, b.udiv(self._field("outputs"), INT64(self.rows))) as loop:
            first = b.add(self._field("first"), b.mul(loop.index, INT64(self.rows)))
            self._start(sums, first, frame)
            with b.if_then(self._given("condition_rows")):
                self._condition(sums, frame)
            self._convolution(sums, frame)
            self._activate(sums)
            self._multiply(sums, first, frame)
            self._write(sums, first, frame)
            if self.rows > 1:
                with b.if_then(self._is("project", 1)):
                    self._project(sums, frame)

    # ---- the sums

    def _start(self, sums: Sums, first: Any, frame: Any) -> None:
        """Bias, and the residual if there is one."""
        b, v = self.builder, self.v
        bias = self._next_weights(self.rows)
        with b.if_else(self._given("residual")) as (given, absent):
            with given:
                for row, start in enumerate(self._rows("residual", first, frame)):
                    for t, slot in enumerate(sums[row]):
                        b.store(v.add(bias[row], v.load(start, t * WIDTH)), slot)
            with absent:
                for row in range(self.rows):
                    for slot in sums[row]:
                        b.store(bias[row], slot)

    def _next_weights(self, count: int) -> list[Any]:
        """Broadcast the next weights and advance the cursor."""
        weights = self.builder.load(self.weight_cursor)
        self.builder.store(self.v.at(weights, count), self.weight_cursor)
        return [self.v.load_broadcast(weights, i) for i in range(count)]

    def _condition(self, sums: Sums, frame: Any) -> None:
        b = self.builder
        now, stride = self._signal("condition", "now", "stride")
        pointer = self.v.at(self.voice, b.add(now, frame))
        with b.if_else(self._is("condition_rows", 1)) as (one, several):
            with one:
                self._products_unrolled(sums, pointer, stride, 1)
            with several:
                self._products(sums, pointer, stride, self._field("condition_rows"))

    def _convolution(self, sums: Sums, frame: Any) -> None:
        b = self.builder
        now, stride, position, size = self._signal("source", "now", "stride", "position", "size")
        ring = b.add(b.sub(now, position), frame)
        dilation, taps = self._field("dilation"), self._field("taps")
        oldest = b.sub(position, b.mul(b.sub(taps, INT64(1)), dilation))

        def all_taps(products: Callable[[Any], None]) -> None:
            with cgutils.for_range(b, taps) as tap:
                start = b.add(oldest, b.mul(tap.index, dilation))
                before = b.icmp_signed("<", start, INT64(-BLOCK))
                start = b.select(before, b.add(start, size), start)
                products(self.v.at(self.voice, b.add(ring, start)))

        def rolled(pointer: Any) -> None:
            self._products(sums, pointer, stride, self._field("inputs"))

        if self.rows not in UNROLLED_ROWS:
            all_taps(rolled)
            return
        with b.if_else(self._is("inputs", self.rows)) as (square, other):
            with square:
                all_taps(lambda pointer: self._products_unrolled(sums, pointer, stride, self.rows))
            with other:
                all_taps(rolled)

    def _products(self, sums: Sums, source: Any, stride: Any, count: Any) -> None:
        """Add the products with `count` rows of a source."""
        b = self.builder
        b.store(source, self.source_cursor)
        with cgutils.for_range(b, count):
            x = b.load(self.source_cursor)
            self._product(sums, x)
            b.store(self.v.at(x, stride), self.source_cursor)

    def _products_unrolled(self, sums: Sums, source: Any, stride: Any, count: int) -> None:
        for row in range(count):
            self._product(sums, self._row(source, stride, row))

    def _product(self, sums: Sums, x: Any) -> None:
        """``sums[row][t] += weight[row] * x[t]``, holding the smaller side of the tile in registers."""
        b, v = self.builder, self.v
        weights = b.load(self.weight_cursor)
        b.store(v.at(weights, self.rows), self.weight_cursor)
        vectors = len(sums[0])
        if vectors <= self.rows:
            frames = [v.load(x, t * WIDTH) for t in range(vectors)]
            for row in range(self.rows):
                weight = v.load_broadcast(weights, row)
                for t in range(vectors):
                    b.store(v.fma(weight, frames[t], b.load(sums[row][t])), sums[row][t])
            return
        held = [v.load_broadcast(weights, row) for row in range(self.rows)]
        for t in range(vectors):
            frame = v.load(x, t * WIDTH)
            for row in range(self.rows):
                b.store(v.fma(held[row], frame, b.load(sums[row][t])), sums[row][t])

    # ---- what follows

    def _activate(self, sums: Sums) -> None:
        b = self.builder
        after = b.append_basic_block("activated")
        choice = b.switch(self._field("activation"), after)
        for activation in {a.code: a for a in ACTIVATIONS.values() if a.fused}.values():
            block = b.append_basic_block(f"activation{activation.code}")
            choice.add_case(INT64(activation.code), block)
            b.position_at_end(block)
            parameter = self.v.load_broadcast(self.weights, self._field("parameter"))
            for slot in (slot for row in sums for slot in row):
                b.store(activation.emit(self.v, b.load(slot), [parameter]), slot)
            b.branch(after)
        b.position_at_end(after)

    def _multiply(self, sums: Sums, first: Any, frame: Any) -> None:
        b, v = self.builder, self.v
        with b.if_then(self._given("factor")):
            for row, start in zip(sums, self._rows("factor", first, frame), strict=True):
                for t, slot in enumerate(row):
                    b.store(v.mul(b.load(slot), v.load(start, t * WIDTH)), slot)

    def _write(self, sums: Sums, first: Any, frame: Any) -> None:
        b, v = self.builder, self.v
        for condition, name in ((self._is("head_mode", STORE), "head"), (self._given("target"), "target")):
            with b.if_then(condition):
                for row, start in zip(sums, self._rows(name, first, frame), strict=True):
                    for t, slot in enumerate(row):
                        v.store(b.load(slot), start, t * WIDTH)
        with b.if_then(self._is("head_mode", ADD)):
            for row, start in zip(sums, self._rows("head", first, frame), strict=True):
                for t, slot in enumerate(row):
                    v.store(v.add(v.load(start, t * WIDTH), b.load(slot)), start, t * WIDTH)

    def _project(self, sums: Sums, frame: Any) -> None:
        """The 1x1 of a layer whose outputs are all in this tile, row by row, and the residual."""
        b, v = self.builder, self.v
        weights = b.load(self.weight_cursor)
        source, source_stride = self._signal("source", "now", "stride")
        condition, target, target_stride = *self._signal("condition", "now"), *self._signal("next", "now", "stride")
        source, condition, target = (v.at(self.voice, b.add(now, frame)) for now in (source, condition, target))
        projected = self.projected[: len(sums[0])]
        for row in range(self.rows):
            bias = v.load_broadcast(weights, row)
            with b.if_else(self._is("project_condition", 1)) as (folded, plain):
                with folded:
                    share = v.load_broadcast(weights, self.rows + row)
                    for t, slot in enumerate(projected):
                        b.store(v.fma(share, v.load(condition, t * WIDTH), bias), slot)
                with plain:
                    for t, slot in enumerate(projected):
                        b.store(v.add(bias, v.load(self._row(source, source_stride, row), t * WIDTH)), slot)
            for i in range(self.rows):
                weight = v.load_broadcast(weights, (2 + row) * self.rows + i)
                for t, slot in enumerate(projected):
                    b.store(v.fma(weight, b.load(sums[i][t]), b.load(slot)), slot)
            for t, slot in enumerate(projected):
                v.store(b.load(slot), self._row(target, target_stride, row), t * WIDTH)


def _operate(
    typing_context: Any,
    operation: types.Type,
    signals: types.Type,
    weights: types.Type,
    voice: types.Type,
    vectors: types.Type,
) -> Any:
    """Run one operation on the first `vectors` vectors of the block; the others are addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = (INT64_POINTER, INT64_POINTER, FLOAT_POINTER, FLOAT_POINTER)
        pointers = [builder.inttoptr(a, kind) for a, kind in zip(arguments, kinds, strict=False)]
        rows = builder.load(builder.gep(pointers[0], [INT64(OPERATION_FIELD["tile"])]))
        done = builder.append_basic_block("done")
        choice = builder.switch(rows, done)
        functions = {height: Tile(builder.module, height).function for height in TILES}
        functions[0] = RowsFunction(builder.module).function
        for height, function in functions.items():
            block = builder.append_basic_block(f"rows{height}")
            choice.add_case(INT64(height), block)
            with builder.goto_block(block):
                builder.call(function, [*pointers, arguments[4]])
                builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64, types.int64), generate


operate: Any = intrinsic(_operate)


def _close_ring(typing_context: Any, row: types.Type, size: types.Type) -> Any:
    """Copy the `BLOCK` frames on either side of the end of a ring's row to the other end.

    ``row[-BLOCK:BLOCK] = row[size - BLOCK : size + BLOCK]``, `row` being an address.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v = VectorBuilder(builder, WIDTH)
        row = builder.inttoptr(arguments[0], FLOAT_POINTER)
        for frame in range(-BLOCK, BLOCK, WIDTH):
            v.store(v.load(row, builder.add(arguments[1], INT64(frame))), row, frame)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


close_ring: Any = intrinsic(_close_ring)
