"""How the training of networks has gone so far: a small file for each that says it all, and what a screen is shown."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any, Final, Literal

from ...models.errors import ModelError
from ...models.writing import write_atomically

State = Literal["waiting", "starting", "training", "out", "diverged", "done"]
FILE: Final = "course.json"


@dataclass(frozen=True)
class Course:
    """The course of one network.

    Attributes
    ----------
    name, arch : str
        Of the network, and of its architecture.
    steps : int
        Updates of the whole training; 0 while nobody knows.
    marks : int
        After how many equal parts of the training it is judged.
    esr : mapping of int to float
        Error-to-signal ratio on the validation passages after a number of updates.
    step : int
        Updates done.
    seconds_per_step : float
        By the clock on the wall, evaluations included.
    cpu_seconds : float
        Processor time of the updates.
    speed : float
        How many times faster than real time the model plays on one core of this machine.
    weights : int
        Number of trained values.
    state : str
        What it is doing.
    note : str
        Why it ended, where it did not finish.
    """

    name: str
    arch: str
    steps: int = 0
    marks: int = 0
    esr: dict[int, float] = field(default_factory=dict[int, float])
    step: int = 0
    seconds_per_step: float = 0.0
    cpu_seconds: float = 0.0
    speed: float = 0.0
    weights: int = 0
    state: State = "waiting"
    note: str = ""

    @property
    def best_step(self) -> int | None:
        """When it was best; the later of two that are equal."""
        return min(self.esr, key=lambda step: (self.esr[step], -step)) if self.esr else None

    @property
    def best_esr(self) -> float:
        """The lowest seen; infinite before the first."""
        return min(self.esr.values(), default=float("inf"))

    @property
    def last_esr(self) -> float:
        """The latest; infinite before the first."""
        return self.esr[max(self.esr)] if self.esr else float("inf")

    def judged(self, step: int, esr: float) -> "Course":
        """With one more judgement."""
        return replace(self, esr={**self.esr, step: esr})

    def mark_after(self, step: int) -> int:
        """The next update after which it is judged."""
        number = step * self.marks // self.steps + 1
        return next(mark for mark in self._from(number) if mark > step)

    def mark_at(self, part: float) -> int:
        """The first update at or behind a part of the training after which it is judged."""
        return self._mark(ceil(part * self.marks - 1e-9))

    def _from(self, number: int) -> list[int]:
        return [self._mark(n) for n in range(max(1, number - 1), self.marks + 1)] or [self.steps]

    def _mark(self, number: int) -> int:
        return max(1, round(self.steps * number / self.marks))

    def as_plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "esr": sorted(self.esr.items())}

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> "Course":
        """From what `as_plain` made."""
        typed: dict[str, Any] = {**values, "esr": {int(step): float(esr) for step, esr in values["esr"]}}
        return cls(**typed)

    def write(self, folder: Path) -> None:
        """Write it to a network's folder."""
        write_atomically(folder / FILE, json.dumps(self.as_plain()).encode())

    @classmethod
    def read(cls, folder: Path) -> "Course | None":
        """Read it; None where there is none yet.

        Raises
        ------
        ModelError
            When it is damaged.
        """
        path = folder / FILE
        try:
            return cls.from_plain(json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path}: cannot be read ({error}): start the run anew") from None


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
        Seconds since the command began, and that are left until it ends; `left` is infinite while nobody knows.
    listen : Path or None
        The validation passage as the best model so far plays it.
    news : str
        What has just happened, in a line; mostly nothing.
    doing : str
        What goes on while no network trains.
    """

    courses: tuple[Course, ...]
    winner: str = ""
    elapsed: float = 0.0
    left: float = float("inf")
    listen: Path | None = None
    news: str = ""
    doing: str = ""

    @property
    def best(self) -> Course | None:
        """The course of the network with the lowest error so far."""
        judged = [course for course in self.courses if course.esr]
        return min(judged, key=lambda course: course.best_esr) if judged else None


Watch = Callable[[Progress], None]
"""Is told how a run goes, several times a second."""
