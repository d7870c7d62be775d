"""The controls on a device's panel, and how they are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...models.errors import ParameterError
from ...models.kernels.parameter import Parameter
from ...presets.builtins import suggestion


@dataclass(frozen=True)
class Knob:
    """A control of a device, from 0 (fully left) to 1.

    Attributes
    ----------
    name : str
        As on the panel: ``drive``.
    value : float
        Where it stands.
    parameter : Parameter, optional
        What a plugin's knob turns, in a unit of its own; None where 0 to 1 is all there is to say.
    """

    name: str
    value: float
    parameter: Parameter | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ParameterError(f"knob {self.name} is {self.value:g}: use a value from 0 to 1")

    @property
    def setting(self) -> float:
        """Where it stands, in its own unit."""
        return self.value if self.parameter is None else self.parameter.value_at(self.value)

    @property
    def label(self) -> str:
        """Its name, and behind it what its plugin shows where that is another word."""
        title = self.parameter.title if self.parameter else self.name
        return self.name if title.casefold() == self.name.casefold() else f"{self.name} ({title})"

    @property
    def unit(self) -> str:
        """Its own unit as printed: ``dB``; empty when it has none."""
        return self.parameter.unit if self.parameter else ""

    @property
    def range(self) -> tuple[float, float]:
        """What it reads fully left and fully right, in its own unit."""
        return (self.parameter.minimum, self.parameter.maximum) if self.parameter else (0.0, 1.0)

    def at(self, value: float) -> "Knob":
        """The same knob, turned to a value from 0 to 1."""
        return replace(self, value=float(value))

    def set_to(self, setting: float | str) -> "Knob":
        """The same knob, turned to a number in its own unit, or to one of its labels.

        Raises
        ------
        ParameterError
            When the number is out of range, or no label.
        """
        parameter = self.parameter or Parameter(self.name, self.name, "", 0.0, 1.0, 0.0)
        number = replace(parameter, name=f"knob {self.name}").check(setting)
        return self.at(min(max(parameter.position(number), 0.0), 1.0))


def find_knob(name: str, knobs: Sequence[Knob], owner: str) -> Knob:
    """The knob that a name means.

    Parameters
    ----------
    name : str
        Its name, or the part behind the last dot where only one knob ends so; or what its plugin shows. Case does not
        matter.
    knobs : sequence of Knob
        Those there are.
    owner : str
        Whose they are, for the message.

    Raises
    ------
    ParameterError
        When there is none, or more than one.
    """
    wanted = name.casefold()
    for called in (_whole_name, _short_name, _title):
        found = [knob for knob in knobs if called(knob).casefold() == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(knob.name for knob in found)
            raise ParameterError(f"{owner} has more than one knob {name!r}: use {names}")
    raise ParameterError(f"{owner} has no knob {name!r}: {suggestion(name, {knob.name: knob for knob in knobs})}")


def turned(knobs: Sequence[Knob], values: Mapping[str, float], owner: str) -> tuple[Knob, ...]:
    """The same knobs, those in `values` turned to values from 0 to 1; names and errors as for `find_knob`."""
    changed = {(knob := find_knob(name, knobs, owner)).name: knob.at(value) for name, value in values.items()}
    return tuple(changed.get(knob.name, knob) for knob in knobs)


def _whole_name(knob: Knob) -> str:
    return knob.name


def _short_name(knob: Knob) -> str:
    return knob.name.rpartition(".")[2]


def _title(knob: Knob) -> str:
    return knob.parameter.title if knob.parameter else ""
