"""Settings of a device's knobs, as they are written on the command line, and what they are on the device."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ....models.errors import ParameterError
from ...devices.device import Device
from ...devices.knob import Knob, find_knob

Value = float | str
Setting = Mapping[str, Value]
"""Values of knobs by name: a number in the knob's own unit, one of its labels, or its angle as ``"50%"``."""


def parse_values(text: str) -> tuple[str, tuple[Value, ...]]:
    """Read ``gain=0,0.5,1``.

    Returns
    -------
    name : str
    values : tuple of float or str
        Numbers, where they are numbers.

    Raises
    ------
    ParameterError
        When it does not read so.
    """
    name, found, values = (part.strip() for part in text.partition("="))
    parts = [part.strip() for part in values.split(",")]
    if not (name and found and all(parts)):
        raise ParameterError(f"{text!r} is no setting: write NAME=VALUE or NAME=VALUE,VALUE as in gain=0,0.5,1")
    return name, tuple(_value(name, part) for part in parts)


def parse_setting(text: str) -> dict[str, Value]:
    """Read ``gain=0.5,tone=0.2``; raises as `parse_values`."""
    setting: dict[str, Value] = {}
    for part in text.split(","):
        name, (value, *_) = parse_values(part)
        if name in setting:
            raise ParameterError(f"{text!r} says {name} twice: say it once")
        setting[name] = value
    return setting


def parse_positions(texts: Sequence[str]) -> dict[str, float]:
    """Read ``gain=0.5`` or ``gain=50%``, each a position from 0 to 1 of a knob that someone turned by hand.

    Raises
    ------
    ParameterError
        When it reads otherwise.
    """
    positions: dict[str, float] = {}
    for text in texts:
        for name, value in parse_setting(text).items():
            number = _angle(value) if isinstance(value, str) else value
            if number is None or not 0.0 <= number <= 1.0:
                raise ParameterError(f"knob {name} is {value}: use a number from 0 (fully left) to 1")
            positions[name] = number
    return positions


def model_positions(texts: Sequence[str]) -> dict[str, float]:
    """As `parse_positions`, by the names that a model calls the knobs."""
    return {model_name(name): value for name, value in parse_positions(texts).items()}


def grid(values: Mapping[str, Sequence[Value]]) -> tuple[dict[str, Value], ...]:
    """Every combination of values, the last name changing fastest."""
    return tuple(dict(zip(values, combination, strict=True)) for combination in product(*values.values()))


@dataclass(frozen=True)
class Turned:
    """A device with its knobs at a setting.

    Attributes
    ----------
    device : Device
        Set.
    positions : mapping of str to float
        Where the knobs of the setting stand, 0 to 1, by the names that a model calls them.
    name : str
        For the take: ``gain=0.5``.
    """

    device: Device
    positions: Mapping[str, float]
    name: str


def turn_to(device: Device, setting: Setting) -> Turned:
    """A device with its knobs at a setting.

    Raises
    ------
    ParameterError
        When it has no such knob, or a value is out of its range.
    """
    knobs = {name: _set(find_knob(name, device.knobs, device.name), value) for name, value in setting.items()}
    by_name = {knob.name: knob.value for knob in knobs.values()}
    if len(by_name) < len(knobs):
        raise ParameterError(f"{device.name}: {' and '.join(knobs)} are the same knob: say it once")
    positions = {model_name(name): knob.value for name, knob in knobs.items()}
    return Turned(device.with_knobs(**by_name), positions, setting_name(setting))


def describe_knobs(device: Device, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the knobs of a parametric capture are on the device, and how its other knobs stand: name and words."""
    moved: set[str] = set()
    for name in names:
        knob = find_knob(name, device.knobs, device.name)
        moved.add(knob.name)
        yield f"knob {model_name(name)}", f"{knob.name} of {device.name}, {_range(knob)}"
    others = [knob for knob in device.knobs if knob.name not in moved]
    if others:
        yield "settings", ", ".join(f"{knob.name}={knob.setting:.6g}{_unit(knob)}" for knob in others)


def knob_line(knob: Knob) -> str:
    """Where a knob stands and how far it goes: ``gain=5 (0 to 20 dB)``."""
    low, high = knob.range
    return f"{knob.label}={knob.setting:.4g} ({low:.4g} to {high:.4g}{_unit(knob)})"


def setting_name(setting: Setting) -> str:
    """Name of a take: ``gain=0.5, tone=0``."""
    return ", ".join(
        f"{model_name(name)}={value if isinstance(value, str) else f'{value:.6g}'}" for name, value in setting.items()
    )


def model_name(name: str) -> str:
    """The name of a knob as a model has it, which is a word of Python: ``amp.gain`` becomes ``amp_gain``."""
    word = "".join(character if character.isalnum() else "_" for character in name)
    return word if word.isidentifier() else f"_{word}"


def _value(name: str, text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        raise ParameterError(f"{name} is {text}: use a number")
    return number


def _angle(text: str) -> float | None:
    try:
        return float(text.removesuffix("%")) / 100 if text.endswith("%") else None
    except ValueError:
        return None


def _set(knob: Knob, value: Value) -> Knob:
    position = _angle(value) if isinstance(value, str) else None
    return knob.set_to(value) if position is None else knob.at(position)


def _range(knob: Knob) -> str:
    low, high = knob.range
    curve = " by ratios" if knob.parameter and knob.parameter.logarithmic else ""
    return f"0 is {low:.6g}{_unit(knob)} and 1 is {high:.6g}{_unit(knob)}{curve}"


def _unit(knob: Knob) -> str:
    return f" {knob.unit}" if knob.unit else ""
