"""What the checks look at, and the rows they make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..alignment import Alignment, align, shifted
from ..capture import Finding, Passage, Severity
from ..layouts import Layout

Audio = NDArray[np.float32]

SILENT: Final = 10 ** (-80 / 20)  # of the input: below this nothing is played
SETTLE_SECONDS: Final = 0.25  # after which a device that was just playing counts as quiet
QUIET_SECONDS: Final = 0.5  # the shortest quiet stretch that noise is measured in
NOTHING_DB: Final = -200.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """A recording of a device.

    Attributes
    ----------
    audio : ndarray of float32, shape (frames,)
        What went in; finite.
    recorded : ndarray of float32, shape (other frames,)
        What came out, at the rate and length that it was recorded with.
    sample_rate, output_rate : int
        Of both, in Hz.
    output : ndarray of float32, shape (other frames,)
        What came out at the input's rate; finite, not shifted.
    layout : Layout
        Of the input.
    told_frames : int or None
        Latency that the user named.
    """

    audio: Audio
    recorded: Audio
    sample_rate: int
    output_rate: int
    output: Audio
    layout: Layout
    told_frames: int | None = None

    @cached_property
    def alignment(self) -> Alignment:
        """How late the output is."""
        return align(self.audio, self.output, self.sample_rate, self.layout)

    @cached_property
    def latency_frames(self) -> int:
        """What is taken out."""
        return self.alignment.latency_frames if self.told_frames is None else self.told_frames

    @cached_property
    def target(self) -> Audio:
        """The output without its latency, shape (frames,); silence where nothing was recorded."""
        return shifted(self.output, self.latency_frames, self.audio.size)

    @cached_property
    def recorded_span(self) -> tuple[int, int]:
        """First frame of the input, and first after it, that the output holds an answer to."""
        first = min(max(0, -self.latency_frames), self.audio.size)
        return first, max(first, min(self.audio.size, self.output.size - self.latency_frames))

    @cached_property
    def loud_power(self) -> float:
        """Mean square of the target where something is played."""
        playing = self.target[np.abs(self.audio) > SILENT].astype(np.float64)
        return float(np.mean(playing**2)) if playing.size else 0.0

    @cached_property
    def quiet(self) -> Audio | None:
        """The longest stretch of the target in which nothing was played and the device had settled.

        Clips have none: their device has just been switched on.
        """
        if any(passage.alone for passage in self.layout.passages):
            return None
        first, last = self.recorded_span
        edges = np.concatenate([[first], first + np.flatnonzero(np.abs(self.audio[first:last]) > SILENT), [last]])
        gaps = np.diff(edges)
        if not gaps.size:
            return None
        longest = int(np.argmax(gaps))
        settle = round(SETTLE_SECONDS * self.sample_rate) if edges[longest] > first else 0
        # A little before the next sound: converters ring ahead.
        stretch = self.target[edges[longest] + settle : edges[longest + 1] - self.sample_rate // 500]
        return stretch if stretch.size >= QUIET_SECONDS * self.sample_rate else None

    def passage(self, name: str) -> Passage | None:
        """The passage of this name, when all of it was recorded."""
        first, last = self.recorded_span
        return next(
            (part for part in self.layout.passages if part.name == name and first <= part.start < part.stop <= last),
            None,
        )


@dataclass(frozen=True)
class Check:
    """A row of the table of checks.

    Attributes
    ----------
    name : str
        What `ignore` takes.
    about : str
        What it looks for.
    look : function
        Takes the evidence; gives a finding, or None when there is nothing to judge by.
    decisive : bool
        Whether nothing else can be judged when it finds an error.
    """

    name: str
    about: str
    look: Callable[[Evidence], "Verdict | None"]
    decisive: bool = False


@dataclass(frozen=True)
class Verdict:
    """A finding that does not know its check's name yet; see `Finding`."""

    severity: Severity
    measured: float
    unit: str
    words: str
    remedy: str = ""

    def finding(self, check: str, take: str) -> Finding:
        """The same with the names."""
        remedy = "" if self.severity == "ok" else self.remedy
        return Finding(check, self.severity, float(self.measured), self.unit, self.words, remedy, take)


def grade(value: float, *, warning: float, error: float) -> Severity:
    """Severity of a figure that is bad when it is large."""
    return "error" if value >= error else "warning" if value >= warning else "ok"


def decibels(power: float, reference: float = 1.0) -> float:
    """Ratio of two powers in dB, not below -200."""
    return max(NOTHING_DB, 10 * float(np.log10(power / reference))) if power > 0 and reference > 0 else NOTHING_DB
