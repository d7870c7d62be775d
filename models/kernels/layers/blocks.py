"""The inner loops of a layers kernel over the frames of a block: channels are the vector axis.

Every value takes the same operations in the same order whatever tile it falls into, so block sizes do not change a bit.
"""

from typing import Any, Final

from numba.core import cgutils, types
from numba.core.extending import intrinsic

from ..recurrent.rolled import TILE
from ..vector import FLOAT_POINTER, INT64, VectorBuilder
from .functions import FUNCTIONS

TILE_FRAMES: Final = 4  # with two vectors of outputs: eight sums in flight


def _for_all(builder: Any, total: Any, sizes: tuple[int, ...], body: Any) -> None:
    """Step from 0 to `total` by the largest of `sizes` that fits: ``body(size, place)``."""
    done = cgutils.alloca_once_value(builder, INT64(0))
    for size in sizes:
        test, inside, after = (builder.append_basic_block(f"{name}{size}") for name in ("test", "step", "after"))
        builder.branch(test)
        builder.position_at_end(test)
        left = builder.sub(total, builder.load(done))
        builder.cbranch(builder.icmp_signed(">=", left, INT64(size)), inside, after)
        builder.position_at_end(inside)
        body(size, builder.load(done))
        builder.store(builder.add(builder.load(done), INT64(size)), done)
        builder.branch(test)
        builder.position_at_end(after)


class LinearEmitter:
    """Emits a dilated convolution of all frames of a block.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the instructions go.
    width : int
        Floats in a vector.
    arguments : sequence
        Addresses of the oldest tap's first frame, the target's first frame and the weights; then frames, floats from
        frame to frame of source and target, inputs, vectors of outputs, taps, floats from tap to tap.
    """

    def __init__(self, builder: Any, width: int, arguments: Any) -> None:
        self.builder = builder
        self.vectors = VectorBuilder(builder, width)
        self.source, self.target, weights = (builder.inttoptr(address, FLOAT_POINTER) for address in arguments[:3])
        self.frames, self.stride, self.target_stride, self.inputs, self.outputs, self.taps, self.tap = arguments[3:]
        self.tile_weights = cgutils.alloca_once_value(builder, weights)
        self.cursor = cgutils.alloca_once_value(builder, weights)
        vector = self.vectors.vector
        self.sums = [[cgutils.alloca_once(builder, vector) for _ in range(TILE)] for _ in range(TILE_FRAMES)]

    def emit(self) -> None:
        """Emit the loops: over tiles of outputs, then of frames."""
        _for_all(self.builder, self.outputs, tuple(range(TILE, 0, -1)), self._outputs)

    def _outputs(self, vectors: int, first: Any) -> None:
        b = self.builder

        def some_frames(frames: int, frame: Any) -> None:
            self._tile(vectors, first, frames, frame)

        _for_all(b, self.frames, (TILE_FRAMES, 1), some_frames)
        rows = b.add(b.mul(self.taps, self.inputs), INT64(1))
        size = b.mul(rows, INT64(vectors * self.vectors.width))
        b.store(self.vectors.at(b.load(self.tile_weights), size), self.tile_weights)

    def _tile(self, vectors: int, first: Any, frames: int, frame: Any) -> None:
        b, v = self.builder, self.vectors
        sums = [row[:vectors] for row in self.sums[:frames]]
        weights = b.load(self.tile_weights)
        for row in sums:
            for place, slot in enumerate(row):
                b.store(v.load(weights, place * v.width), slot)
        b.store(v.at(weights, vectors * v.width), self.cursor)
        source = v.at(self.source, b.mul(frame, self.stride))
        with cgutils.for_range(b, self.taps) as taps:
            tap = v.at(source, b.mul(taps.index, self.tap))
            with cgutils.for_range(b, self.inputs) as inputs:
                self._products(sums, v.at(tap, inputs.index))
        target = v.at(self.target, b.add(b.mul(frame, self.target_stride), b.mul(first, INT64(v.width))))
        for number, row in enumerate(sums):
            place = v.at(target, b.mul(self.target_stride, INT64(number)))
            for part, slot in enumerate(row):
                v.store(b.load(slot), place, part * v.width)

    def _products(self, sums: list[list[Any]], x: Any) -> None:
        b, v = self.builder, self.vectors
        weights = b.load(self.cursor)
        held = [v.load(weights, place * v.width) for place in range(len(sums[0]))]
        b.store(v.at(weights, len(held) * v.width), self.cursor)
        for number, row in enumerate(sums):
            value = v.load_broadcast(x, b.mul(self.stride, INT64(number)))
            for weight, slot in zip(held, row, strict=True):
                b.store(v.fma(weight, value, b.load(slot)), slot)


def _linear_block(
    typing_context: Any,
    width: Any,
    source: Any,
    target: Any,
    weights: Any,
    frames: Any,
    stride: Any,
    target_stride: Any,
    inputs: Any,
    outputs: Any,
    taps: Any,
    tap: Any,
) -> Any:
    """Run a dilated convolution: literal width, then the arguments of `LinearEmitter`."""
    if not isinstance(width, types.IntegerLiteral):
        return None
    floats: int = width.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        LinearEmitter(builder, floats, arguments[1:]).emit()
        return context.get_dummy_value()

    return types.void(width, *[types.int64] * 10), generate


linear_block: Any = intrinsic(prefer_literal=True)(_linear_block)


def _map_block(
    typing_context: Any,
    width: Any,
    function: Any,
    source: Any,
    target: Any,
    weights: Any,
    frames: Any,
    stride: Any,
    target_stride: Any,
    outputs: Any,
) -> Any:
    """Take a function of all values of a block.

    Literal width; the function's code; addresses of the first frames of source and target and of scales, shifts and
    slopes; frames; floats from frame to frame of source and target; vectors of channels.
    """
    if not isinstance(width, types.IntegerLiteral):
        return None
    floats: int = width.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v = VectorBuilder(builder, floats)
        code, (source, target, weights) = arguments[1], (builder.inttoptr(a, FLOAT_POINTER) for a in arguments[2:5])
        frames, stride, target_stride, outputs = arguments[5:]
        size = builder.mul(outputs, INT64(floats))
        after = builder.append_basic_block("mapped")
        choice = builder.switch(code, after)
        for each in {f.code: f for f in FUNCTIONS.values()}.values():
            block = builder.append_basic_block(f"function{each.code}")
            choice.add_case(INT64(each.code), block)
            builder.position_at_end(block)
            with cgutils.for_range(builder, frames) as frame, cgutils.for_range(builder, outputs) as part:
                place = builder.mul(part.index, INT64(floats))
                row = v.at(weights, place)
                scale, shift = v.load(row), v.load(row, size)
                slope = v.load(row, builder.mul(size, INT64(2)))
                x = v.load(v.at(source, builder.mul(frame.index, stride)), place)
                value = each.emit(v, v.fma(scale, x, shift), (slope,))
                v.store(value, v.at(target, builder.mul(frame.index, target_stride)), place)
            builder.branch(after)
        builder.position_at_end(after)
        return context.get_dummy_value()

    return types.void(width, *[types.int64] * 8), generate


map_block: Any = intrinsic(prefer_literal=True)(_map_block)
