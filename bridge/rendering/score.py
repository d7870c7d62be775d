"""What happens in a render, and when: the actions of a MIDI file at their frames."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...models.errors import ParameterError
from ...presets import Preset, Setlist, Switching, load_preset, load_setlist
from ...presets.control import ControlMapping
from ...presets.control_checks import has_node
from ..midi.actions import Action, SelectSlot, Unanswered
from ..midi.mapping import MidiMapper, SlotMidi
from ..midi.timeline import TimedMessage, TimedTempo, read_midi, read_tempo_map


@dataclass(frozen=True)
class Programme:
    """The presets of a render, by slot, and how to pass from one to the next.

    Attributes
    ----------
    presets : tuple of Preset
        In the order of the slots; slots of the same preset hold the same object.
    setlist : Setlist or None
        Where they come from, when there are several.
    """

    presets: tuple[Preset, ...]
    setlist: Setlist | None

    @classmethod
    def load(cls, preset: Preset | str | Path | None, setlist: Setlist | str | Path | None) -> "Programme":
        """Take a preset or a setlist, or read it from where it lies.

        Raises
        ------
        ParameterError
            When both or neither are given.
        PresetError
            When it cannot be read.
        """
        if preset is not None and setlist is None:
            return cls((preset if isinstance(preset, Preset) else load_preset(preset),), None)
        if setlist is not None and preset is None:
            loaded = setlist if isinstance(setlist, Setlist) else load_setlist(setlist)
            return cls(loaded.presets, loaded)
        raise ParameterError("give either a preset or a setlist")

    @property
    def switching(self) -> Switching:
        """How to pass from one preset to the next."""
        return self.setlist.switching if self.setlist else Switching()

    def first_of(self, slot: int) -> int:
        """The first slot with the same preset."""
        return next(index for index, preset in enumerate(self.presets) if preset is self.presets[slot])

    @property
    def slots(self) -> Sequence[SlotMidi]:
        """What MIDI can do in each slot."""
        return [self._slot(index) for index in range(len(self.presets))]

    @property
    def plugin_channels(self) -> frozenset[int]:
        """The MIDI channels that plugins of the presets listen to."""
        return frozenset(channel for preset in self.presets for channel in preset.midi_channels)

    def find(self, program: int, bank: int = 0) -> int | None:
        """Index of the slot for a program change; a single preset stays, whatever the program."""
        return self.setlist.find(program, bank) if self.setlist else 0

    def mapper(self, channel: int | None = None) -> MidiMapper:
        """What turns messages of a MIDI channel, 1 to 16, or of all, into actions."""
        return MidiMapper(self, self.slots, channel, self.plugin_channels)

    def _slot(self, index: int) -> SlotMidi:
        preset, setlist = self.presets[index], self.setlist
        slot = setlist.slots[index] if setlist else None
        tempos = (slot and slot.tempo, preset.tempo, setlist and setlist.tempo)
        return SlotMidi(
            mappings=(*preset.midi, *(_fitting(setlist.midi, preset) if setlist else ())),
            preset=preset.name,
            snapshots=[snapshot.name for snapshot in preset.snapshots],
            nodes=[preset.ids["chain", number] for number in range(len(preset.chain))],
            snapshot=slot.snapshot if slot else "",
            tempo=next((tempo for tempo in tempos if tempo is not None), None),
            synced=bool(preset.sync),
            chain=self.first_of(index),
        )


def _fitting(mappings: Sequence[ControlMapping], preset: Preset) -> Iterator[ControlMapping]:
    """The mappings of a setlist that hold for a preset: it has their node, and does not map their control itself."""
    own = {(mapping.source.field, mapping.number) for mapping in preset.midi}
    for mapping in mappings:
        if (mapping.source.field, mapping.number) not in own and (
            mapping.is_command or has_node(preset, mapping.target)
        ):
            yield mapping


@dataclass(frozen=True)
class Score:
    """The actions of a render at their frames, in order.

    Attributes
    ----------
    initial : int
        The slot that plays at frame 0.
    events : tuple of (int, Action)
        Frame and action; those at frame 0 come before any sound, a slot selected there needs no fade.
    unanswered : tuple of (int, Unanswered)
        Program changes that no slot answers, snapshots that are not there.
    remarks : tuple of str
        Why the MIDI file, or a part of it, does nothing.
    """

    initial: int
    events: tuple[tuple[int, Action], ...]
    unanswered: tuple[tuple[int, Unanswered], ...]
    remarks: tuple[str, ...]

    @classmethod
    def read(cls, midi: str | Path | None, programme: Programme, sample_rate: int, channel: int | None) -> "Score":
        """Read a MIDI file and turn its messages into actions; without one nothing happens.

        Raises
        ------
        MidiError
            When the file cannot be read.
        """
        mapper = programme.mapper(channel)
        messages = read_midi(midi, sample_rate) if midi is not None else ()
        tempos = read_tempo_map(midi, sample_rate) if midi is not None else ()
        start = [(0, action) for action in mapper.begin()]
        found = list(_actions(mapper, messages, tempos, sample_rate))
        remarks = tuple(_remarks(midi, programme, [timed.message for timed in messages], found, channel))
        found = start + found
        if programme.setlist is None:
            found = [(frame, action) for frame, action in found if not isinstance(action, SelectSlot)]
        first = [action.slot for frame, action in found if frame == 0 and isinstance(action, SelectSlot)]
        return cls(
            initial=first[-1] if first else 0,
            events=tuple(
                (frame, action)
                for frame, action in found
                if not isinstance(action, Unanswered) and not (frame == 0 and isinstance(action, SelectSlot))
            ),
            unanswered=tuple((frame, action) for frame, action in found if isinstance(action, Unanswered)),
            remarks=remarks,
        )

    @property
    def slots(self) -> tuple[int, ...]:
        """All slots that play, in order."""
        return tuple(sorted({self.initial, *(a.slot for _, a in self.events if isinstance(a, SelectSlot))}))

    def pieces(self, start: int, frames: int) -> Iterator[tuple[int, int, tuple[Action, ...]]]:
        """Cut `frames` frames from `start` on at the events: where each piece begins and ends, what happens first."""
        end = start + frames
        inside = [(frame, action) for frame, action in self.events if start <= frame < end]
        for first, last in pairwise(sorted({start, end, *(frame for frame, _ in inside)})):
            yield first, last, tuple(action for frame, action in inside if frame == first)


def _actions(
    mapper: MidiMapper, messages: Sequence[TimedMessage], tempos: Sequence[TimedTempo], sample_rate: int
) -> Iterator[tuple[int, Action]]:
    """Actions of a file at their frames: at one frame the tempo comes first."""
    for timed in heapq.merge(tempos, messages, key=lambda timed: timed.frame):
        if isinstance(timed, TimedTempo):
            found = mapper.follow(timed.tempo)
        else:
            found = mapper.actions(timed.message, timed.frame / sample_rate)
        yield from ((timed.frame, action) for action in found)


def _remarks(
    midi: str | Path | None,
    programme: Programme,
    messages: Sequence[Any],
    found: Sequence[tuple[int, Action]],
    channel: int | None,
) -> Iterator[str]:
    if midi is None:
        return
    switching = [action for _, action in found if isinstance(action, SelectSlot)]
    if switching and programme.setlist is None:
        yield f"{midi}: program changes ({len(switching)}) do nothing to a single preset: render a setlist to switch"
    if found:
        return
    events = [message for message in messages if message.type in ("program_change", "control_change")]
    heard = [event for event in events if channel in (None, event.channel + 1)]
    if not events:
        yield f"{midi}: has no program change and no control change: it does nothing"
    elif not heard:
        channels = ", ".join(map(str, sorted({event.channel + 1 for event in events})))
        yield f"{midi}: has nothing on MIDI channel {channel}, only on {channels}: it does nothing"
    else:
        controls = ", ".join(map(str, sorted({event.control for event in heard})))
        yield f"{midi}: nothing is mapped to its control changes (CC {controls}): it does nothing"
