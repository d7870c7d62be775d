"""Activation functions of feed-forward models, as vector code: a table to which a new one is added as a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import e, log2
from types import MappingProxyType
from typing import Any, Final

from ..architectures.activation import ActivationName, Shaped
from ..errors import ModelError
from .vector import EIGHTHS, VectorBuilder

OCTAVES: Final = 60
"""The exponential saturates at 2**60: tanh and sigmoid have long been constant there."""

SIGMOID_SCALE: Final = -EIGHTHS * log2(e)
TANH_SCALE: Final = 2 * SIGMOID_SCALE

MOST_NUMBERS: Final = 4
"""Numbers of its own that an activation can have."""


@dataclass(frozen=True)
class Activation:
    """How one activation function is computed.

    Attributes
    ----------
    code : int
        Its number in a kernel's program.
    emit : callable
        ``emit(v, z, numbers)`` emits the function of the scaled argument `z`; all are vectors.
    scale : float
        Factor on everything that adds up to the argument; being in the weights, it costs nothing at run time.
    numbers : tuple of float
        What the function needs (a slope), kept with the weights.
    fused : bool
        Whether a convolution can apply it to its sums: what nearly all models use, so that the others cost those no
        code. Needs at most one number, the same for all rows.
    """

    code: int
    emit: Callable[[VectorBuilder, Any, Sequence[Any]], Any]
    scale: float = 1.0
    numbers: tuple[float, ...] = ()
    fused: bool = False


def _rectifier(v: VectorBuilder, z: Any, numbers: Sequence[Any]) -> Any:
    """Return z where positive, slope * z elsewhere: the larger of both, as slopes are at most 1. Exact."""
    return v.maximum(z, v.mul(z, numbers[0]))


def _tanh(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """(1 - e) / (1 + e) with e = exp(-2x) as a product inside both multiply-adds: error below 2e-7."""
    scale, polynomial = v.exponential(z, octaves=OCTAVES)
    one = v.constant(1)
    return v.div(v.fma(v.neg(scale), polynomial, one), v.fma(scale, polynomial, one))


def _sigmoid(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """1 / (1 + exp(-x)): error below 2e-7."""
    return v.div(v.constant(1), v.one_plus_exponential(z, octaves=OCTAVES))


def _leaky_hardtanh(v: VectorBuilder, z: Any, numbers: Sequence[Any]) -> Any:
    """Return z between the lowest and the highest value, straight lines outside: the original's operations."""
    b = v.builder
    low, high, below, above = numbers
    upper = b.select(b.fcmp_ordered(">", z, high), v.add(v.mul(v.sub(z, high), above), high), z)
    return b.select(b.fcmp_ordered("<", z, low), v.add(v.mul(v.sub(z, low), below), low), upper)


def _silu(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """Return x / (1 + exp(-x)): error below 2e-7, or 4e-7 of the result."""
    return v.div(v.mul(z, v.constant(1 / SIGMOID_SCALE)), v.one_plus_exponential(z, octaves=OCTAVES))


def _hardswish(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """Return x * clamp(x + 3, 0, 6) / 6: error of the rounding, 4e-7, or 2e-7 of the result."""
    clamped = v.minimum(v.maximum(v.add(z, v.constant(3)), v.constant(0)), v.constant(6))
    return v.mul(v.mul(z, clamped), v.constant(1 / 6))


def _softsign(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """Return x / (1 + abs(x)): relative error of the rounding, 2e-7."""
    return v.div(z, v.add(v.constant(1), v.maximum(z, v.neg(z))))


def _fast_tanh(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """A rational function near tanh that some models were made with: relative error of the rounding, 1e-6."""
    a, c, d, g, k = map(
        v.constant, (2.45550750702956, 0.893229853513558, 0.821226666969744, 2.44506634652299, 0.814642734961073)
    )
    size, square = v.maximum(z, v.neg(z)), v.mul(z, z)
    above = v.mul(z, v.fma(v.fma(d, size, c), square, v.fma(a, size, a)))
    bent = v.fma(v.mul(k, z), size, z)
    below = v.fma(v.add(g, square), v.maximum(bent, v.neg(bent)), g)
    return v.div(above, below)


def _slopes(v: VectorBuilder, z: Any, numbers: Sequence[Any]) -> Any:
    """Return z where positive, slope * z elsewhere, for any slope. Exact."""
    return v.builder.select(v.builder.fcmp_ordered(">", z, v.constant(0)), z, v.mul(z, numbers[0]))


LINEAR: Final = 0
"""The code of no activation at all."""

ACTIVATIONS: Final[Mapping[str, Activation]] = MappingProxyType(
    {
        "ReLU": Activation(1, _rectifier, numbers=(0.0,), fused=True),
        "LeakyReLU": Activation(1, _rectifier, numbers=(0.01,), fused=True),
        "Tanh": Activation(2, _tanh, scale=TANH_SCALE, fused=True),
        "Sigmoid": Activation(3, _sigmoid, scale=SIGMOID_SCALE, fused=True),
        "Hardtanh": Activation(4, _leaky_hardtanh, numbers=(-1.0, 1.0, 0.0, 0.0)),
        "LeakyHardtanh": Activation(4, _leaky_hardtanh, numbers=(-1.0, 1.0, 0.01, 0.01)),
        "SiLU": Activation(5, _silu, scale=SIGMOID_SCALE),
        "Hardswish": Activation(6, _hardswish),
        "Softsign": Activation(7, _softsign),
        "Fasttanh": Activation(8, _fast_tanh),
        "PReLU": Activation(9, _slopes, numbers=(0.01,)),
    }
)
"""Activations by the names NAM gives them; those that differ only in numbers share a code."""


def activation_named(name: ActivationName) -> Activation:
    """Look up an activation; raise `ModelError` when there is none of that name, or its numbers are not its own.

    A PReLU has all its slopes in `numbers`.
    """
    shaped = name if isinstance(name, Shaped) else Shaped(name, ())
    known = ACTIVATIONS.get(shaped.name)
    if known is None:
        raise ModelError(f"activation: {shaped.name!r} is not known: use {', '.join(ACTIVATIONS)}")
    if not shaped.numbers:
        return known
    if shaped.name != "PReLU" and len(shaped.numbers) != len(known.numbers):
        raise ModelError(f"activation: {shaped.name} has {len(known.numbers)} numbers, not {len(shaped.numbers)}")
    if shaped.name == "LeakyReLU" and shaped.numbers[0] > 1:
        known = ACTIVATIONS["PReLU"]
    return replace(known, numbers=shaped.numbers)
