"""What a controller can send, as a table: which messages, which numbers, which values. Needs no MIDI library.

The table says what a ``[[midi]]`` row may name, how it is checked, how messages are made and understood, what MIDI
learn can learn, and what the documentation lists. Adding a kind of control is adding a row.

Source: *MIDI 1.0 Detailed Specification*, tables I to III (messages, controllers, registered and non-registered
parameters: a pair of controllers, 32 apart, holds 14 bits).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

NOTE_OFF: Final = 0x80
NOTE_ON: Final = 0x90
CONTROL_CHANGE: Final = 0xB0
PROGRAM_CHANGE: Final = 0xC0
CHANNEL_PRESSURE: Final = 0xD0
PITCH_BEND: Final = 0xE0

MAX_7_BIT: Final = 127
MAX_14_BIT: Final = 16383
FINE_OFFSET: Final = 32
"""From a controller to the one that holds its lower seven bits."""

BANK_SELECT: Final = (0, FINE_OFFSET)
"""Controllers that select the bank of the next program change, upper and lower half."""

Part = Literal["number", "number high", "number low", "number + 32", "value", "value high", "value low"]
"""What a data byte of a message holds; a number stands for itself."""

Mode = Literal["momentary", "toggle", "latch"]


@dataclass(frozen=True)
class MidiSource:
    """A kind of control.

    Attributes
    ----------
    field : str
        Its name in a ``[[midi]]`` row, where its number follows: ``cc = 11``.
    words : str
        What it is.
    messages : tuple of tuples
        What it sends: status byte and data bytes of each message.
    largest : int
        Its largest number; None where there is only one of it a channel, which a row names by ``true``.
    largest_value : int
        127 or 16383.
    mode : str or None
        How it works a switch unless the row says otherwise; None for what has positions, such as a pedal.
    """

    field: str
    words: str
    messages: tuple[tuple[int | Part, ...], ...]
    largest: int | None
    largest_value: int = MAX_7_BIT
    mode: Mode | None = None

    def encode(self, channel: int, number: int, value: int) -> tuple[bytes, ...]:
        """The messages that say `value`.

        Parameters
        ----------
        channel : int
            1 to 16.
        number : int
            Which of its kind.
        value : int
            0 to `largest_value`.
        """
        parts: Mapping[Part, int] = {
            "number": number,
            "number high": number >> 7,
            "number low": number & MAX_7_BIT,
            "number + 32": number + FINE_OFFSET,
            "value": value,
            "value high": value >> 7,
            "value low": value & MAX_7_BIT,
        }
        return tuple(
            bytes([status | (channel - 1), *(byte if isinstance(byte, int) else parts[byte] for byte in data)])
            for status, *data in self.messages
            if isinstance(status, int)
        )

    def position(self, value: int) -> float:
        """Where a value lies, 0 to 1; the centre of a pitch bend is exactly 0.5."""
        if self.field == "pitch_bend":
            centre = (self.largest_value + 1) // 2
            return value / (2 * centre) if value <= centre else 0.5 + (value - centre) / (2 * (centre - 1))
        return value / self.largest_value

    def title(self, number: int) -> str:
        """A control of this kind by name: ``CC11``, ``note 60``, ``pitch bend``."""
        return self.words.format(number=number)


_ROWS: Final = (
    MidiSource("cc", "CC{number}", ((CONTROL_CHANGE, "number", "value"),), MAX_7_BIT),
    MidiSource(
        "cc14",
        "CC{number} in 14 bits",
        ((CONTROL_CHANGE, "number", "value high"), (CONTROL_CHANGE, "number + 32", "value low")),
        FINE_OFFSET - 1,
        MAX_14_BIT,
    ),
    MidiSource(
        "nrpn",
        "NRPN {number}",
        (
            (CONTROL_CHANGE, 99, "number high"),
            (CONTROL_CHANGE, 98, "number low"),
            (CONTROL_CHANGE, 6, "value high"),
            (CONTROL_CHANGE, 38, "value low"),
        ),
        MAX_14_BIT,
        MAX_14_BIT,
    ),
    MidiSource("note", "note {number}", ((NOTE_ON, "number", "value"),), MAX_7_BIT, mode="momentary"),
    MidiSource("program", "program {number}", ((PROGRAM_CHANGE, "number"),), MAX_7_BIT, mode="latch"),
    MidiSource("pitch_bend", "pitch bend", ((PITCH_BEND, "value low", "value high"),), None, MAX_14_BIT),
    MidiSource("pressure", "channel pressure", ((CHANNEL_PRESSURE, "value"),), None),
)

SOURCES: Final[Mapping[str, MidiSource]] = MappingProxyType({row.field: row for row in _ROWS})
"""All kinds of control by the field that names them."""


@dataclass(frozen=True)
class MidiCommand:
    """Something a control can do beside moving a parameter.

    Attributes
    ----------
    words : str
        What it does.
    takes : str
        ``press``: a press does it; ``switch``: on and off; ``position``: a pedal moves it.
    """

    words: str
    takes: Literal["press", "switch", "position"]


COMMANDS: Final[Mapping[str, MidiCommand]] = MappingProxyType(
    {
        "snapshot": MidiCommand(
            "recalls the snapshot of that number, the value, from 0; or the one `name` names", "press"
        ),
        "next-snapshot": MidiCommand("recalls the next snapshot", "press"),
        "previous-snapshot": MidiCommand("recalls the previous snapshot", "press"),
        "next-preset": MidiCommand("brings up the next slot", "press"),
        "previous-preset": MidiCommand("brings up the previous slot", "press"),
        "tap": MidiCommand("taps the tempo", "press"),
        "panic": MidiCommand("cuts everything that sounds", "press"),
        "mute": MidiCommand("silences the output, to tune", "switch"),
        "bypass": MidiCommand("plays the dry signal", "switch"),
        "volume": MidiCommand("the level behind the chain, 40 log10 of the position in dB", "position"),
        "expression": MidiCommand("a second such level", "position"),
    }
)
"""What a row may have for its target beside ``node.parameter``."""


@dataclass(frozen=True)
class DefaultControl:
    """What a control change does where nothing maps it.

    Attributes
    ----------
    first, last : int
        Controllers.
    target : str
        A command; ``node.bypass`` for the bypass of the first node, the second, ...
    words : str
        What it does.
    """

    first: int
    last: int
    target: str
    words: str


NODE_BYPASS: Final = "node.bypass"

DEFAULTS: Final = (
    DefaultControl(7, 7, "volume", "volume behind the chain: 40 log10(value / 127) dB"),
    DefaultControl(11, 11, "expression", "expression: a second such level"),
    DefaultControl(69, 69, "snapshot", "snapshot: 0 is the first one of the preset that plays"),
    DefaultControl(102, 119, NODE_BYPASS, "102 is the first node of the preset that plays: on from 64 up, else off"),
    DefaultControl(120, 120, "panic", "all sound off: cuts everything that sounds"),
)
"""By common practice; CC120 by the MIDI specification."""

FIXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "program change": "brings up the slot with this program and bank; says so when there is none",
        "CC0, CC32": "bank for the next program change: 128 x CC0 + CC32",
        "CC121": "reset all controllers: expression returns to full",
        "clock, start, stop": "tempo, 24 clocks a quarter note",
    }
)
"""What cannot be mapped otherwise."""


def default_for(control: int) -> DefaultControl | None:
    """What a control change does where nothing maps it."""
    return next((row for row in DEFAULTS if row.first <= control <= row.last), None)


def default_table() -> str:
    """What each message does where nothing maps it: a Markdown table."""
    spans = [(f"CC{d.first}" if d.first == d.last else f"CC{d.first} to CC{d.last}", d.words) for d in DEFAULTS]
    return _table(("message", "does"), (*FIXED.items(), *spans))


def source_table() -> str:
    """What a ``[[midi]]`` row may name as its control: a Markdown table."""
    rows = [
        (
            f"`{s.field} = {'true' if s.largest is None else f'0 to {s.largest}'}`",
            s.title(0).replace(" 0", "").replace("CC0", "control change"),
            f"0 to {s.largest_value}" if s.mode != "latch" else "a press",
        )
        for s in SOURCES.values()
    ]
    return _table(("field", "control", "values"), rows)


def command_table() -> str:
    """What a ``[[midi]]`` row may have for its target beside parameters: a Markdown table."""
    return _table(("target", "does"), [(f"`{name}`", command.words) for name, command in COMMANDS.items()])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
