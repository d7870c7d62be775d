"""What happens in the audio callback: commands in, sound through the chains, events out."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from ..audio import Audio
from .records import LEVELS, Command, Event, Record
from .region import Region, Word
from .rig import DRY, Rig
from .timing import bin_of

COMMANDS_A_BLOCK: Final = 256
METERS_A_SECOND: Final = 20
SPARE_PART: Final = 0.4  # of a block: so long a callback may take with work that can wait
HURRIED_PART: Final = 0.7  # and so long when a switch waits for it
MUTE_DB: Final = -120.0


class Player:
    """Plays blocks; every method but the constructor is called by the audio thread.

    Nothing here takes long: a chain that was used is returned to rest in steps, in what is left of the blocks' time,
    and a switch to one that is not there yet waits for it, with the commands behind it.

    Parameters
    ----------
    rig : Rig
        The chains.
    region : Region
        Commands come from there, events go there.
    slot : int
        The slot that plays first, as the rig was told.
    """

    def __init__(self, rig: Rig, region: Region, *, slot: int) -> None:
        self._rig = rig
        self._switcher = rig.switcher
        self._region = region
        self._words = region.words
        self._bins = region.bins
        layout = rig.layout
        self._block_ns = layout.block * 1_000_000_000 // layout.sample_rate
        self._spare_ns = int(SPARE_PART * self._block_ns)
        self._hurried_ns = int(HURRIED_PART * self._block_ns)
        self._meter_frames = layout.sample_rate // METERS_A_SECOND
        self._frame = 0
        self._slot = slot
        self._waiting: Record | None = None  # a command that has to wait: its chain is on its way to rest
        self._cut = False  # everything fades out, nothing may be brought up before that is over
        self._step_ns = 0
        self._xruns = 0
        self._stopping = -1  # frames left
        self._metered = 0
        self._peaks = [0.0, 0.0]
        self._squares = [0.0, 0.0]
        self._longest = 0
        self._handlers: dict[int, Callable[[Record], bool]] = {
            Command.SWITCH: self._switch,
            Command.MOVE: lambda record: rig.move(record.index, record.value),
            Command.LEVEL: self._level,
            Command.MUTE: self._mute,
            Command.PANIC: self._panic,
            Command.BYPASS: self._bypass,
            Command.STOP: self._stop,
        }
        self._words[Word.SLOT] = slot

    @property
    def ended(self) -> bool:
        """Whether it was told to stop and has faded out."""
        return self._stopping == 0

    def process(self, played: Audio) -> Audio:
        """Play a block.

        Parameters
        ----------
        played : ndarray of float32, shape (channels, frames)
            What came in; it may be overwritten once this returns only if it is a copy.

        Returns
        -------
        ndarray of float32, shape (outputs, frames)
        """
        begun = time.perf_counter_ns()
        frames = played.shape[1]
        if self._words[Word.XRUNS] != self._xruns:
            self._xruns = self._words[Word.XRUNS]
            self._report(Record(Event.XRUN, index=self._xruns))
        self._obey()
        output = self._switcher.process(played)
        if not np.isfinite(output.sum(dtype=np.float64)):
            output = self._silenced(output)
        self._region.write_sound(played, output)
        self._words[Word.NODE] = 0
        self._frame += frames
        self._words[Word.FRAMES] = self._frame
        if self._stopping > 0:
            self._stopping = max(self._stopping - frames, 0)
            if not self._stopping:
                self._report(Record(Event.STOPPED))
        self._meter(played, output)
        self._tidy(begun)
        elapsed = time.perf_counter_ns() - begun
        self._bins[bin_of(elapsed)] += 1
        self._words[Word.CALLBACKS] += 1
        self._longest = max(self._longest, elapsed)
        if elapsed > self._words[Word.LONGEST]:
            self._words[Word.LONGEST] = elapsed
        return output

    def gap(self, frames: int) -> None:
        """Note that the server went on by `frames` without a call."""
        self._report(Record(Event.GAP, number=frames))

    def _report(self, record: Record) -> None:
        self._region.events.push(record._replace(frame=self._frame))

    def _obey(self) -> None:
        """Apply what has arrived, in order; a bundle as a whole."""
        left = COMMANDS_A_BLOCK
        while left > 0:
            record = self._waiting
            if record is None:
                record = self._region.commands.pop()
                if record is None:
                    return
            self._waiting = None
            if not self._may_switch(record):
                self._waiting = record
                return
            handler = self._handlers.get(record.kind)
            done = handler is not None and handler(record)
            self._answer(Event.APPLIED if done else Event.REFUSED, record)
            left = max(left - 1, record.rest)

    def _answer(self, kind: Event, record: Record) -> None:
        self._report(record._replace(kind=kind, command=record.kind, rest=0))

    def _target(self, record: Record) -> int | None:
        """The chain a record brings up, if it brings one up."""
        if record.kind == Command.SWITCH and 0 <= record.slot < len(self._rig.shared):
            return self._rig.shared[record.slot]
        if record.kind == Command.BYPASS:
            return DRY if record.value >= 0.5 else self._rig.shared[self._slot]
        return None

    def _may_switch(self, record: Record) -> bool:
        target = self._target(record)
        if target is None:
            return True
        if self._cut:
            self._cut = self._switcher.sounding
        return not self._cut and self._switcher.ready(target)

    def _switch(self, record: Record) -> bool:
        target = self._target(record)
        if target is None:
            return False
        self._switcher.switch(target)
        self._slot = record.slot
        self._words[Word.SLOT] = record.slot
        return True

    def _bypass(self, record: Record) -> bool:
        target = self._target(record)
        if target is not None:
            self._switcher.switch(target)
        return True

    def _level(self, record: Record) -> bool:
        if not 0 <= record.index < len(LEVELS):
            return False
        self._switcher.set_level(LEVELS[record.index], record.value)
        return True

    def _mute(self, record: Record) -> bool:
        self._switcher.set_level("mute", MUTE_DB if record.value >= 0.5 else 0.0)
        return True

    def _panic(self, record: Record) -> bool:
        self._switcher.cut()
        self._cut = True
        self._waiting = Record(Command.SWITCH, slot=self._slot, stamp=record.stamp, number=record.number)
        return True

    def _stop(self, record: Record) -> bool:
        self._switcher.set_level("stop", MUTE_DB)
        self._stopping = self._switcher.latency + self._rig.layout.sample_rate // 50
        return True

    def _silenced(self, output: Audio) -> Audio:
        """Silence in place of a block that a chain has spoiled; all chains start anew."""
        self._report(Record(Event.NONFINITE, slot=self._slot))
        if not self._cut:
            self._waiting = Record(Command.PANIC, slot=self._slot)  # a switch that waited is superseded
        return np.zeros_like(output)

    def _meter(self, played: Audio, output: Audio) -> None:
        for side, block in enumerate((played, output)):
            self._peaks[side] = max(self._peaks[side], float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
            flat = block.ravel()
            self._squares[side] += float(flat @ flat) / block.shape[0]
        self._metered += played.shape[1]
        if self._metered < self._meter_frames:
            return
        self._report(
            Record(
                Event.METERS,
                slot=self._slot,
                index=self._xruns,
                number=len(self._switcher.ringing),
                value=self._longest / self._block_ns,
                peak_in=self._peaks[0],
                peak_out=self._peaks[1],
                rms_in=(self._squares[0] / self._metered) ** 0.5,
                rms_out=(self._squares[1] / self._metered) ** 0.5,
            )
        )
        self._metered = self._longest = 0
        self._peaks[:] = self._squares[:] = (0.0, 0.0)

    def _tidy(self, begun: int) -> None:
        """Return used chains to rest as far as the time of this block allows; one step at least where one is wanted."""
        wanted = None if self._waiting is None else self._target(self._waiting)
        limit = self._spare_ns if wanted is None else self._hurried_ns
        now = time.perf_counter_ns()
        forced = wanted is not None
        while forced or now - begun + self._step_ns < limit:
            if not self._switcher.tidy(wanted):
                return
            then, now = now, time.perf_counter_ns()
            self._step_ns = now - then
            forced = False
        self._step_ns -= self._step_ns >> 6  # an outlier is forgotten
