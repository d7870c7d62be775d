"""Which number of a circuit each knob turns: a table for each device."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .circuits.potentiometer import LINEAR, Taper
from .knob import Knob, find_knob

Circuitry = TypeVar("Circuitry")


@dataclass(frozen=True)
class Dial:
    """A knob and the number behind it.

    Attributes
    ----------
    name : str
        Of the knob.
    place : tuple of str and int
        The way to the number: attributes and indices, ``("stages", 1, "drive")``.
    taper : Taper
        Of the potentiometer.
    """

    name: str
    place: tuple[str | int, ...]
    taper: Taper = LINEAR


def read_dials(device: object, dials: Sequence[Dial]) -> tuple[Knob, ...]:
    """The knobs of a device as they stand."""
    return tuple(Knob(dial.name, dial.taper.position(_number(device, dial.place))) for dial in dials)


def turn_dials(device: Circuitry, dials: Sequence[Dial], values: Mapping[str, float]) -> Circuitry:
    """A device like this one with some knobs turned.

    Parameters
    ----------
    device : dataclass
        Stays as it is.
    dials : sequence of Dial
        Its knobs.
    values : mapping of str to float
        Where to turn them, 0 to 1.

    Raises
    ------
    ParameterError
        When it has no such knob, or a value is out of range.
    """
    knobs = read_dials(device, dials)
    by_name = {dial.name: dial for dial in dials}
    for name, value in values.items():
        knob = find_knob(name, knobs, getattr(device, "name", type(device).__name__))
        if knob.at(value) != knob:  # a knob that stays where it is changes no bit of the circuit
            dial = by_name[knob.name]
            device = _with_number(device, dial.place, dial.taper.part(float(value)))
    return device


def _number(owner: Any, place: Sequence[str | int]) -> float:
    for step in place:
        owner = owner[step] if isinstance(step, int) else getattr(owner, step)
    return float(owner)


def _with_number(owner: Any, place: Sequence[str | int], number: float) -> Any:
    if not place:
        return number
    step, rest = place[0], place[1:]
    if isinstance(step, int):
        return (*owner[:step], _with_number(owner[step], rest, number), *owner[step + 1 :])
    return replace(owner, **{step: _with_number(getattr(owner, step), rest, number)})
