"""Tempo from taps and from a MIDI clock.

Source: *MIDI 1.0 Detailed Specification*, system real time messages (24 clocks a quarter note).
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import fmean, median
from typing import Final

from ...presets.tempo import FASTEST, SLOWEST

CLOCKS_A_QUARTER: Final = 24

LONGEST_TAP: Final = 60.0 / SLOWEST
MOST_TAPS: Final = 5
STRAY: Final = 0.25
"""A tap whose interval is off by more than this part begins a new tempo."""

CLOCK_WINDOW: Final = 2 * CLOCKS_A_QUARTER
SHORTEST_CLOCK: Final = 1e-4
LEAST_CLOCKS: Final = CLOCKS_A_QUARTER // 2
TURN: Final = 0.08
"""A last half quarter note that is off by more than this part has another tempo: what came before is forgotten."""

LONGEST_CLOCK: Final = 3 * 60.0 / SLOWEST / CLOCKS_A_QUARTER
STEP: Final = 0.002
FIRST_STEP: Final = 0.01
"""Parts from which a clock's tempo counts as changed, with two quarter notes known and with fewer: messages arrive a
few milliseconds early or late, and a delay must not be moved for that."""


class TapTempo:
    """Tempo of taps: from the median of the last four intervals, from the second tap on."""

    def __init__(self) -> None:
        self._taps: deque[float] = deque(maxlen=MOST_TAPS)

    def tap(self, seconds: float) -> float | None:
        """Take a tap at a time; return quarter notes a minute, None until there are two taps."""
        if self._taps and not 0.0 < seconds - self._taps[-1] <= LONGEST_TAP:
            self._taps.clear()
        intervals = [after - before for before, after in pairwise(self._taps)]
        if intervals and abs((seconds - self._taps[-1]) / median(intervals) - 1.0) > STRAY:
            last = self._taps[-1]
            self._taps.clear()
            self._taps.append(last)
        self._taps.append(seconds)
        if len(self._taps) < 2:
            return None
        return _in_range(60.0 / median(after - before for before, after in pairwise(self._taps)))


class ClockTempo:
    """Tempo of a MIDI clock, from the last two quarter notes.

    The clocks are counted out along a straight line by least squares: how late each message comes averages out. One
    that is missing is noticed by the gap it leaves; after a pause the count begins anew.

    Attributes
    ----------
    tempo : float or None
        Quarter notes a minute, as last reported.
    """

    def __init__(self) -> None:
        self.tempo: float | None = None
        self._last = -math.inf
        self._times: deque[float] = deque(maxlen=CLOCK_WINDOW + 1)

    def running(self, seconds: float) -> bool:
        """Whether a clock has come a short time before."""
        return self.tempo is not None and 0.0 <= seconds - self._last <= LONGEST_CLOCK

    def restart(self) -> None:
        """Begin to count anew: start, continue or stop was received."""
        self._times.clear()

    def clock(self, seconds: float) -> float | None:
        """Take a clock at a time; return the tempo when it is known for the first time, or has changed."""
        if not 0.0 <= seconds - self._last <= LONGEST_CLOCK:
            self._times.clear()
        self._last = seconds
        self._times.append(seconds)
        if len(self._times) <= LEAST_CLOCKS:
            return None
        times = list(self._times)
        before, recent = times[:-LEAST_CLOCKS], times[-LEAST_CLOCKS - 1 :]
        if len(before) > LEAST_CLOCKS and abs(_interval(recent) / _interval(before) - 1.0) > TURN:
            times = recent
            self._times = deque(recent, maxlen=CLOCK_WINDOW + 1)
        found = _in_range(60.0 / (CLOCKS_A_QUARTER * _interval(times)))
        step = STEP if len(times) > CLOCK_WINDOW else FIRST_STEP
        if self.tempo is not None and abs(found / self.tempo - 1.0) < step:
            return None
        self.tempo = found
        return found


def _interval(times: Sequence[float]) -> float:
    """Seconds between clocks: the slope of the line through them, those that are missing counted."""
    steps = [after - before for before, after in pairwise(times)]
    usual = max(median(steps), SHORTEST_CLOCK)
    counts = list(accumulate((max(round(step / usual), 1) for step in steps), initial=0))
    middle, centre = fmean(counts), fmean(times)
    slope = sum((count - middle) * (time - centre) for count, time in zip(counts, times, strict=True))
    return max(slope / sum((count - middle) ** 2 for count in counts), SHORTEST_CLOCK)


def _in_range(tempo: float) -> float:
    return min(max(tempo, SLOWEST), FASTEST)
