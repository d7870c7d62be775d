"""What the measurements come to: errors by time, and how much less processor time the same error takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .jobs import OURS, QUICK, TABLE, Row
from .records import Job, Outcome


@dataclass(frozen=True)
class Spread:
    """Median and extremes over seeds."""

    median: float
    least: float
    most: float
    count: int

    def words(self, form: str) -> str:
        """Such as ``0.0021 (0.0018 to 0.0025)``."""
        middle = format(self.median, form)
        return middle if self.count == 1 else f"{middle} ({format(self.least, form)} to {format(self.most, form)})"


def spread(values: Iterable[float]) -> Spread:
    """Median, least and most of at least one value."""
    numbers = np.array(list(values))
    return Spread(float(np.median(numbers)), float(numbers.min()), float(numbers.max()), len(numbers))


@dataclass(frozen=True)
class Ratio:
    """How much less processor time ampboard needs to the error that a peer ends at.

    Attributes
    ----------
    peer : Job
        The run of the peer.
    esr, seconds : float
        The smallest error of that run and when it was first reached.
    architecture : str
        Of ampboard's.
    budget : float
        Of ampboard's runs that are counted; 0 where no budget had all its seeds reach that error.
    ours : Spread or None
        Processor seconds of those runs to that error, over the seeds.
    """

    peer: Job
    esr: float
    seconds: float
    architecture: str
    budget: float
    ours: Spread | None

    @property
    def times(self) -> Spread | None:
        """The peer's seconds over ours."""
        if self.ours is None:
            return None
        ours, seconds = self.ours, self.seconds
        return Spread(seconds / ours.median, seconds / ours.most, seconds / ours.least, ours.count)


def rows_measured(outcomes: Sequence[Outcome]) -> list[tuple[Row, list[Outcome]]]:
    """The rows of the table with their finished runs, rows without any left out."""
    found: list[tuple[Row, list[Outcome]]] = []
    for row in (*TABLE, *QUICK):
        name = (row.subject, row.trainer, row.architecture, float(row.budget))
        runs = [
            one
            for one in outcomes
            if one.ended and name == (one.job.subject, one.job.trainer, one.job.architecture, one.job.budget)
        ]
        if runs:
            found.append((row, runs))
    return found


def error_after(outcome: Outcome, seconds: float) -> float | None:
    """Smallest error up to that time; None where the run had ended long before or had not been judged yet."""
    errors = [point.esr for point in outcome.points if point.cpu_seconds <= 1.03 * seconds]
    return min(errors) if errors and outcome.points[-1].cpu_seconds >= 0.9 * seconds else None


def seconds_to(outcomes: Sequence[Outcome], subject: str, architecture: str, esr: float) -> tuple[float, Spread] | None:
    """Budget and, over its seeds, ampboard's processor seconds to the first judgement at or below an error.

    Of the budgets with the most seeds that all reached it, the one with the least median; None where there is none.
    """
    budgets: dict[float, list[float | None]] = {}
    for one in outcomes:
        job = one.job
        if one.ended and (job.subject, job.trainer, job.architecture) == (subject, OURS, architecture):
            budgets.setdefault(job.budget, []).append(one.reached(esr))
    reached = [
        (budget, spread(seconds for seconds in times if seconds is not None))
        for budget, times in budgets.items()
        if None not in times
    ]
    return min(reached, key=lambda found: (-found[1].count, found[1].median), default=None)


def ratios(outcomes: Sequence[Outcome]) -> list[Ratio]:
    """For each finished run of a peer, all of ampboard's architectures on that device."""
    found: list[Ratio] = []
    for one in outcomes:
        if one.job.trainer == OURS or not one.ended:
            continue
        seconds = one.reached(one.best)
        assert seconds is not None
        ours = dict.fromkeys(
            other.job.architecture
            for other in outcomes
            if (other.job.subject, other.job.trainer) == (one.job.subject, OURS) and other.ended
        )
        for name in ours:
            budget, least = seconds_to(outcomes, one.job.subject, name, one.best) or (0.0, None)
            found.append(Ratio(one.job, one.best, seconds, name, budget, least))
    return found
