"""How a run goes, as of now: what a screen shows and a program is told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .course import Course


@dataclass(frozen=True)
class Progress:
    """What there is to see.

    Attributes
    ----------
    courses : tuple of Course
        Of all networks, in the order in which they were named.
    winner : str
        Name of the one that has won the race; empty while it is open. Without a race, the only one.
    elapsed, left : float
        Seconds since this process began to train, and that are left by the pace so far; `left` is infinite while no
        network has been timed.
    listen : Path or None
        The validation passage as the best model so far plays it.
    news : str
        What has just happened, in a line; mostly nothing.
    """

    courses: tuple[Course, ...]
    winner: str = ""
    elapsed: float = 0.0
    left: float = float("inf")
    listen: Path | None = None
    news: str = ""

    @property
    def best(self) -> Course | None:
        """The course of the network with the lowest error so far."""
        judged = [course for course in self.courses if course.esr]
        return min(judged, key=lambda course: course.best_esr) if judged else None


Watch = Callable[[Progress], None]
"""Is told how a run goes, several times a second."""
