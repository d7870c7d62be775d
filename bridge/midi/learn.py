"""MIDI learn: move a control, and the mapping that fits it is proposed.

What can be learnt is what can be mapped: the table of `presets.midi_sources`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import mido

from ...presets.midi_sources import BANK_SELECT, FINE_OFFSET, SOURCES, MidiSource
from .decoding import DATA, DATA_FINE, NRPN_HIGH, NRPN_LOW, Decoder
from .notes import note_name
from .words import control_words

SETTLED_S: Final = 0.8
"""Silence after which a control has been shown completely."""
SWEEP_VALUES: Final = 4
"""A control that took so many values is a pedal or a knob; one that took fewer is a switch."""
LEARNABLE: Final = tuple(SOURCES)
"""Kinds of control, by their field in a mapping."""

_Key = tuple[str, int, int]  # field, number, channel


@dataclass(frozen=True)
class Learned:
    """A control that was shown.

    Attributes
    ----------
    source : MidiSource
        Its kind.
    number : int
        Which of its kind.
    channel : int
        1 to 16.
    values : tuple of int
        Those it has sent, in order of time.
    """

    source: MidiSource
    number: int
    channel: int
    values: tuple[int, ...]

    @property
    def key(self) -> Mapping[str, int | bool]:
        """What identifies it in a mapping: ``{"cc": 11}``."""
        return {self.source.field: True if self.source.largest is None else self.number}

    @property
    def brings_slots(self) -> bool:
        """Whether it brings up slots by itself: a program change."""
        return self.source.field == "program"

    @property
    def is_switch(self) -> bool:
        """Whether it only jumps: a footswitch, not a pedal."""
        return self.source.mode is not None or len(set(self.values)) < SWEEP_VALUES

    @property
    def words(self) -> str:
        """What it is, for the player."""
        nature = ""
        if not self.brings_slots:
            low, high = min(self.values), max(self.values)
            nature = ", a switch" if self.is_switch else f", a pedal or knob that went from {low} to {high}"
        return f"{self._title} on channel {self.channel}{nature}"

    @property
    def _title(self) -> str:
        if self.source.field == "cc":
            return control_words(self.number)
        note = f" ({note_name(self.number)})" if self.source.field == "note" else ""
        return f"{self.source.title(self.number)}{note}"


@dataclass
class Learner:
    """Takes messages until one control was shown completely.

    Messages that come along by themselves do not count: clocks, bank selects. Of several controls that moved, the one
    that took the most values is meant.

    Parameters
    ----------
    kinds : sequence of str
        What may be learnt.
    """

    kinds: Sequence[str] = LEARNABLE
    _shown: dict[_Key, list[int]] = field(default_factory=lambda: defaultdict(list))
    _decoder: Decoder = field(default_factory=Decoder)
    _last: float = 0.0

    def feed(self, message: mido.Message, now: float) -> None:
        """Take a message and the time in seconds at which it came."""
        if not hasattr(message, "channel"):
            return
        for sent in self._decoder.decode(bytes(message.bytes())):
            is_bank = sent.source.field in ("cc", "cc14") and sent.number in BANK_SELECT
            if sent.source.field in self.kinds and not is_bank:
                self._shown[sent.source.field, sent.number, sent.channel].append(sent.value)
                self._last = now

    def result(self, now: float) -> Learned | None:
        """What was shown; None until a control has moved and rested for 0.8 s."""
        if not self._shown or now - self._last < SETTLED_S:
            return None
        meant = {key: values for key, values in self._shown.items() if not self._is_part(*key)}
        if not meant:
            return None
        (kind, number, channel), values = max(meant.items(), key=lambda item: (len(set(item[1])), len(item[1])))
        return Learned(SOURCES[kind], number, channel, tuple(values))

    def _is_part(self, kind: str, number: int, channel: int) -> bool:
        """Whether it only is a part of another control: half of a pair, or what selects a parameter."""
        if kind == "cc14":
            return not self._is_pair(number, channel) or (number == DATA and self._has_nrpn(channel))
        if kind != "cc":
            return False
        if number in (DATA, DATA_FINE, NRPN_HIGH, NRPN_LOW) and self._has_nrpn(channel):
            return True
        return number < 2 * FINE_OFFSET and self._is_pair(number % FINE_OFFSET, channel)

    def _is_pair(self, number: int, channel: int) -> bool:
        """Whether both halves of a 14-bit control have moved."""
        halves = (number, number + FINE_OFFSET)
        return "cc14" in self.kinds and all(("cc", half, channel) in self._shown for half in halves)

    def _has_nrpn(self, channel: int) -> bool:
        return any(kind == "nrpn" and other == channel for kind, _, other in self._shown)


def propose_mapping(
    learned: Learned,
    target: str,
    *,
    any_channel: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    curve: str | None = None,
    mode: str | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """The fields of a ``[[midi]]`` row that lets a learned control move a target.

    Parameters
    ----------
    learned : Learned
        The control.
    target : str
        ``node.parameter``, or a command such as ``next-snapshot``.
    any_channel : bool
        Leave the channel out.
    minimum, maximum : float, optional
        Values at both ends; the parameter's own when left out.
    curve : str, optional
        As in a preset; ``switch`` for a control change that jumps when left out.
    mode, name : str, optional
        As in a preset.
    """
    fields: dict[str, Any] = dict(learned.key)
    if not any_channel:
        fields["channel"] = learned.channel
    fields["target"] = target
    jumps = learned.is_switch and learned.source.mode is None and mode is None and "." in target
    chosen = {
        "name": name,
        "minimum": minimum,
        "maximum": maximum,
        "curve": curve or ("switch" if jumps else None),
        "mode": mode,
    }
    return fields | {field: value for field, value in chosen.items() if value is not None}
