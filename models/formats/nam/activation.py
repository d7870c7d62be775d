"""Activations as .nam files name them: a word, or an object with a type and numbers."""

from typing import Any, Final

from ...description import ActivationName, Shaped
from .codec import Document, Place, shortest

PLAIN: Final = ("Tanh", "Hardtanh", "Fasttanh", "ReLU", "Sigmoid", "SiLU", "Hardswish", "Softsign")

NUMBERS: Final[dict[str, dict[str, float]]] = {
    "LeakyReLU": {"negative_slope": 0.01},
    "LeakyHardtanh": {"min_val": -1.0, "max_val": 1.0, "min_slope": 0.01, "max_slope": 0.01},
}
"""Activations with numbers of their own: the names of the numbers, and their usual values."""

SPELLINGS: Final = {"LeakyHardTanh": "LeakyHardtanh"}
KNOWN: Final = (*PLAIN, *NUMBERS, "PReLU")


def read_activation(value: Any, place: Place, field: str) -> ActivationName:
    """Read an activation; its usual numbers are not kept, so that the word and the object compare equal."""
    given: dict[str, Any] = value if isinstance(value, dict) else {"type": value}
    name = given.get("type")
    name = SPELLINGS.get(name, name) if isinstance(name, str) else name
    if name not in KNOWN:
        raise place.error(field, f"{name!r} is not an activation: use {', '.join(KNOWN)}")
    if name == "PReLU":
        slopes = given.get("negative_slopes", [given.get("negative_slope", 0.01)])
        if not isinstance(slopes, list) or not slopes or len(slopes) > 4096:  # pyright: ignore[reportUnknownArgumentType]
            raise place.error(f"{field}.negative_slopes", "must be a list with a number for each channel")
        return Shaped(name, tuple(_number(slope, place, f"{field}.negative_slopes") for slope in slopes))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    usual = NUMBERS.get(name, {})
    numbers = tuple(_number(given.get(key, number), place, f"{field}.{key}") for key, number in usual.items())
    return name if numbers == tuple(usual.values()) else Shaped(name, numbers)


def _number(value: Any, place: Place, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e30:
        raise place.error(field, f"must be a number, not {str(value)[:40]}")
    return float(value)


def write_activation(activation: ActivationName) -> str | Document:
    """The activation as it stands in a file."""
    if isinstance(activation, str):
        return activation
    if activation.name == "PReLU":
        return {"type": "PReLU", "negative_slopes": [shortest(number) for number in activation.numbers]}
    names = NUMBERS[activation.name]
    numbers = dict(zip(names, map(shortest, activation.numbers), strict=True))
    return {"type": activation.name, **numbers}
