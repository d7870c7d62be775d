"""What a map does with every value of a signal, as vector code: a table to which a new function is added as a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import e, log2
from typing import Any, Final

from ..activations import OCTAVES, activation_named
from ..vector import EIGHTHS, VectorBuilder

EXPONENT: Final = EIGHTHS * log2(e)  # of the argument of an exponential


@dataclass(frozen=True)
class Function:
    """One function of a map.

    Attributes
    ----------
    code : int
        Its number in a program.
    emit : callable
        ``emit(v, z, numbers)`` emits the function of the vector `z`, which is `scale` times the argument; its one
        number is a slope.
    scale : float
        Factor on the argument; being in the weights, it costs nothing at run time.
    """

    code: int
    emit: Callable[[VectorBuilder, Any, Sequence[Any]], Any]
    scale: float = 1.0


def _identity(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    return z


def _elu(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    """Return z where positive, exp(z) - 1 elsewhere: error below 2e-7."""
    scale, polynomial = v.exponential(v.mul(z, v.constant(EXPONENT)), octaves=OCTAVES)
    below = v.fma(scale, polynomial, v.constant(-1))
    return v.builder.select(v.builder.fcmp_ordered(">", z, v.constant(0)), z, below)


def _exponential(v: VectorBuilder, z: Any, _: Sequence[Any]) -> Any:
    scale, polynomial = v.exponential(z, octaves=OCTAVES)
    return v.mul(scale, polynomial)


_TANH, _SIGMOID, _PRELU = (activation_named(name) for name in ("Tanh", "Sigmoid", "PReLU"))

FUNCTIONS: Final[Mapping[str, Function]] = {
    "": Function(0, _identity),
    "prelu": Function(1, _PRELU.emit),
    "relu": Function(1, _PRELU.emit),
    "tanh": Function(2, _TANH.emit, _TANH.scale),
    "sigmoid": Function(3, _SIGMOID.emit, _SIGMOID.scale),
    "elu": Function(4, _elu),
    "exponential": Function(5, _exponential, EXPONENT),
}
"""Functions by Keras' names; a relu is a prelu whose slopes are 0."""
