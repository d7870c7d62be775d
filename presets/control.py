"""MIDI mappings: which control does what."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .midi_sources import COMMANDS, FINE_OFFSET, MAX_7_BIT, MAX_14_BIT, SOURCES, MidiSource, Mode
from .nodes import Record

MAX_CONTROL: Final = MAX_7_BIT
HALF: Final = 64
"""Of 127: from here on a switch is on."""

Curve = Literal["linear", "logarithmic", "switch"]

_TARGET: Final = r"^[a-z][a-z0-9-]*(\.\w+)?$"
_Number = Annotated[int, Field(ge=0, le=MAX_7_BIT)]


def _one_source(schema: dict[str, Any]) -> None:
    """Tell editors that a row names one control, and which targets there are."""
    schema["oneOf"] = [{"required": [field], "properties": {field: {"not": {"type": "null"}}}} for field in SOURCES]
    del schema["properties"]["target"]["pattern"]
    schema["properties"]["target"]["anyOf"] = [{"pattern": _TARGET.replace(")?", ")")}, {"enum": list(COMMANDS)}]


class ControlMapping(Record, json_schema_extra=_one_source):
    """A control that moves a parameter, or does something else. It names one control: `cc`, `note`, ..."""

    cc: _Number | None = Field(default=None, description="Number of a control change: 7 volume, 11 expression, ...")
    cc14: Annotated[int, Field(ge=0, le=FINE_OFFSET - 1)] | None = Field(
        default=None, description="Number of a control change whose lower seven bits come as the one 32 above."
    )
    nrpn: Annotated[int, Field(ge=0, le=MAX_14_BIT)] | None = Field(
        default=None, description="Number of a non-registered parameter: 128 * CC99 + CC98."
    )
    note: _Number | None = Field(default=None, description="Number of a note that a footswitch sends; 60 is C4.")
    program: _Number | None = Field(default=None, description="A program change, instead of bringing up a slot.")
    pitch_bend: Literal[True] | None = Field(default=None, description="The pitch bend wheel.")
    pressure: Literal[True] | None = Field(default=None, description="Pressure on the keys of the channel.")
    channel: Annotated[int, Field(ge=1, le=16)] | None = Field(
        default=None, description="MIDI channel; all if left out."
    )
    target: str = Field(
        pattern=_TARGET,
        max_length=200,
        description="What it moves: node.parameter, node.bypass, levels.output_db; or what it does: "
        + ", ".join(COMMANDS)
        + ".",
    )
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Which snapshot a press recalls."
    )
    minimum: float | None = Field(default=None, description="Value at 0; the parameter's smallest when left out.")
    maximum: float | None = Field(default=None, description="Value at 127; the parameter's largest when left out.")
    curve: Curve = Field(
        default="linear",
        description="linear: equal steps; logarithmic: equal ratios (frequencies, times); switch: maximum from 64 up.",
    )
    mode: Mode | None = Field(
        default=None,
        description="For switches. momentary: maximum while held (notes); toggle: a press changes over; "
        "latch: a press sets maximum (programs).",
    )
    pickup: bool = Field(
        default=False, description="Wait until the control passes where the parameter is, so that it does not jump."
    )

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        named = [field for field in SOURCES if getattr(self, field) is not None]
        if len(named) != 1:
            raise PydanticCustomError("one_control", "names {count} controls", {"count": len(named)})
        return self

    @property
    def source(self) -> MidiSource:
        """The kind of its control."""
        return next(source for field, source in SOURCES.items() if getattr(self, field) is not None)

    @property
    def number(self) -> int:
        """Which of its kind; 0 where there is one only."""
        number = getattr(self, self.source.field)
        return 0 if number is True else number

    @property
    def switching(self) -> Mode | None:
        """How presses work it; None where positions do."""
        return self.mode or self.source.mode

    @property
    def is_command(self) -> bool:
        """Whether its target is no parameter."""
        return "." not in self.target

    @property
    def title(self) -> str:
        """Its control by name: ``CC11``."""
        return self.source.title(self.number)

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
            return high if position * MAX_CONTROL >= HALF else low
        if position in (0.0, 1.0):
            return high if position else low
        if self.curve == "logarithmic":
            return low * (high / low) ** position
        return low + (high - low) * position
