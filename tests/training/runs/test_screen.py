"""What is shown of a run."""

from io import StringIO

import pytest
from rich.console import Console

from ampboard.training.runs.course import Course, Progress
from ampboard.training.runs.screen import clock, esr_words, picture, shown, sparkline

COURSE = Course("lstm", "lstm", 1_000, 20, {50: 0.5, 100: 0.05, 500: 0.005}, 500, speed=50.0, state="training")
OTHER = Course("wavenet", "wavenet", 400, 20, {20: 0.9}, 40, state="out")


@pytest.mark.parametrize(
    ("esr", "words"),
    [(0.00123456, "0.00123"), (0.5, "0.500"), (1.25, "1.250"), (0.0123, "0.0123"), (float("inf"), "-"), (0.0, "0.000")],
)
def test_errors_have_three_digits_and_no_exponent(esr: float, words: str) -> None:
    assert esr_words(esr) == words


def test_the_sparkline_falls_by_decibels_and_ends_where_the_training_is() -> None:
    drawn = sparkline(COURSE, 20)
    assert drawn == "█▅" + 7 * "▅" + "▁"
    assert sparkline(Course("new", "new")) == ""


def test_time_is_told_in_minutes() -> None:
    assert [clock(seconds) for seconds in (7, 67, 3_700, float("inf"))] == ["0:07", "1:07", "1:01:40", "-:--"]


def test_racers_stand_side_by_side() -> None:
    console = Console(file=StringIO(), width=100)
    console.print(picture(Progress((COURSE, OTHER), elapsed=10, left=50), "crunch"))
    text = console.file.getvalue()  # pyright: ignore
    assert "crunch" in text
    assert "0:10 gone, 0:50 left" in text
    lstm, wavenet = (next(row for row in text.splitlines() if row.startswith(name)) for name in ("lstm ", "wavenet"))
    assert "50 %" in lstm
    assert "0.00500" in lstm
    assert "50x" in lstm
    assert "out" in wavenet
    assert "great" in text


def test_what_goes_on_beside_the_training_is_said_once() -> None:
    """And a network that nobody has judged has no error."""
    said: list[str] = []
    new = Course("lstm", "lstm", 1_000, 20, state="training")
    with shown("crunch", Console(file=StringIO()), said.append) as watch:
        watch(Progress((), elapsed=1, doing="reading dry.wav"))
        watch(Progress((), elapsed=2, doing="reading dry.wav"))
        watch(Progress((new,), elapsed=3, left=9))
    assert said == ["0:01 gone: reading dry.wav", "0:03 gone, 0:09 left: lstm 0 %"]


def test_without_a_terminal_there_are_lines() -> None:
    said: list[str] = []
    with shown("crunch", Console(file=StringIO()), said.append) as watch:
        watch(Progress((COURSE, OTHER), elapsed=10, left=50, news="lstm goes on"))
        watch(Progress((COURSE, OTHER), elapsed=11, left=49))
    assert said == ["lstm goes on", "0:10 gone, 0:50 left: lstm 50 % ESR 0.00500"]
