"""Callback times, from a histogram that is filled without taking memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    def read(cls, region: Region, budget: float) -> "CallbackTimes":
        """What an engine has counted so far; `budget` is a block's duration in microseconds."""
        counts = np.array(region.bins, np.uint64)
        return cls(
            count=int(counts.sum()),
            p50=percentile(counts.tolist(), 50),
            p99=percentile(counts.tolist(), 99),
            longest=region.words[Word.LONGEST] / 1000,
            budget=budget,
        )


def percentile(counts: Sequence[int], percent: float) -> float:
    """Upper edge, in microseconds, of the bin below which `percent` of the counts lie; 0 without counts."""
    sums = np.cumsum(counts)
    if not sums[-1]:
        return 0.0
    return float(np.searchsorted(sums, percent / 100 * sums[-1]) + 1)


def bin_of(nanoseconds: int) -> int:
    """Bin of a duration."""
    return min(nanoseconds // 1000, BINS - 1)
