"""What a potentiometer lets through at an angle: the linear and the logarithmic ("audio") track."""

from dataclasses import dataclass
from math import log10
from typing import Final

from ....models.errors import ParameterError

DECADES: Final = 2.0  # of an audio track, whose resistance runs through a hundredfold


@dataclass(frozen=True)
class Taper:
    """The track of a potentiometer.

    Attributes
    ----------
    is_logarithmic : bool
        An audio track: half way it lets a eleventh through, as volume and gain controls have it.
    """

    is_logarithmic: bool = False

    def part(self, position: float) -> float:
        """Part of the resistance, 0 to 1, up to the wiper at a position from 0 (fully left) to 1."""
        return (10 ** (DECADES * position) - 1) / (10**DECADES - 1) if self.is_logarithmic else position

    def position(self, part: float) -> float:
        """Where the wiper stands when it has this part of the resistance before it."""
        if not 0.0 <= part <= 1.0:
            raise ParameterError(f"a potentiometer cannot stand at {part:g}: use 0 to 1")
        return log10(1 + (10**DECADES - 1) * part) / DECADES if self.is_logarithmic else part


LINEAR: Final = Taper()
AUDIO: Final = Taper(is_logarithmic=True)
