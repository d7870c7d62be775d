"""What one number of a kernel means to whoever sets it. Needs neither numba nor numpy."""

import math
from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True)
class Parameter:
    """One automatable number of a kernel: a float slot of its state.

    Attributes
    ----------
    name : str
        Name in Python and in presets, unit last: ``input_db``.
    title : str
        Name a host shows: ``Input``.
    unit : str
        Unit a host shows: ``dB``, ``Hz``, ``%`` or empty.
    minimum, maximum, default : float
        Range and start value, in the unit.
    steps : int
        0 for a continuous range, else the number of steps between minimum and maximum (1 is a switch).
    smoothing : float
        Seconds over which the kernel ramps a change; 0 where a jump is harmless.
    labels : tuple of (float, str)
        Values that have a name, in rising order: what a host shows instead of the number.
    logarithmic : bool
        A knob of it turns by ratios (a frequency), not by differences; the range is above 0 then.
    """

    name: str
    title: str
    unit: str
    minimum: float
    maximum: float
    default: float
    steps: int = 0
    smoothing: float = 0.0
    labels: tuple[tuple[float, str], ...] = ()
    logarithmic: bool = False

    def __post_init__(self) -> None:
        if self.logarithmic and not self.minimum > 0:
            raise ParameterError(f"{self.name} is logarithmic from {self.minimum:g}: use a minimum above 0")

    @classmethod
    def of_model(cls, name: str) -> "Parameter":
        """A model's own knob, from 0 to 1 and at rest halfway."""
        return cls(name, name.replace("_", " ").title(), "", 0.0, 1.0, 0.5)

    def check(self, value: float | str) -> float:
        """Return `value`, a number or one of the labels, as float.

        Raises
        ------
        ParameterError
            When it is outside the range, not finite, no number, or no label.
        """
        try:
            number = self._labelled(value) if isinstance(value, str) else float(value)
        except (TypeError, ValueError) as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError(
                f"{self.name} is {value!r}: use a number from {self.minimum:g} to {self.maximum:g}"
            ) from None
        if not self.minimum <= number <= self.maximum:
            raise ParameterError(
                f"{self.name} is {number:g}{self.unit and ' ' + self.unit}: "
                f"use a value from {self.minimum:g} to {self.maximum:g}"
            )
        return number

    def position(self, value: float) -> float:
        """Where in the range a value lies, 0 to 1: the way its knob turns."""
        if self.logarithmic:
            return math.log(value / self.minimum) / math.log(self.maximum / self.minimum)
        return (value - self.minimum) / (self.maximum - self.minimum)

    def value_at(self, position: float) -> float:
        """Return the value at a position of the knob, 0 to 1; the nearest step where there are steps."""
        if self.steps:
            position = round(position * self.steps) / self.steps
        if self.logarithmic:
            return self.minimum * (self.maximum / self.minimum) ** position
        return self.minimum + (self.maximum - self.minimum) * position

    def _labelled(self, text: str) -> float:
        for value, label in self.labels:
            if label == text:
                return value
        labels = ", ".join(label for _, label in self.labels) or "numbers only"
        raise ParameterError(f"{self.name} is {text!r}: use {labels}")
