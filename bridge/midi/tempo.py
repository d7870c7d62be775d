"""Tempo from taps and from a MIDI clock.

Source: *MIDI 1.0 Detailed Specification*, system real time messages (24 clocks a quarter note).
"""

from collections import deque
from itertools import pairwise
from statistics import median
from typing import Final

from ...presets.tempo import FASTEST, SLOWEST

CLOCKS_A_QUARTER: Final = 24

LONGEST_TAP: Final = 60.0 / SLOWEST
MOST_TAPS: Final = 5
STRAY: Final = 0.25
"""A tap whose interval is off by more than this part begins a new tempo."""

CLOCK_WINDOW: Final = 2 * CLOCKS_A_QUARTER
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
        self._last = float("-inf")
        self._ticks: deque[tuple[int, float]] = deque(maxlen=CLOCK_WINDOW + 1)

    def running(self, seconds: float) -> bool:
        """Whether a clock has come a short time before."""
        return self.tempo is not None and 0.0 <= seconds - self._last <= LONGEST_CLOCK

    def restart(self) -> None:
        """Begin to count anew: start, continue or stop was received."""
        self._ticks.clear()

    def clock(self, seconds: float) -> float | None:
        """Take a clock at a time; return the tempo when it is known for the first time, or has changed."""
        if not 0.0 <= seconds - self._last <= LONGEST_CLOCK:
            self._ticks.clear()
        self._last = seconds
        passed = 1
        if len(self._ticks) >= LEAST_CLOCKS:
            passed = max(round((seconds - self._ticks[-1][1]) / self._interval()), 1)
            if passed > CLOCKS_A_QUARTER // 4:  # slower by so much: another tempo, no lost messages
                self._ticks.clear()
        self._ticks.append((self._ticks[-1][0] + passed if self._ticks else 0, seconds))
        if len(self._ticks) < LEAST_CLOCKS:
            return None
        if self._has_turned():
            recent = list(self._ticks)[-LEAST_CLOCKS:]
            self._ticks.clear()
            self._ticks.extend(recent)
        found = _in_range(60.0 / (CLOCKS_A_QUARTER * self._interval()))
        step = STEP if len(self._ticks) == self._ticks.maxlen else FIRST_STEP
        if self.tempo is not None and abs(found / self.tempo - 1.0) < step:
            return None
        self.tempo = found
        return found

    def _interval(self) -> float:
        """Seconds between clocks: the slope of the line."""
        return _slope(list(self._ticks))

    def _has_turned(self) -> bool:
        """Whether the last half quarter note runs at another tempo than what came before it."""
        ticks = list(self._ticks)
        before, after = ticks[:-LEAST_CLOCKS], ticks[-LEAST_CLOCKS:]
        return len(before) >= LEAST_CLOCKS and abs(_slope(after) / _slope(before) - 1.0) > TURN


def _slope(ticks: list[tuple[int, float]]) -> float:
    count = len(ticks)
    middle = sum(tick for tick, _ in ticks) / count
    centre = sum(seconds for _, seconds in ticks) / count
    numerator = sum((tick - middle) * (seconds - centre) for tick, seconds in ticks)
    return numerator / sum((tick - middle) ** 2 for tick, _ in ticks)


def _in_range(tempo: float) -> float:
    return min(max(tempo, SLOWEST), FASTEST)
