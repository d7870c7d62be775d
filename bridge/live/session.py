"""A show: MIDI in, an engine that plays, a log of what happened."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import mido

from ...models.errors import ParameterError
from ...presets import Slot
from ..midi.actions import (
    Action,
    Panic,
    ParameterAction,
    PlayMidi,
    RecallSnapshot,
    SelectSlot,
    SetLevel,
    SetSwitch,
    Unanswered,
    UnknownProgram,
)
from ..midi.settings import Move, Settings, Standing
from ..midi.words import CEASELESS, message_words
from ..rendering.score import Programme
from .backends import STREAM
from .engine import Engine
from .log import ShowLog
from .midi_ports import open_midi_input
from .progress import Counts, Progress, Summary
from .recording import Recording
from .records import LEVELS, Command, Event, Record
from .specification import Facts, Specification
from .supervisor import Supervisor
from .timing import CallbackTimes, Histogram

STOP_SECONDS: Final = 2.0
MOST_AT_ONCE: Final = 256
"""Moves that are sent as one: what an engine applies in a block."""


class Session:
    """Plays a setlist or a preset live.

    Commands may be given from any thread. `poll` takes in what the engine reports; call it some twenty times a second
    or more, from one thread.

    Parameters
    ----------
    specification : Specification
        What to play and through what.
    midi : sequence of str
        MIDI inputs; see `midi_ports.GRAMMAR`.
    midi_channel : int, optional
        Listen to this channel (1 to 16) alone.
    folder : Path, optional
        Where the log is written, and with `record` the sound as ``input.wav`` and ``output.wav``.
    record : bool
        Whether to keep the sound.
    spare : bool
        See `Supervisor`.

    Attributes
    ----------
    facts : Facts
        What the engine said of itself.
    view : Progress
        What there is to see.

    Raises
    ------
    AmpboardError
        When something cannot be read, made or opened.
    """

    facts: Facts

    def __init__(
        self,
        specification: Specification,
        *,
        midi: Iterable[str] = (),
        midi_channel: int | None = None,
        folder: Path | None = None,
        record: bool = False,
        spare: bool = True,
    ) -> None:
        if record and specification.backend == STREAM:
            raise ParameterError("--record: AudioStream's sound does not pass through here: use another --backend")
        self.programme = Programme.load(specification.preset or None, specification.setlist or None)
        self._mapper = self.programme.mapper(midi_channel)
        self._settings = Settings(self.programme.presets, self._standing)
        self._lock = threading.Lock()  # several threads command, the ring has one writer
        self._order = threading.RLock()  # what one message means is done before the next
        self._moved: dict[int, float] = {}  # where the controls are, by index
        self._levels: dict[int, float] = {}
        self.view = Progress(slot=specification.slot)
        self._selected = specification.slot
        self._restarts = 0
        self._gone = Counts()
        self._supervisor = Supervisor(specification, spare=spare)
        self._recording: Recording | None = None
        self._ports: list[Any] = []
        self._log = ShowLog(None)
        try:
            self.facts, note = self._supervisor.start()
            self._log = ShowLog(folder / "show.jsonl" if folder else None)
            self._log.start(specification, self.facts, specification.excluded)
            self._indices = {(int(c["slot"]), str(c["target"])): c for c in self.facts.controls}
            if folder and record:
                self._recording = Recording(folder, self.facts)
            for remark in (*self.facts.notes, note):
                self.say(remark)
            self._show_slot(specification.slot)
            self._do(lambda: self._mapper.begin(specification.slot))
            self._ports += [open_midi_input(name, self.hear) for name in midi]
        except BaseException:
            self.close()
            raise

    @property
    def engine(self) -> Engine:
        """The engine that plays now."""
        return self._supervisor.engine

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the setlist; none for a single preset."""
        return self.programme.setlist.slots if self.programme.setlist else ()

    def hear(self, message: mido.Message) -> None:
        """Take a MIDI message; from any thread."""
        fields: Any = message  # mido makes them at run time
        if fields.type not in CEASELESS:
            self.view.last_midi = message_words(message)
        self._do(lambda: self._mapper.actions(message, time.monotonic()))

    def act(self, action: Action) -> None:
        """Do what a MIDI message means."""
        match action:
            case SelectSlot(slot):
                self._selected = slot
                self.send(Command.SWITCH, slot=slot)
            case SetLevel(name, decibels):
                self.level(name, decibels)
            case SetSwitch("mute", on):
                self.mute(not self.view.muted if on is None else on)
            case SetSwitch("bypass", on):
                self.bypass(not self.view.bypassed if on is None else on)
            case Panic():
                self.panic()
            case PlayMidi(message):
                self.send(Command.MIDI, slot=len(message), index=int.from_bytes(message, "little"))
            case _ if isinstance(action, Unanswered):
                self.say(str(action))
                kind = "unknown_program" if isinstance(action, UnknownProgram) else "unknown_snapshot"
                self._log.remark(kind, **asdict(action))
            case _ if isinstance(action, ParameterAction):
                with self._lock:
                    moves = self._settings.moves(action)
                self._move_all(moves)
                if isinstance(action, RecallSnapshot):
                    name = self.programme.presets[action.slot].snapshots[action.snapshot].name
                    self._log.remark("snapshot", slot=action.slot, name=name)
            case _:
                pass

    def select(self, slot: int) -> None:
        """Bring up a slot, with its snapshot and tempo; say so when there is none."""
        if not 0 <= slot < len(self.programme.presets):
            self.say(f"slot {slot + 1}: there is none, nothing was switched")
            return
        self._do(lambda: self._mapper.select(slot))

    def next(self, step: int = 1) -> None:
        """Bring up the slot `step` further in the setlist, round its ends; -1 is the previous one."""
        self._do(lambda: self._mapper.step_slot(step))

    def next_snapshot(self, step: int = 1) -> None:
        """Recall the snapshot `step` further in the preset that plays, round its ends."""
        preset = self.programme.presets[self._selected]
        if preset.snapshots:
            self._do(lambda: self._mapper.step_snapshot(step))
        else:
            self.say(f"preset {preset.name!r} has no snapshots")

    def recall(self, snapshot: int | str) -> None:
        """Recall a snapshot of the preset that plays, by index or name; say so when there is none."""
        self._do(lambda: self._mapper.recall(snapshot))

    def tap(self) -> None:
        """Tap the tempo."""
        self._do(self._mapper.tap)

    def move(self, slot: int, target: str, value: float) -> None:
        """Move a parameter of a slot's preset, in its own unit.

        Raises
        ------
        ParameterError
            When there is no such parameter.
        """
        self.snapshot(slot, {target: value})

    def snapshot(self, slot: int, values: Mapping[str, float]) -> None:
        """Move many parameters of a slot's preset in the same block.

        Raises
        ------
        ParameterError
            When one of them does not exist: none is moved then.
        """
        shared = self.facts.shared[slot]
        moves = [Move(shared, target, value) for target, value in values.items()]
        for move in moves:
            self._control(shared, move.target)
        with self._lock:
            for move in moves:
                self._settings.note(shared, move.target, move.value)
        self._move_all(moves)

    def level(self, name: str, decibels: float) -> None:
        """Set one of the gains behind all chains; see `LEVELS`."""
        index = LEVELS.index(name)
        with self._lock:
            self._levels[index] = decibels
            self.engine.send(Command.LEVEL, index=index, value=decibels)

    def mute(self, on: bool) -> None:
        """Silence the output, to tune; or let it sound."""
        self.view.muted = on
        self.send(Command.MUTE, value=float(on))

    def bypass(self, on: bool) -> None:
        """Play the dry signal, or the chains again."""
        self.view.bypassed = on
        self.send(Command.BYPASS, value=float(on))

    def panic(self) -> None:
        """Cut everything that sounds; the preset that plays starts anew."""
        self.send(Command.PANIC)

    def send(self, command: Command, *, slot: int = 0, index: int = 0, value: float = 0.0) -> bool:
        """Send the engine a command; False when it was dropped."""
        with self._lock:
            return self.engine.send(command, slot=slot, index=index, value=value)

    def say(self, message: str) -> None:
        """Have the player read something."""
        if message:
            self.view.messages.append(message)

    def poll(self) -> list[Record]:
        """Take in what happened: restart the engine if it ended, log its events, keep its sound; return the events.

        Raises
        ------
        DeviceError
            When engines keep ending, or the device is gone.
        """
        with self._lock:
            ended = self._supervisor.check(self._selected, self._state())
        if ended:
            self._take_over(*ended)
        return self._collect()

    def summary(self) -> Summary:
        """How it has gone so far."""
        gone = self._gone
        return Summary(
            frames=gone.frames + self.view.frame if self.facts.measured else None,
            xruns=gone.xruns + self.view.xruns,
            dropped=gone.dropped + self.engine.dropped,
            restarts=self._restarts,
            times=CallbackTimes.of(gone.histogram + Histogram.read(self.engine.region), self.facts.budget),
        )

    def stop(self, reason: str = "") -> Summary:
        """Fade out, end the engine and write the end of the log, with the reason where it is not the player's wish."""
        self.send(Command.STOP)
        end = time.monotonic() + STOP_SECONDS
        while time.monotonic() < end and self.engine.exit_code is None:
            if any(record.kind == Event.STOPPED for record in self._collect()):
                break
            time.sleep(0.005)
        self._collect()
        summary = self.summary()
        times = summary.times
        self._log.remark(
            "end",
            reason=reason,
            frames=summary.frames,
            xruns=summary.xruns,
            dropped=summary.dropped,
            restarts=summary.restarts,
            callbacks=times.count,
            p50_us=times.p50 if times.count else None,
            p99_us=times.p99 if times.count else None,
            longest_us=times.longest if times.count else None,
            budget_us=times.budget,
        )
        self.close()
        return summary

    def close(self) -> None:
        """End everything at once."""
        for port in self._ports:
            port.close()
        self._ports.clear()
        if self._recording:
            self._recording.close()
        self._log.close()
        self._supervisor.close()

    def _collect(self) -> list[Record]:
        """What the engine has reported, logged; and its sound kept."""
        events = self.engine.events()
        for record in events:
            self._take(record)
        self._record(self.engine)
        self.view.dropped = self._gone.dropped + self.engine.dropped
        return events

    def _do(self, find: Callable[[], Sequence[Action]]) -> None:
        """Do what the mapper answers; one at a time, in the order of the questions."""
        with self._order:
            self._mapper.now = time.monotonic()
            for action in find():
                self.act(action)
            self.view.snapshot, self.view.tempo = self._mapper.snapshot, self._mapper.tempo

    def _move_all(self, moves: Sequence[Move]) -> None:
        indices = {int(self._control(move.slot, move.target)["index"]): move for move in moves}
        records = [
            Record(Command.MOVE, slot=move.slot, index=index, value=move.value) for index, move in indices.items()
        ]
        with self._lock:
            self._moved |= {index: move.value for index, move in indices.items()}
            for start in range(0, len(records), MOST_AT_ONCE):
                self.engine.send_bundle(records[start : start + MOST_AT_ONCE])

    def _standing(self, slot: int, target: str) -> Standing | None:
        """How a parameter stood when the engine was loaded."""
        control = self._indices.get((slot, target))
        return Standing(*(float(control[name]) for name in ("low", "high", "value"))) if control else None

    def _control(self, slot: int, target: str) -> Mapping[str, Any]:
        control = self._indices.get((self.facts.shared[slot], target))
        if control is None:
            raise ParameterError(f"slot {slot} has no parameter {target!r}")
        return control

    def _state(self) -> list[Record]:
        """Commands that bring a new engine to where the old one was."""
        records = [Record(Command.MOVE, index=index, value=value) for index, value in self._moved.items()]
        records += [Record(Command.LEVEL, index=index, value=value) for index, value in self._levels.items()]
        if self.view.muted:
            records.append(Record(Command.MUTE, value=1.0))
        if self.view.bypassed:
            records.append(Record(Command.BYPASS, value=1.0))
        return records

    def _take_over(self, ended: Engine, restart: Any) -> None:
        for record in ended.events():
            self._take(record)
        self._record(ended)
        if self._recording:
            self._recording.next()
        self._gone = self._gone.plus(self.view, ended)
        self._restarts += 1
        ended.close()
        self.say(str(restart))
        self._log.remark("restart", reason=restart.reason, culprit=str(restart.culprit or ""), seconds=restart.seconds)
        specification = replace(self._supervisor.specification, slot=self._selected)
        self.facts = self.engine.facts
        self._log.start(specification, self.facts, tuple(sorted(self._supervisor.excluded)))

    def _record(self, engine: Engine) -> None:
        if self._recording and (lost := self._recording.take(engine.region)):
            self.say(f"{lost} frames are missing from the recording: silence stands in their place")
            self._log.remark("unrecorded", frames=lost)

    def _take(self, record: Record) -> None:
        view = self.view
        self._log.event(record, self.facts)
        view.frame = record.frame
        match record.kind:
            case Event.METERS:
                view.load, view.xruns, view.ringing = record.value, record.index, record.number
                view.peak_in, view.peak_out = record.peak_in, record.peak_out
            case Event.APPLIED if record.command == Command.SWITCH:
                self._show_slot(record.slot)
            case Event.XRUN:
                view.xruns = record.index
            case Event.REFUSED:
                self.say(f"the engine refused {Command(record.command).name.lower()} {record.slot} {record.index}")
            case Event.NONFINITE:
                self.say(f"preset {view.preset!r} put out something that is not a number: its chain starts anew")
            case _:
                pass

    def _show_slot(self, slot: int) -> None:
        self.view.slot, self.view.preset = slot, self.programme.presets[slot].name
        if self.slots:
            self.view.song, self.view.notes = self.slots[slot].song, self.slots[slot].notes
