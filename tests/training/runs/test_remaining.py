"""How long a run still takes, against a race that is simulated second by second."""

from dataclasses import replace
from itertools import pairwise

import pytest

from ampboard.training.runs.course import Course
from ampboard.training.runs.folder import Entrant, Settings
from ampboard.training.runs.halving import stages
from ampboard.training.runs.remaining import Remaining, by_pace

STEPS, PACE, ENDING = 1_000, 0.1, 6.0


def network(name: str, step: int, pace: float = PACE) -> Course:
    return Course(name, name, STEPS, 20, step=step, seconds_per_step=pace, state="training")


@pytest.mark.parametrize("step", [1, 400, 1_000])
def test_one_network_takes_its_steps_at_its_pace(step: int) -> None:
    settings, courses = Settings(("a",)), {"a": network("a", step)}
    left = by_pace(settings, courses, {"a": Entrant("a", 0, 60.0)}, stages(1)[0])
    assert left == pytest.approx((STEPS - step) * PACE)


def test_those_of_a_race_share_the_cores() -> None:
    """Three of one pace: three quarters of a training on two cores, then the second stage's and the winner's."""
    names = ("a", "b", "c")
    settings = Settings(names, cores=2)
    courses = {name: network(name, 0) for name in names}
    left = by_pace(settings, courses, {name: Entrant(name, 0, 60.0) for name in names}, stages(3)[0])
    assert left == pytest.approx(PACE * STEPS * (3 * 0.25 / 2 + 0.15 + 0.6))


def test_it_counts_down_a_second_a_second_though_the_pace_jumps() -> None:
    """A pace that is 40 % off either way from second to second moves what is shown by less than 4 seconds a second."""
    remaining = Remaining(Settings(("a",), minutes=2.0), ending=ENDING)
    entrants, shown = {"a": Entrant("a", 0, 114.0)}, []
    for second in range(101):
        pace = PACE * (1.4 if second % 2 else 0.6)
        courses = {"a": network("a", 10 * second, pace)}
        shown.append(remaining.at(float(second), courses, entrants, stages(1)[0]))
    assert shown[0] == pytest.approx(120.0)
    assert max(abs(later - earlier + 1) for earlier, later in pairwise(shown)) < 4
    assert shown[-1] == pytest.approx(ENDING, abs=4)


def test_without_a_pace_the_plan_is_told_or_nothing() -> None:
    courses, entrants = {"a": Course("a", "a")}, {"a": Entrant("a", 0, 60.0)}
    planned = Settings(("a",), minutes=1.0)
    assert Remaining(planned, ending=ENDING).at(10.0, courses, entrants, stages(1)[0]) == pytest.approx(50.0)
    counted = replace(planned, steps=5)
    assert Remaining(counted, ending=ENDING).at(10.0, courses, entrants, stages(1)[0]) == float("inf")
