"""Activation functions of feed-forward models, as vector code: a table to which a new one is added as a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import e, log2
from types import MappingProxyType
from typing import Any, Final

from ..errors import ModelError
from .vector import EIGHTHS, VectorBuilder

OCTAVES: Final = 60
"""The exponential saturates at 2**60: tanh and sigmoid have long been constant there."""

SIGMOID_SCALE: Final = -EIGHTHS * log2(e)
TANH_SCALE: Final = 2 * SIGMOID_SCALE


@dataclass(frozen=True)
class Activation:
    """How one activation function is computed.

    Attributes
    ----------
    code : int
        Its number in a kernel's program.
    scale : float
        Factor on everything that adds up to the argument; being in the weights, it costs nothing at run time.
    parameter : float
        One number the function needs (a slope), kept with the weights.
    emit : callable
        ``emit(v, z, parameter)`` emits the function of the scaled argument `z`; both are vectors.
    """

    code: int
    emit: Callable[[VectorBuilder, Any, Any], Any]
    scale: float = 1.0
    parameter: float = 0.0


def _rectifier(v: VectorBuilder, z: Any, slope: Any) -> Any:
    """Return z where positive, slope * z elsewhere: the larger of both, as slopes are at most 1."""
    return v.maximum(z, v.mul(z, slope))


def _tanh(v: VectorBuilder, z: Any, _: Any) -> Any:
    """(1 - e) / (1 + e) with e = exp(-2x) as a product inside both multiply-adds: error below 2e-7."""
    scale, polynomial = v.exponential(z, octaves=OCTAVES)
    one = v.constant(1)
    return v.div(v.fma(v.neg(scale), polynomial, one), v.fma(scale, polynomial, one))


def _sigmoid(v: VectorBuilder, z: Any, _: Any) -> Any:
    """1 / (1 + exp(-x)): error below 2e-7."""
    return v.div(v.constant(1), v.one_plus_exponential(z, octaves=OCTAVES))


LINEAR: Final = 0
"""The code of no activation at all."""

ACTIVATIONS: Final[Mapping[str, Activation]] = MappingProxyType(
    {
        "ReLU": Activation(1, _rectifier),
        "LeakyReLU": Activation(1, _rectifier, parameter=0.01),
        "Tanh": Activation(2, _tanh, scale=TANH_SCALE),
        "Sigmoid": Activation(3, _sigmoid, scale=SIGMOID_SCALE),
    }
)
"""Activations by the names NAM gives them; those that differ only in numbers share a code."""


def activation_named(name: str) -> Activation:
    """Look up an activation; raise `ModelError` when there is none of that name."""
    try:
        return ACTIVATIONS[name]
    except KeyError:
        raise ModelError(f"activation: {name!r} is not known: use {', '.join(ACTIVATIONS)}") from None
