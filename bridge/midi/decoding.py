"""From messages to what controls say: pairs of controllers and non-registered parameters become one value.

Source: *MIDI 1.0 Detailed Specification*, control change: an upper half sets the lower one to 0, a lower half may come
alone; data entry (6, 38) belongs to the parameter that 98 and 99 (non-registered) or 100 and 101 (registered) have
selected last.
"""

from dataclasses import dataclass, field
from typing import Final

from ...presets.midi_sources import (
    CONTROL_CHANGE,
    FINE_OFFSET,
    MAX_7_BIT,
    NOTE_OFF,
    NOTE_ON,
    SOURCES,
    MidiSource,
)

DATA: Final = 6
DATA_FINE: Final = DATA + FINE_OFFSET
NRPN_LOW: Final = 98
NRPN_HIGH: Final = 99
RPN: Final = (100, 101)
NOTHING: Final = 0x3FFF
"""The parameter that is none: what both halves at 127 select."""

_BY_STATUS: Final = {
    message[0]: source for source in SOURCES.values() for message in source.messages if message[0] != CONTROL_CHANGE
}


@dataclass(frozen=True)
class Sent:
    """What a control says.

    Attributes
    ----------
    source : MidiSource
        Its kind.
    number : int
        Which of its kind.
    channel : int
        1 to 16.
    value : int
        0 to the kind's largest value; that of a program is 127, a press.
    """

    source: MidiSource
    number: int
    channel: int
    value: int

    @property
    def position(self) -> float:
        """Where it stands, 0 to 1."""
        return self.source.position(self.value)


@dataclass
class FinePair:
    """Two halves of 14 bits as they arrive.

    The upper half alone is the start of a value whose lower half is not known yet: the end of the step that is nearer
    to where the control was is taken, so that a pedal that moves one way never seems to turn back. From a device that
    never sends lower halves, 127 is the largest value all the same.
    """

    high: int = 0
    value: int = 0
    is_fine: bool = False  # a lower half was heard

    def coarse(self, high: int) -> int:
        """Take an upper half; return the value."""
        if not self.is_fine:
            low = high  # 0 to 127 become 0 to 16383
        else:
            low = 0 if high << 7 > self.value else MAX_7_BIT
            if high == self.high:
                low = self.value & MAX_7_BIT
        self.high, self.value = high, high << 7 | low
        return self.value

    def fine(self, low: int) -> int:
        """Take a lower half; return the value."""
        self.is_fine = True
        self.value = self.high << 7 | low
        return self.value


@dataclass
class Decoder:
    """Turns channel messages into what controls say."""

    _pairs: dict[tuple[int, str, int], FinePair] = field(default_factory=dict)
    _parameters: dict[int, int] = field(default_factory=dict)  # by channel; what data entry belongs to

    def decode(self, message: bytes) -> tuple[Sent, ...]:
        """What a message says: nothing, or that of one control in each way to see it.

        A control change of number 11 is CC11 and the upper half of the pair 11 and 43.
        """
        status, channel = message[0] & 0xF0, (message[0] & 0x0F) + 1
        if status == CONTROL_CHANGE:
            return self._control(channel, message[1], message[2])
        if status == NOTE_OFF:
            return (Sent(_BY_STATUS[NOTE_ON], message[1], channel, 0),)
        source = _BY_STATUS.get(status)
        if source is None:
            return ()
        found = dict(zip(source.messages[0][1:], message[1:], strict=False))
        value = found.get("value", MAX_7_BIT)
        if "value high" in found:
            value = found["value high"] << 7 | found["value low"]
        return (Sent(source, found.get("number", 0), channel, value),)

    def _control(self, channel: int, control: int, value: int) -> tuple[Sent, ...]:
        found = [Sent(SOURCES["cc"], control, channel, value)]
        if control < 2 * FINE_OFFSET:
            pair = self._pair(channel, "cc14", control % FINE_OFFSET)
            whole = pair.coarse(value) if control < FINE_OFFSET else pair.fine(value)
            found.append(Sent(SOURCES["cc14"], control % FINE_OFFSET, channel, whole))
        selected = self._parameters.get(channel, NOTHING)
        if control == NRPN_HIGH:
            self._parameters[channel] = value << 7 | selected & MAX_7_BIT
        elif control == NRPN_LOW:
            self._parameters[channel] = selected & ~MAX_7_BIT | value
        elif control in RPN:
            self._parameters[channel] = NOTHING
        elif control in (DATA, DATA_FINE) and selected != NOTHING:
            pair = self._pair(channel, "nrpn", selected)
            whole = pair.coarse(value) if control == DATA else pair.fine(value)
            found.append(Sent(SOURCES["nrpn"], selected, channel, whole))
        return tuple(found)

    def _pair(self, channel: int, field: str, number: int) -> FinePair:
        return self._pairs.setdefault((channel, field, number), FinePair())
