"""Note values at a tempo: ``1/8 dotted`` is three quarters of a beat."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import Field

SLOWEST: Final = 20.0
FASTEST: Final = 300.0

Tempo = Annotated[float, Field(ge=SLOWEST, le=FASTEST)]
"""Quarter notes a minute."""

NOTE_VALUE: Final = r"^([1-9]\d?)/(1|2|4|8|16|32|64)( ?dotted|\.| ?triplet|t)?( (s|ms|Hz|bpm))?$"

NoteValueText = Annotated[str, Field(pattern=NOTE_VALUE, max_length=40)]

_STRETCH: Final = {"": 1.0, "dotted": 1.5, ".": 1.5, "triplet": 2.0 / 3.0, "t": 2.0 / 3.0}
_UNITS: Final = {"_seconds": "s", "_s": "s", "_ms": "ms", "_hz": "Hz", "bpm": "bpm"}
"""Units by the end of a parameter's name."""

_OF_SECONDS: Final = {
    "s": lambda seconds: seconds,
    "ms": lambda seconds: 1000.0 * seconds,
    "Hz": lambda seconds: 1.0 / seconds,
    "bpm": lambda seconds: 60.0 / seconds,
}


@dataclass(frozen=True)
class NoteValue:
    """The length of a note.

    Attributes
    ----------
    quarters : float
        In quarter notes.
    unit : str
        What a parameter that follows it counts in: ``s``, ``ms``, ``Hz`` (its rate), ``bpm`` (so many a minute); empty
        when the parameter's name says it.
    """

    quarters: float
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``1/4``, ``1/8 dotted`` or ``1/8.``, ``1/8 triplet`` or ``1/8t``; a unit may follow: ``1/4 ms``.

        Raises
        ------
        ValueError
            When it says something else.
        """
        found = re.fullmatch(NOTE_VALUE, text)
        if found is None:
            raise ValueError(f"note value {text!r}: use one such as 1/4, 1/8 dotted or 1/8 triplet")
        count, part, stretch, _, unit = found.groups(default="")
        return cls(4.0 * int(count) / int(part) * _STRETCH[stretch.strip()], unit)

    def unit_of(self, parameter: str) -> str | None:
        """The unit of a parameter that follows it; None when neither the value nor the name says one."""
        return self.unit or next((unit for end, unit in _UNITS.items() if parameter.endswith(end)), None)

    def value(self, parameter: str, tempo: float, limits: tuple[float, float] = (0.0, math.inf)) -> float:
        """What a parameter has to be at a tempo.

        Parameters
        ----------
        parameter : str
            Its name, which says its unit.
        tempo : float
            Quarter notes a minute.
        limits : tuple of (float, float)
            Its range: what lies outside is halved or doubled until it fits, as a delay that is too long for a pedal.
        """
        low, high = limits
        found = _OF_SECONDS[self.unit_of(parameter) or "s"](self.quarters * 60.0 / tempo)
        while found > high and found / 2 >= low:
            found /= 2
        while found < low and found * 2 <= high:
            found *= 2
        return min(max(found, low), high)
