"""What a run looks like in a terminal, and in lines where there is none."""

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .course import Course, Progress, Watch

BARS: Final = "▁▂▃▄▅▆▇█"
SPARK_WIDTH: Final = 24
LINE_SECONDS: Final = 10.0  # between two lines where nobody looks at a screen
STATES: Final = {
    "waiting": "waits",
    "starting": "starts",
    "training": "trains",
    "out": "out",
    "diverged": "diverged",
    "done": "done",
}


def esr_words(esr: float) -> str:
    """An error-to-signal ratio with three digits, plainly: ``0.00123``."""
    if not math.isfinite(esr):
        return "-"
    digits = max(3, 2 - math.floor(math.log10(esr))) if esr > 0 else 3
    return f"{esr:.{digits}f}"


def verdict(esr: float) -> str:
    """What players call it."""
    from ..result.verdict import GRADES

    return next(grade.word for grade in GRADES if esr < grade.below)


def sparkline(course: Course, width: int = SPARK_WIDTH) -> str:
    """The course of the error, on a scale of decibels, over the whole length of the training.

    Parameters
    ----------
    course : Course
        What is drawn.
    width : int
        Characters of the whole training.
    """
    if not course.esr or not course.steps:
        return ""
    levels = {step: math.log(max(esr, 1e-9)) for step, esr in course.esr.items()}
    low, high = min(levels.values()), max(levels.values())
    cells: dict[int, float] = {}
    for step, level in sorted(levels.items()):
        cells[max(0, min(width - 1, (step - 1) * width // course.steps))] = level
    drawn, last = "", next(iter(cells.values()))
    for place in range(max(cells) + 1):
        last = cells.get(place, last)
        part = (last - low) / (high - low) if high > low else 0.0
        drawn += BARS[round(part * (len(BARS) - 1))]
    return drawn


def clock(seconds: float) -> str:
    """``3:07``."""
    if not math.isfinite(seconds):
        return "-:--"
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def picture(progress: Progress, title: str) -> Group:
    """The screen: a row for each network, then what there is to hear."""
    head = Text.assemble((title, "bold"), f"   {_head(progress)}")
    if not progress.courses:
        return Group(head)
    table = Table(box=None, pad_edge=False)
    for name in ("network", ""):
        table.add_column(name)
    for name in ("done", "ESR now", "best"):
        table.add_column(name, justify="right")
    table.add_column("over the training", min_width=SPARK_WIDTH)
    table.add_column("plays", justify="right")
    best = progress.best
    for course in progress.courses:
        leads = best is not None and course.name == best.name
        style = "bold green" if leads else "dim" if course.state in ("out", "diverged", "waiting") else ""
        won = course.name == progress.winner and len(progress.courses) > 1 and course.state == "training"
        done = f"{100 * course.step / course.steps:.0f} %" if course.steps else ""
        table.add_row(
            course.name,
            "has won" if won else STATES[course.state],
            done,
            esr_words(course.last_esr) if course.esr else "",
            esr_words(course.best_esr) if course.esr else "",
            sparkline(course),
            f"{course.speed:.0f}x" if course.speed else "",
            style=style,
        )
    lines = [head, table]
    if best is not None:
        foot = f"{best.name}: ESR {esr_words(best.best_esr)}, {verdict(best.best_esr)}"
        lines.append(Text(foot + (f"   listen: {progress.listen}" if progress.listen else "")))
    return Group(*lines)


def line(progress: Progress) -> str:
    """The same in a line."""
    parts = [
        f"{course.name} {100 * course.step / course.steps:.0f} %"
        + (f" ESR {esr_words(course.best_esr)}" if course.esr else "")
        for course in progress.courses
        if course.steps and course.state not in ("out", "diverged")
    ]
    return ": ".join(filter(None, (_head(progress), ", ".join(parts))))


def _head(progress: Progress) -> str:
    """How long, how much longer, and what goes on when no network trains."""
    left = f", {clock(progress.left)} left" if math.isfinite(progress.left) else ""
    return f"{clock(progress.elapsed)} gone{left}" + (f": {progress.doing}" if progress.doing else "")


@contextmanager
def shown(title: str, console: Console, say: Callable[[str], None]) -> Generator[Watch]:
    """Yield what shows a run: a screen where `console` is a terminal, lines through `say` where it is not.

    Parameters
    ----------
    title : str
        What is trained.
    console : Console
        Where the screen would be.
    say : function
        Takes a line.
    """
    if not console.is_terminal:
        yield _Lines(say)
        return
    screen = _Screen(title)
    with Live(get_renderable=screen.picture, console=console, refresh_per_second=4, transient=True):
        yield screen
    for words in screen.news:
        say(words)


class _Screen:
    """Keeps what was told last; its clock goes on while nothing is told, as when files are read."""

    def __init__(self, title: str) -> None:
        self.news: list[str] = []
        self._title = title
        self._last = Progress(())
        self._at = monotonic()

    def __call__(self, progress: Progress) -> None:
        if progress.news:
            self.news.append(progress.news)
        self._last, self._at = progress, monotonic()

    def picture(self) -> Group:
        """What is on the screen now."""
        last, since = self._last, monotonic() - self._at
        now = replace(last, elapsed=last.elapsed + since, left=max(last.left - since, 0.0))
        return Group(picture(now, self._title), *map(Text, self.news[-3:]))


class _Lines:
    """Says how it goes every few seconds, and news at once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = -math.inf
        self._doing = ""

    def __call__(self, progress: Progress) -> None:
        if progress.news:
            self._say(progress.news)
        if progress.doing and progress.doing != self._doing:
            self._say(f"{clock(progress.elapsed)} gone: {progress.doing}")
        self._doing = progress.doing
        trains = any(course.steps for course in progress.courses) and not progress.doing
        if trains and monotonic() - self._last >= LINE_SECONDS:
            self._last = monotonic()
            self._say(line(progress))
