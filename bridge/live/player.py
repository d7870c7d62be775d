"""What happens in the audio callback: commands in, sound through the chains, events out."""

import time
from typing import Final

from ..audio import Audio
from .desk import STOP_SECONDS, Desk
from .records import Command, Event, Record
from .region import Region, Word
from .rig import Rig
from .timing import bin_of

COMMANDS_A_BLOCK: Final = 256
METERS_A_SECOND: Final = 20
SPARE_PART: Final = 0.4  # of a block: so long a callback may take with work that can wait
HURRIED_PART: Final = 0.7  # and so long when a switch waits for it


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
        self._stop_frames = rig.switcher.latency + round(STOP_SECONDS * layout.sample_rate)
        self._meter_frames = layout.sample_rate // METERS_A_SECOND
        self._frame = 0
        self._desk = Desk(rig, slot=slot)
        self._waiting: Record | None = None  # a command that has to wait: its chain is on its way to rest
        self._step_ns = 0
        self._xruns = 0
        self._stopping = -1  # frames left
        self._metered = 0
        self._peaks = [0.0, 0.0]
        self._longest = 0

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
        output, spoiled = self._rig.play(played)
        if spoiled:
            self._start_anew()
        self._region.write_sound(played, output)
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
        """Note that the server went on by `frames` without a call; below 0, that its clock was set back."""
        self._report(Record(Event.GAP, slot=frames))

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
            if not self._desk.ready(record):
                self._waiting = record
                return
            done = self._desk.apply(record)
            self._answer(Event.APPLIED if done else Event.REFUSED, record)
            self._follow(record)
            left = max(left - 1, record.rest)

    def _follow(self, record: Record) -> None:
        """What a command brings with it."""
        if record.kind == Command.PANIC:  # the slot comes back when everything has faded out
            self._waiting = record._replace(kind=Command.SWITCH, slot=self._desk.slot)
        elif record.kind == Command.STOP:
            self._stopping = self._stop_frames

    def _answer(self, kind: Event, record: Record) -> None:
        self._report(record._replace(kind=kind, command=record.kind, rest=0))

    def _start_anew(self) -> None:
        """A chain has spoiled a block: all start from rest."""
        self._report(Record(Event.NONFINITE, slot=self._desk.slot))
        if self._desk.cutting:
            return
        if self._waiting is not None:
            self._answer(Event.REFUSED, self._waiting)
        self._waiting = Record(Command.PANIC, slot=self._desk.slot)

    def _meter(self, played: Audio, output: Audio) -> None:
        for side, block in enumerate((played, output)):
            self._peaks[side] = max(self._peaks[side], float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        self._metered += played.shape[1]
        if self._metered < self._meter_frames:
            return
        self._report(
            Record(
                Event.METERS,
                slot=self._desk.slot,
                index=self._xruns,
                number=len(self._switcher.ringing),
                value=self._longest / self._block_ns,
                peak_in=self._peaks[0],
                peak_out=self._peaks[1],
            )
        )
        self._metered = self._longest = 0
        self._peaks[:] = (0.0, 0.0)

    def _tidy(self, begun: int) -> None:
        """Return used chains to rest as far as the time of this block allows; one step at least where one is wanted."""
        wanted = None if self._waiting is None else self._desk.chain(self._waiting)
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
