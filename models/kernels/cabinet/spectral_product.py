"""The inner loop of partitioned convolution: products of spectra, summed over the partitions."""

from typing import Any, Final

from numba.core import types
from numba.core.extending import intrinsic

from ..vector import FLOAT_POINTER, INT64, VectorBuilder, best_width
from .real_fft import BINS

SPECTRUM_FLOATS: Final = 2 * BINS
SPECTRUM_BYTES: Final = 4 * SPECTRUM_FLOATS
_TOGETHER: Final = 4  # vectors of bins whose sums are kept in registers


def _add_products(
    typing_context: Any, spectra: types.Type, filters: types.Type, count: types.Type, total: types.Type
) -> Any:
    """Add the products of `count` spectra with `count` filters, bin by bin, to the spectrum at `total`.

    All are addresses of spectra as `real_fft` lays them out, one behind the other; `count` may be 0. The order of the
    additions is that of the partitions.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vectors = VectorBuilder(builder, min(best_width(), 16))
        x, h, y = (builder.inttoptr(arguments[i], FLOAT_POINTER) for i in (0, 1, 3))
        end = builder.mul(arguments[2], INT64(SPECTRUM_FLOATS))
        first_re, first_im = vectors.load_scalar(y), vectors.load_scalar(y, BINS)
        for bins in range(0, BINS, _TOGETHER * vectors.width):
            _add_bins(vectors, x, h, y, end, bins)
        _add_ends(vectors, x, h, y, end, (first_re, first_im))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


add_products: Any = intrinsic(_add_products)


def _loop(builder: Any, end: Any, starts: list[Any], body: Any) -> list[Any]:
    """Emit a loop over the partitions that carries `starts`; `body(offset, values)` returns their successors."""
    entry = builder.block
    head, inside, after = (builder.append_basic_block(f"partitions.{part}") for part in ("head", "body", "end"))
    builder.branch(head)
    builder.position_at_end(head)
    offset = builder.phi(INT64)
    offset.add_incoming(INT64(0), entry)
    values = [builder.phi(start.type) for start in starts]
    for value, start in zip(values, starts, strict=True):
        value.add_incoming(start, entry)
    builder.cbranch(builder.icmp_signed("<", offset, end), inside, after)
    builder.position_at_end(inside)
    following = body(offset, values)
    offset.add_incoming(builder.add(offset, INT64(SPECTRUM_FLOATS)), builder.block)
    for value, successor in zip(values, following, strict=True):
        value.add_incoming(successor, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return values


def _add_bins(vectors: VectorBuilder, x: Any, h: Any, y: Any, end: Any, bins: int) -> None:
    builder = vectors.builder
    places = [bins + i * vectors.width for i in range(_TOGETHER)]

    def add(offset: Any, sums: list[Any]) -> list[Any]:
        following = []
        for i, place in enumerate(places):
            x_re, x_im, h_re, h_im = (
                vectors.load(p, builder.add(offset, INT64(at))) for p in (x, h) for at in (place, place + BINS)
            )
            re = vectors.fma(x_re, h_re, sums[2 * i])
            im = vectors.fma(x_re, h_im, sums[2 * i + 1])
            following.append(vectors.fma(vectors.neg(x_im), h_im, re))
            following.append(vectors.fma(x_im, h_re, im))
        return following

    starts = [vectors.load(y, at) for place in places for at in (place, place + BINS)]
    sums = _loop(builder, end, starts, add)
    for i, place in enumerate(places):
        vectors.store(sums[2 * i], y, place)
        vectors.store(sums[2 * i + 1], y, place + BINS)


def _add_ends(vectors: VectorBuilder, x: Any, h: Any, y: Any, end: Any, starts: tuple[Any, Any]) -> None:
    """The two real bins, which the vectors took for one complex."""
    builder = vectors.builder

    def add(offset: Any, sums: list[Any]) -> list[Any]:
        following = []
        for at, total in zip((0, BINS), sums, strict=True):
            a, b = (vectors.load_scalar(p, builder.add(offset, INT64(at))) for p in (x, h))
            following.append(builder.fadd(total, builder.fmul(a, b)))
        return following

    for at, value in zip((0, BINS), _loop(builder, end, list(starts), add), strict=True):
        builder.store(value, vectors.at(y, at), align=4)
