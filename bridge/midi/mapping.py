"""What MIDI messages mean: slots, snapshots, parameters, levels, tempo; plugins play the rest.

The same code reads a file and a live port: messages go in one by one, actions come out.

Source: *MIDI 1.0 Detailed Specification* (bank select: CC 0 and 32 before a program change); *General MIDI 2*
(RP-024, volume and expression: 40 log10(value / 127) dB).
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import mido

from ...presets.control import ControlMapping
from ...presets.midi_sources import BANK_SELECT, COMMANDS, MAX_7_BIT, NODE_BYPASS, default_for
from ...presets.snapshots import BYPASS
from .actions import (
    Action,
    MoveControl,
    Panic,
    PlayMidi,
    RecallSnapshot,
    SelectSlot,
    SetLevel,
    SetSwitch,
    SetTempo,
    ToggleControl,
    UnknownProgram,
    UnknownSnapshot,
)
from .decoding import Decoder, Sent
from .messages import RESET_CONTROLLERS
from .tempo import ClockTempo, TapTempo

MIN_LEVEL_DB: Final = -120.0

PLAYED: Final = frozenset({"note_on", "note_off", "polytouch", "aftertouch", "pitchwheel", "control_change"})
"""Messages that plugins get, but for bank selection: what selects programs is ours."""

TRANSPORT: Final = frozenset({"start", "continue", "stop"})


class SlotFinder(Protocol):
    """What knows which slot a program stands for: a `Setlist`."""

    def find(self, program: int, bank: int = 0) -> int | None:
        """Index of the slot, None when there is none."""
        ...


@dataclass(frozen=True)
class SlotMidi:
    """What MIDI can do in a slot.

    Attributes
    ----------
    mappings : sequence of ControlMapping
        Those of its preset, and those of the setlist that fit it.
    preset : str
        Its preset's name.
    snapshots : sequence of str
        Names of its preset's snapshots.
    nodes : sequence of str
        Identifiers of its preset's nodes, in the order of the chain.
    snapshot : str
        The one it comes up with; empty: it stays as it was.
    tempo : float or None
        The one it comes up with, in quarter notes a minute.
    synced : bool
        Whether anything in its preset follows the tempo.
    chain : int or None
        The first slot that holds the same preset; itself when None.
    """

    mappings: Sequence[ControlMapping] = ()
    preset: str = ""
    snapshots: Sequence[str] = ()
    nodes: Sequence[str] = ()
    snapshot: str = ""
    tempo: float | None = None
    synced: bool = False
    chain: int | None = None


def level_decibels(position: float) -> float:
    """Gain in dB of a volume or expression pedal at 0 to 1: ``40 log10(position)``, -120 dB at 0."""
    return max(40.0 * math.log10(position), MIN_LEVEL_DB) if position else MIN_LEVEL_DB


class MidiMapper:
    """Turns messages into actions; knows what plays, and holds what controls have said before.

    Parameters
    ----------
    finder : SlotFinder
        The setlist.
    slots : sequence of SlotMidi
        Its slots. A control moves its parameter in all slots that map it, so that a pedal's position holds when the
        preset changes; what else a control does, it does where the slot that plays maps it.
    channel : int or None
        MIDI channel to listen to, 1 to 16; None listens to all.
    plugin_channels : collection of int
        MIDI channels, 1 to 16, that plugins of the presets listen to.

    Attributes
    ----------
    slot : int
        The slot that plays.
    tempo : float or None
        The last tempo, in quarter notes a minute.
    now : float
        The time in seconds; who calls anything but `actions` sets it.
    """

    def __init__(
        self,
        finder: SlotFinder,
        slots: Sequence[SlotMidi],
        channel: int | None = None,
        plugin_channels: Collection[int] = (),
    ) -> None:
        self.slot = 0
        self.tempo: float | None = None
        self.now = 0.0
        self._finder = finder
        self._slots = slots
        self._channel = channel
        self._plugin_channels = plugin_channels
        self._rows: dict[tuple[str, int], list[tuple[int, ControlMapping]]] = defaultdict(list)
        for index, slot in enumerate(slots):
            for mapping in slot.mappings:
                self._rows[mapping.source.field, mapping.number].append((index, mapping))
        self._banks: dict[int, tuple[int, int]] = {}
        self._decoder = Decoder()
        self._values: dict[tuple[str, int, int], int] = {}  # what each control has said last
        self._snapshots: dict[int, int] = {}  # by chain
        self._taps = TapTempo()
        self._clock = ClockTempo()
        self._has_tempo_map = False

    @property
    def snapshot(self) -> str:
        """Name of the snapshot that was recalled last in the slot that plays; empty when none was."""
        index = self._snapshots.get(self._chain(self.slot))
        return "" if index is None else self._slots[self.slot].snapshots[index]

    def actions(self, message: mido.Message, seconds: float = 0.0) -> tuple[Action, ...]:
        """What a message asks for; nothing for those that mean nothing here.

        Parameters
        ----------
        message : mido.Message
            Of a file, or of a port.
        seconds : float
            When: of a clock that only goes on.
        """
        fields: Any = message  # mido makes them at run time
        self.now = seconds
        if fields.type == "clock":
            tempo = self._clock.clock(seconds)
            return () if tempo is None else self._set_tempo(tempo, self._chains())
        if fields.type in TRANSPORT:
            self._clock.restart()
            return ()
        if not hasattr(message, "channel") or self._channel not in (None, fields.channel + 1):
            return ()
        found: list[Action] = []
        for sent in self._decoder.decode(bytes(fields.bytes())):
            found += self._meaning(sent)
        return (*dict.fromkeys(found), *self._play(fields))

    def begin(self, slot: int = 0) -> tuple[Action, ...]:
        """Start with a slot that plays already: its snapshot and its tempo."""
        self.slot = slot
        return (*self._arrive(slot), *self._bring_tempo(slot))

    def select(self, slot: int) -> tuple[Action, ...]:
        """Bring up a slot, with its snapshot and tempo."""
        tempo = self._bring_tempo(slot) if slot != self.slot else ()
        self.slot = slot
        return (*self._arrive(slot), *tempo, SelectSlot(slot))

    def step_slot(self, step: int) -> tuple[Action, ...]:
        """Bring up the slot `step` further in the setlist, round its ends."""
        return self.select((self.slot + step) % len(self._slots))

    def recall(self, snapshot: int | str) -> tuple[Action, ...]:
        """Recall a snapshot of the preset that plays, by index or name."""
        slot = self._slots[self.slot]
        names = list(slot.snapshots)
        index = names.index(snapshot) if snapshot in names else snapshot
        if isinstance(index, str) or not 0 <= index < len(names):
            return (UnknownSnapshot(slot.preset, snapshot),)
        chain = self._chain(self.slot)
        self._snapshots[chain] = index
        return (RecallSnapshot(chain, index),)

    def step_snapshot(self, step: int) -> tuple[Action, ...]:
        """Recall the snapshot `step` further, round the ends."""
        count = len(self._slots[self.slot].snapshots)
        if not count:
            return self.recall(0)
        present = self._snapshots.get(self._chain(self.slot), -1 if step > 0 else 0)
        return self.recall((present + step) % count)

    def tap(self) -> tuple[Action, ...]:
        """Tap the tempo; a clock that runs goes before. Presets with a tempo of their own hear it while they play."""
        tempo = self._taps.tap(self.now)
        if tempo is None or self._is_led:
            return ()
        own = self._chain(self.slot)
        return self._set_tempo(tempo, [c for c in self._chains() if c == own or self._slots[c].tempo is None])

    def follow(self, tempo: float) -> tuple[Action, ...]:
        """Follow the tempo map of a file: nothing else sets the tempo then."""
        self._has_tempo_map = True
        return self._set_tempo(tempo, self._chains())

    @property
    def _is_led(self) -> bool:
        """Whether a tempo map or a clock that runs sets the tempo."""
        return self._has_tempo_map or self._clock.running(self.now)

    def _chain(self, slot: int) -> int:
        chain = self._slots[slot].chain
        return slot if chain is None else chain

    def _chains(self) -> list[int]:
        return [index for index in range(len(self._slots)) if self._chain(index) == index]

    def _arrive(self, slot: int) -> tuple[Action, ...]:
        name = self._slots[slot].snapshot
        return self.recall(name) if name else ()

    def _bring_tempo(self, slot: int) -> tuple[Action, ...]:
        tempo = self._slots[slot].tempo
        if tempo is None or self._is_led:
            return ()
        return self._set_tempo(tempo, [self._chain(slot)])

    def _set_tempo(self, tempo: float, chains: Iterable[int]) -> tuple[Action, ...]:
        self.tempo = tempo
        following = tuple(chain for chain in chains if self._slots[chain].synced)
        return (SetTempo(following, tempo),) if following else ()

    def _play(self, fields: Any) -> tuple[Action, ...]:
        if fields.type not in PLAYED or fields.channel + 1 not in self._plugin_channels:
            return ()
        if fields.type == "control_change" and fields.control in BANK_SELECT:
            return ()
        return (PlayMidi(bytes(fields.bytes())),)

    def _meaning(self, sent: Sent) -> Sequence[Action]:
        """What a control that says something does."""
        if sent.source.field == "cc" and self._take_bank(sent):
            return ()
        mapped = self._rows.get((sent.source.field, sent.number), ())
        rows = [(slot, mapping) for slot, mapping in mapped if mapping.channel in (None, sent.channel)]
        pressed = self._pressed(sent)
        found: list[Action] = []
        playing = self.slot  # what a row does may change it
        for slot, mapping in rows:
            if not mapping.is_command:
                found += _moves(self._chain(slot), mapping, sent, pressed)
            elif slot == playing:
                found += self._obey(mapping, sent, pressed)
        return found if rows else self._default(sent, pressed)

    def _take_bank(self, sent: Sent) -> bool:
        if sent.number not in BANK_SELECT:
            return False
        halves = self._banks.get(sent.channel, (0, 0))
        is_low = BANK_SELECT.index(sent.number)
        self._banks[sent.channel] = (halves[0], sent.value) if is_low else (sent.value, halves[1])
        return True

    def _pressed(self, sent: Sent) -> bool | None:
        """Whether a switch was pressed (True) or let go (False) by that.

        Some switches send 127 at each press and nothing else; a pedal on its way through its upper half is no switch.
        """
        key = (sent.source.field, sent.number, sent.channel)
        half = (sent.source.largest_value + 1) // 2
        last, self._values[key] = self._values.get(key, 0), sent.value
        if sent.source.mode:
            return sent.value > 0
        if sent.value >= half:
            again = last == sent.value and sent.source.field == "cc"
            return True if last < half or again else None
        return False if last >= half else None

    def _obey(self, mapping: ControlMapping, sent: Sent, pressed: bool | None) -> tuple[Action, ...]:
        """Do what a row has for its target beside a parameter."""
        match COMMANDS[mapping.target].takes:
            case "position":
                return (SetLevel(mapping.target, level_decibels(sent.position)),)
            case "switch":
                return _switch(mapping, pressed)
            case "press" if mapping.target == "snapshot" and mapping.name is None:
                return self.recall(sent.value * (MAX_7_BIT + 1) // (sent.source.largest_value + 1))
            case "press" if pressed:
                return self._command(mapping)
            case _:
                return ()

    def _command(self, mapping: ControlMapping) -> tuple[Action, ...]:
        match mapping.target:
            case "snapshot":
                return self.recall(mapping.name or "")
            case "next-snapshot":
                return self.step_snapshot(1)
            case "previous-snapshot":
                return self.step_snapshot(-1)
            case "next-preset":
                return self.step_slot(1)
            case "previous-preset":
                return self.step_slot(-1)
            case "tap":
                return self.tap()
            case _:
                return (Panic(),)

    def _default(self, sent: Sent, pressed: bool | None) -> Sequence[Action]:
        """What a control does where nothing maps it."""
        if sent.source.field == "program":
            return self._bring_up(sent)
        if sent.source.field != "cc":
            return ()
        if sent.number == RESET_CONTROLLERS:  # RP-015: expression to full, volume and bank stay
            return (SetLevel("expression", 0.0),)
        row = default_for(sent.number)
        if row is None:
            return ()
        if row.target == NODE_BYPASS:
            return self._bypass_node(sent, sent.number - row.first)
        if row.target == "panic":
            return (Panic(),)
        return self._obey(ControlMapping(cc=sent.number, target=row.target), sent, pressed)

    def _bring_up(self, sent: Sent) -> tuple[Action, ...]:
        msb, lsb = self._banks.get(sent.channel, (0, 0))
        bank = msb * (MAX_7_BIT + 1) + lsb
        slot = self._finder.find(sent.number, bank)
        return (UnknownProgram(sent.number, bank),) if slot is None else self.select(slot)

    def _bypass_node(self, sent: Sent, index: int) -> tuple[Action, ...]:
        nodes = self._slots[self.slot].nodes
        if index >= len(nodes):
            return ()
        target = f"{nodes[index]}.{BYPASS}"
        mapping = ControlMapping(cc=sent.number, target=target, minimum=1.0, maximum=0.0, curve="switch")
        return (MoveControl(self._chain(self.slot), mapping, sent.position),)


def _moves(chain: int, mapping: ControlMapping, sent: Sent, pressed: bool | None) -> tuple[Action, ...]:
    mode = mapping.switching
    if mode is None:
        return (MoveControl(chain, mapping, sent.position),)
    if mode == "toggle":
        return (ToggleControl(chain, mapping),) if pressed else ()
    if pressed is None or (mode == "latch" and not pressed):
        return ()
    return (MoveControl(chain, mapping, float(pressed)),)


def _switch(mapping: ControlMapping, pressed: bool | None) -> tuple[Action, ...]:
    name = "mute" if mapping.target == "mute" else "bypass"
    if mapping.switching == "toggle":
        return (SetSwitch(name, None),) if pressed else ()
    if pressed is None or (mapping.switching == "latch" and not pressed):
        return ()
    return (SetSwitch(name, pressed),)
