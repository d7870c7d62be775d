"""The dot product that the kernels' finite responses (resampling, the head of a cabinet) are computed with."""

from typing import Any, Final

from numba.core import types
from numba.core.extending import intrinsic

from .vector import FLOAT_POINTER, INT64, VectorBuilder, best_width

DOT_STEP: Final = 32
"""Lengths are multiples of this: 32 partial sums, added by halves, whatever the width of the processor's vectors."""


def _dot_product(typing_context: Any, a: types.Type, b: types.Type, length: types.Type) -> Any:
    """Sum of a[i] * b[i] over `length` float32 at two addresses; `length` is a multiple of `DOT_STEP`.

    One order of additions, always: equal inputs give equal bits wherever in a block they stand.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vectors = VectorBuilder(builder, min(best_width(), DOT_STEP))
        first, second = (builder.inttoptr(address, FLOAT_POINTER) for address in arguments[:2])
        lanes = DOT_STEP // vectors.width
        entry = builder.block
        body = builder.append_basic_block("dot.body")
        end = builder.append_basic_block("dot.end")
        builder.branch(body)
        builder.position_at_end(body)
        index = builder.phi(INT64)
        index.add_incoming(INT64(0), entry)
        sums = [builder.phi(vectors.vector) for _ in range(lanes)]
        added = []
        for lane, partial in enumerate(sums):
            partial.add_incoming(vectors.constant(0), entry)
            offset = builder.add(index, INT64(lane * vectors.width))
            added.append(vectors.fma(vectors.load(first, offset), vectors.load(second, offset), partial))
        following = builder.add(index, INT64(DOT_STEP))
        index.add_incoming(following, body)
        for partial, value in zip(sums, added, strict=True):
            partial.add_incoming(value, body)
        builder.cbranch(builder.icmp_signed("<", following, arguments[2]), body, end)
        builder.position_at_end(end)
        while len(added) > 1:
            half = len(added) // 2
            added = [vectors.add(low, high) for low, high in zip(added[:half], added[half:], strict=True)]
        return vectors.sum_lanes(added[0])

    return types.float32(types.int64, types.int64, types.int64), generate


dot_product: Any = intrinsic(_dot_product)
