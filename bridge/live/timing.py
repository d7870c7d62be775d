"""Callback times, from a histogram that is filled without taking memory."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .region import BINS, Region, Word


@dataclass(frozen=True)
class CallbackTimes:
    """How long the audio callbacks took, in microseconds.

    Attributes
    ----------
    count : int
        Callbacks.
    p50, p99 : float
        Half and 99 in 100 of them took at most this long, to the microsecond above, up to the longest bin.
    longest : float
        The longest.
    budget : float
        Duration of a block.
    """

    count: int
    p50: float
    p99: float
    longest: float
    budget: float

    @classmethod
    def of(cls, histogram: "Histogram", budget: float) -> "CallbackTimes":
        """What engines have counted so far; `budget` is a block's duration in microseconds."""
        sums = np.cumsum(histogram.counts)
        total = int(sums[-1])
        p50, p99 = (float(np.searchsorted(sums, part * total) + 1) if total else 0.0 for part in (0.5, 0.99))
        return cls(total, p50, p99, histogram.longest_ns / 1000, budget)


@dataclass(frozen=True)
class Histogram:
    """Callbacks by microseconds, and the longest in nanoseconds."""

    counts: NDArray[np.int64]
    longest_ns: int

    @classmethod
    def read(cls, region: Region) -> "Histogram":
        """Of one engine."""
        return cls(np.array(region.bins, np.int64), region.words[Word.LONGEST])

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self.counts + other.counts, max(self.longest_ns, other.longest_ns))


NO_CALLBACKS: Final = Histogram(np.zeros(BINS, np.int64), 0)


def bin_of(nanoseconds: int) -> int:
    """Bin of a duration."""
    return min(nanoseconds // 1000, BINS - 1)
