"""MIDI mappings: how a control change moves a parameter."""

from typing import Annotated, Final, Literal

from pydantic import Field

from .nodes import Record

MAX_CONTROL: Final = 127

Curve = Literal["linear", "logarithmic", "switch"]


class ControlMapping(Record):
    """A control change that moves one parameter."""

    cc: int = Field(ge=0, le=MAX_CONTROL, description="Number of the control change: 7 volume, 11 expression, ...")
    channel: Annotated[int, Field(ge=1, le=16)] | None = Field(
        default=None, description="MIDI channel; all if left out."
    )
    target: str = Field(
        pattern=r"^[a-z][a-z0-9-]*\.\w+$", max_length=200, description="What moves: node.parameter, levels.output_db."
    )
    minimum: float | None = Field(default=None, description="Value at 0; the parameter's smallest when left out.")
    maximum: float | None = Field(default=None, description="Value at 127; the parameter's largest when left out.")
    curve: Curve = Field(
        default="linear",
        description="linear: equal steps; logarithmic: equal ratios (frequencies, times); switch: maximum from 64 up.",
    )

    def ends(self, parameter_range: tuple[float, float]) -> tuple[float, float]:
        """Values at 0 and at 127, given the range of the target."""
        low, high = parameter_range
        return (low if self.minimum is None else self.minimum, high if self.maximum is None else self.maximum)

    def value(self, position: float, parameter_range: tuple[float, float]) -> float:
        """Value of the parameter for a position of the control.

        Parameters
        ----------
        position : float
            0 to 1: the control change's value divided by 127.
        parameter_range : tuple of (float, float)
            Range of the target, which stands in for `minimum` and `maximum` where they are left out.

        Returns
        -------
        float
            ``low + (high - low) p``, ``low (high / low)^p``, or one of both, after `curve`.
        """
        low, high = self.ends(parameter_range)
        if self.curve == "switch":
            return high if position * MAX_CONTROL >= 64 else low
        if position in (0.0, 1.0):
            return high if position else low
        if self.curve == "logarithmic":
            return low * (high / low) ** position
        return low + (high - low) * position
