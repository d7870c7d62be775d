"""The rules of a race."""

import pytest

from ampboard.training.runs.course import Course
from ampboard.training.runs.halving import Stage, close_second, stages, survivors, whole_training


def course(name: str, **esr: float) -> Course:
    return Course(name, name, steps=1_000, marks=20, esr={int(step[1:]): value for step, value in esr.items()})


def test_half_of_the_networks_leave_at_each_stage() -> None:
    assert stages(1) == (Stage(1, 0.0, 1.0),)
    assert stages(3) == (Stage(3, 0.0, 0.25), Stage(2, 0.25, 0.4), Stage(1, 0.4, 1.0))
    assert [stage.networks for stage in stages(5)] == [5, 3, 2, 1]


@pytest.mark.parametrize("networks", [1, 2, 3, 5])
@pytest.mark.parametrize("cores", [1, 2, 4])
def test_all_stages_together_take_the_time_of_the_race(networks: int, cores: int) -> None:
    """Added up stage by stage, with as many networks at once as there are cores, within rounding."""
    winner = whole_training(networks, cores)
    total = 0.0
    for stage in stages(networks):
        waiting = stage.networks
        while waiting > 0:
            total += winner * (stage.ends - stage.begins)
            waiting -= cores
    assert total == pytest.approx(1.0)


def test_those_with_the_lowest_error_stay() -> None:
    courses = [course("a", s50=0.9, s100=0.3), course("b", s50=0.5, s100=0.2), course("c", s50=0.7, s100=0.8)]
    assert survivors(courses, 0.1, 2) == ("b", "a")
    assert survivors(courses, 0.1, 1) == ("b",)


def test_one_bad_moment_does_not_put_a_network_out() -> None:
    """The lower of the last two judgements counts; what came later than the comparison does not."""
    courses = [course("steady", s50=0.5, s100=0.4, s150=0.4), course("restless", s50=0.1, s100=0.9, s150=0.9)]
    assert survivors(courses, 0.1, 1) == ("restless",)
    assert survivors(courses, 0.15, 1) == ("steady",)


def test_a_second_that_is_close_is_named() -> None:
    courses = [course("a", s100=0.61), course("b", s100=0.41), course("c", s100=0.2)]
    assert close_second(courses, 0.1) == "b"
    assert close_second([courses[0], courses[2]], 0.1) == ""
    assert close_second(courses[:1], 0.1) == ""


def test_what_diverged_does_not_stay() -> None:
    gone = Course("gone", "gone", steps=1_000, marks=20, esr={50: 0.001}, state="diverged")
    assert survivors([gone, course("a", s100=0.5)], 0.1, 2) == ("a",)
    assert survivors([gone], 0.1, 1) == ()


@pytest.mark.parametrize("steps", [7, 60, 1_000, 12_345])
def test_judgements_are_spread_over_the_training_and_end_with_it(steps: int) -> None:
    plan = Course("a", "a", steps=steps, marks=20)
    marks, step = [], 0
    while step < steps:
        step = plan.mark_after(step)
        marks.append(step)
    assert marks[-1] == steps
    assert len(marks) == min(steps, 20)
    assert {plan.mark_at(part) for part in (0.1, 0.25, 1.0)} <= set(marks)
