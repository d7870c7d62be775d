"""What MIDI messages mean: program changes bring up slots, control changes move parameters, plugins play the rest.

The same code reads a file and a live port: messages go in one by one, actions come out.

Source: *MIDI 1.0 Detailed Specification* (bank select: CC 0 and 32 before a program change); *General MIDI 2*
(RP-024, volume and expression: 40 log10(value / 127) dB).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import mido

from ...presets.control import ControlMapping
from .messages import RESET_CONTROLLERS

BANK_MSB: Final = 0
BANK_LSB: Final = 32
MAX_VALUE: Final = 127
MIN_LEVEL_DB: Final = -120.0

PLAYED: Final = frozenset({"note_on", "note_off", "polytouch", "aftertouch", "pitchwheel", "control_change"})
"""Messages that plugins get, but for bank selection: what selects programs is ours."""

LEVEL_CONTROLS: Final[Mapping[int, str]] = {7: "volume", 11: "expression"}
"""Control changes that set the level behind whatever chain plays, where a preset does not map them itself."""


class SlotFinder(Protocol):
    """What knows which slot a program stands for: a `Setlist`."""

    def find(self, program: int, bank: int = 0) -> int | None:
        """Index of the slot, None when there is none."""
        ...


@dataclass(frozen=True)
class SelectSlot:
    """Bring up a slot."""

    slot: int


@dataclass(frozen=True)
class MoveControl:
    """Move the parameter that a slot's preset maps: `position` is 0 to 1."""

    slot: int
    mapping: ControlMapping
    position: float


@dataclass(frozen=True)
class SetLevel:
    """Set one of the gains behind all chains, in dB."""

    name: str
    decibels: float


@dataclass(frozen=True)
class UnknownProgram:
    """A program change for which no slot is there: the sound stays as it is, the caller may say so."""

    program: int
    bank: int


@dataclass(frozen=True)
class PlayMidi:
    """Hand a message to the plugins that listen to its channel."""

    message: bytes


Action = SelectSlot | MoveControl | SetLevel | UnknownProgram | PlayMidi


def level_decibels(value: int) -> float:
    """Gain in dB of a volume or expression value of 0 to 127: ``40 log10(value / 127)``, -120 dB at 0."""
    return max(40.0 * math.log10(value / MAX_VALUE), MIN_LEVEL_DB) if value else MIN_LEVEL_DB


@dataclass
class MidiMapper:
    """Turns messages into actions; holds the bank each channel has selected.

    Parameters
    ----------
    slots : SlotFinder
        The setlist.
    controls : sequence of sequence of ControlMapping
        The mappings of each slot's preset, in the order of the slots. A control moves its parameter in all slots
        that map it, so that a pedal's position holds when the preset changes.
    channel : int or None
        MIDI channel to listen to, 1 to 16; None listens to all.
    plugin_channels : collection of int
        MIDI channels, 1 to 16, that plugins of the presets listen to.
    """

    slots: SlotFinder
    controls: Sequence[Sequence[ControlMapping]]
    channel: int | None = None
    plugin_channels: Collection[int] = ()
    _banks: dict[int, tuple[int, int]] = field(default_factory=dict)

    def actions(self, message: mido.Message) -> tuple[Action, ...]:
        """What a message asks for; nothing for those that mean nothing here."""
        fields: Any = message  # mido makes them at run time
        if self.channel is not None and getattr(message, "channel", self.channel - 1) != self.channel - 1:
            return ()
        if fields.type == "program_change":
            return (self._select(fields.channel, fields.program),)
        moves = ()
        if fields.type == "control_change":
            moves = self._control(fields.channel, fields.control, fields.value)
        return (*moves, *self._play(fields))

    def _play(self, fields: Any) -> tuple[Action, ...]:
        if fields.type not in PLAYED or fields.channel + 1 not in self.plugin_channels:
            return ()
        if fields.type == "control_change" and fields.control in (BANK_MSB, BANK_LSB):
            return ()
        return (PlayMidi(bytes(fields.bytes())),)

    def _select(self, channel: int, program: int) -> Action:
        msb, lsb = self._banks.get(channel, (0, 0))
        bank = msb * (MAX_VALUE + 1) + lsb
        slot = self.slots.find(program, bank)
        return UnknownProgram(program, bank) if slot is None else SelectSlot(slot)

    def _control(self, channel: int, control: int, value: int) -> tuple[Action, ...]:
        msb, lsb = self._banks.get(channel, (0, 0))
        if control == BANK_MSB:
            self._banks[channel] = (value, lsb)
        elif control == BANK_LSB:
            self._banks[channel] = (msb, value)
        elif control == RESET_CONTROLLERS:  # RP-015: expression to full, volume and bank stay
            return (SetLevel(LEVEL_CONTROLS[11], 0.0),)
        moves = tuple(
            MoveControl(slot, mapping, value / MAX_VALUE)
            for slot, mappings in enumerate(self.controls)
            for mapping in mappings
            if mapping.cc == control and mapping.channel in (None, channel + 1)
        )
        if moves or control not in LEVEL_CONTROLS:
            return moves
        return (SetLevel(LEVEL_CONTROLS[control], level_decibels(value)),)
