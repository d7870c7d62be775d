"""What happens in a render, and when: the actions of a MIDI file at their frames."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...models.errors import ParameterError
from ...presets import ControlMapping, Preset, Setlist, Switching, load_preset, load_setlist
from ..midi.mapping import Action, MidiMapper, SelectSlot, UnknownProgram
from ..midi.timeline import read_midi


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
    def controls(self) -> Sequence[Sequence[ControlMapping]]:
        """The MIDI mappings of each slot's preset."""
        return [preset.midi for preset in self.presets]

    @property
    def plugin_channels(self) -> frozenset[int]:
        """The MIDI channels that plugins of the presets listen to."""
        return frozenset(channel for preset in self.presets for channel in preset.midi_channels)

    def find(self, program: int, bank: int = 0) -> int | None:
        """Index of the slot for a program change; a single preset stays, whatever the program."""
        return self.setlist.find(program, bank) if self.setlist else 0


@dataclass(frozen=True)
class Score:
    """The actions of a render at their frames, in order.

    Attributes
    ----------
    initial : int
        The slot that plays at frame 0.
    events : tuple of (int, Action)
        Frame and action; those at frame 0 come before any sound, a slot selected there needs no fade.
    unknown : tuple of (int, UnknownProgram)
        Program changes that no slot answers.
    remarks : tuple of str
        Why the MIDI file, or a part of it, does nothing.
    """

    initial: int
    events: tuple[tuple[int, Action], ...]
    unknown: tuple[tuple[int, UnknownProgram], ...]
    remarks: tuple[str, ...]

    @classmethod
    def read(cls, midi: str | Path | None, programme: Programme, sample_rate: int, channel: int | None) -> "Score":
        """Read a MIDI file and turn its messages into actions; without one nothing happens.

        Raises
        ------
        MidiError
            When the file cannot be read.
        """
        mapper = MidiMapper(programme, programme.controls, channel, programme.plugin_channels)
        messages = read_midi(midi, sample_rate) if midi is not None else ()
        found = [(timed.frame, action) for timed in messages for action in mapper.actions(timed.message)]
        remarks = tuple(_remarks(midi, programme, [timed.message for timed in messages], found, channel))
        if programme.setlist is None:
            found = [(frame, action) for frame, action in found if not isinstance(action, SelectSlot)]
        first = [action.slot for frame, action in found if frame == 0 and isinstance(action, SelectSlot)]
        return cls(
            initial=first[-1] if first else 0,
            events=tuple(
                (frame, action)
                for frame, action in found
                if not isinstance(action, UnknownProgram) and not (frame == 0 and isinstance(action, SelectSlot))
            ),
            unknown=tuple((frame, action) for frame, action in found if isinstance(action, UnknownProgram)),
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
