"""MIDI messages in a musician's words.

Source: MIDI Association, *Control Change Messages (Data Bytes)*, the names of the controllers.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import mido

from .notes import note_name

CONTROL_NAMES: Final[Mapping[int, str]] = {
    0: "bank select",
    1: "modulation wheel",
    2: "breath",
    4: "foot controller",
    5: "portamento time",
    6: "data entry",
    7: "volume",
    8: "balance",
    10: "pan",
    11: "expression",
    12: "effect control 1",
    13: "effect control 2",
    32: "bank select, fine",
    38: "data entry, fine",
    64: "sustain pedal",
    65: "portamento",
    66: "sostenuto",
    67: "soft pedal",
    69: "hold 2",
    80: "button 1",
    81: "button 2",
    82: "button 3",
    83: "button 4",
    91: "reverb depth",
    92: "tremolo depth",
    93: "chorus depth",
    94: "detune depth",
    95: "phaser depth",
    96: "data increment",
    97: "data decrement",
    98: "NRPN, fine",
    99: "NRPN",
    100: "RPN, fine",
    101: "RPN",
    120: "all sound off",
    121: "reset all controllers",
    123: "all notes off",
}


def control_words(control: int) -> str:
    """A control change by number and, where it has one, name: ``CC11 (expression)``."""
    return f"CC{control} ({CONTROL_NAMES[control]})" if control in CONTROL_NAMES else f"CC{control}"


def note_words(note: int) -> str:
    """A note by name and number, 60 is C4: ``C4 (60)``."""
    return f"{note_name(note)} ({note})"


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "control_change": lambda m: f"{control_words(m.control)} = {m.value}",
    "program_change": lambda m: f"program {m.program}",
    "note_on": lambda m: f"note {note_words(m.note)} {'on, velocity ' + str(m.velocity) if m.velocity else 'off'}",
    "note_off": lambda m: f"note {note_words(m.note)} off",
    "pitchwheel": lambda m: f"pitch bend {m.pitch:+d}",
    "aftertouch": lambda m: f"channel pressure {m.value}",
    "polytouch": lambda m: f"pressure of note {note_words(m.note)} {m.value}",
    "sysex": lambda m: f"system exclusive, {len(m.data)} bytes",
    "clock": lambda m: "clock",
    "start": lambda m: "start",
    "continue": lambda m: "continue",
    "stop": lambda m: "stop",
    "active_sensing": lambda m: "active sensing",
    "reset": lambda m: "system reset",
    "songpos": lambda m: f"song position {m.pos}",
    "song_select": lambda m: f"song {m.song}",
    "quarter_frame": lambda m: "time code",
    "tune_request": lambda m: "tune request",
}
CEASELESS: Final = frozenset({"clock", "active_sensing", "quarter_frame"})
"""Types that devices send all the time: a monitor and a learner leave them out."""


def message_words(message: mido.Message) -> str:
    """One line that says what a message is, its channel counted from 1."""
    fields: Any = message
    words = _WORDS.get(fields.type, lambda m: str(m))(message)
    return f"{words}, channel {fields.channel + 1}" if hasattr(message, "channel") else words
