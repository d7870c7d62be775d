"""Names of notes: MIDI note number 60 is C4 (scientific pitch notation)."""

import re
from typing import Final

NOTES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
A4: Final = 69

_NAME: Final = re.compile(r"([A-G]#?)(-?\d+)")


def note_name(number: int) -> str:
    """Name of a MIDI note number: ``C4`` for 60."""
    return f"{NOTES[number % 12]}{number // 12 - 1}"


def note_number(name: str) -> int:
    """MIDI note number of a name.

    Raises
    ------
    ValueError
        When it names no note.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"note {name!r}: use a name such as E2 or C#4")
    return NOTES.index(found[1]) + 12 * (int(found[2]) + 1)
