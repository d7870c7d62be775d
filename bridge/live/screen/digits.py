"""Large letters for the tuner, to be read from where a player stands."""

from collections.abc import Mapping
from typing import Final

# Five rows of five dots, each row the bits of a number, the leftmost dot highest.
_DOTS: Final[Mapping[str, tuple[int, int, int, int, int]]] = {
    "A": (14, 17, 31, 17, 17),
    "B": (30, 17, 30, 17, 30),
    "C": (15, 16, 16, 16, 15),
    "D": (30, 17, 17, 17, 30),
    "E": (31, 16, 30, 16, 31),
    "F": (31, 16, 30, 16, 16),
    "G": (15, 16, 19, 17, 15),
    "#": (10, 31, 10, 31, 10),
    "-": (0, 0, 14, 0, 0),
    "0": (14, 17, 17, 17, 14),
    "1": (4, 12, 4, 4, 14),
    "2": (30, 1, 14, 16, 31),
    "3": (30, 1, 14, 1, 30),
    "4": (18, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 30),
    "6": (14, 16, 30, 17, 14),
    "7": (31, 1, 2, 4, 4),
    "8": (14, 17, 14, 17, 14),
    "9": (14, 17, 15, 1, 14),
}
_WIDTH: Final = 5


def big_rows(text: str, dot: str) -> list[str]:
    """Five rows that show a note's name in large letters of `dot`, two cells a dot."""
    return ["  ".join(_row(_DOTS[letter][row], dot) for letter in text) for row in range(5)]


def _row(bits: int, dot: str) -> str:
    return "".join(2 * dot if bits >> (_WIDTH - 1 - place) & 1 else "  " for place in range(_WIDTH))
