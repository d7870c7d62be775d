"""How long a run still takes: from its plan at first, from the pace of its networks later, without jumps."""

from collections.abc import Mapping
from math import exp, inf, isfinite
from typing import Final

from .course import Course
from .folder import Entrant, Settings
from .halving import Stage, stages

TRUSTED: Final = 0.25  # part of the training after which the pace alone counts, and the plan no more
SMOOTHING: Final = 10.0  # seconds
RUNNING: Final = ("waiting", "starting", "training")


class Remaining:
    """The seconds that are left of a run.

    Parameters
    ----------
    settings : Settings
        Of the run.
    ending : float
        Seconds that all takes once the training is done.
    """

    def __init__(self, settings: Settings, *, ending: float) -> None:
        self._settings = settings
        self._ending = ending
        self._last: tuple[float, float] | None = None

    def at(self, elapsed: float, courses: Mapping[str, Course], entrants: Mapping[str, Entrant], stage: Stage) -> float:
        """Seconds left; infinite while nothing is known.

        Parameters
        ----------
        elapsed : float
            Seconds since the run began; must not fall from call to call.
        courses, entrants : mapping
            Of all networks, by name.
        stage : Stage
            The part of the race that goes on.
        """
        raw = self._planned(elapsed, courses, by_pace(self._settings, courses, entrants, stage) + self._ending)
        if not isfinite(raw):
            return inf
        if self._last is not None:
            then, left = self._last
            expected = max(left - (elapsed - then), 0.0)
            raw = expected + (1 - exp((then - elapsed) / SMOOTHING)) * (raw - expected)
        self._last = (elapsed, raw)
        return raw

    def _planned(self, elapsed: float, courses: Mapping[str, Course], by_pace: float) -> float:
        if self._settings.steps is not None:
            return by_pace
        plan = max(60 * self._settings.minutes - elapsed, self._ending)
        if not isfinite(by_pace):
            return plan
        done = max(_part(course) for course in courses.values())
        trust = min(done / TRUSTED, 1.0)
        return plan + trust * (by_pace - plan)


def by_pace(settings: Settings, courses: Mapping[str, Course], entrants: Mapping[str, Entrant], stage: Stage) -> float:
    """Seconds of training that are left if each network goes on at its pace; infinite while none has one.

    Parameters
    ----------
    settings, courses, entrants, stage
        As of `Remaining.at`.
    """
    paces = {name: course.seconds_per_step for name, course in courses.items() if course.seconds_per_step}
    if not paces:
        return inf
    mean_pace = sum(paces.values()) / len(paces)
    mean_steps = max(course.steps for course in courses.values())
    running = [name for name, course in courses.items() if course.state in RUNNING]
    whole = {
        name: paces.get(name, mean_pace) * (courses[name].steps or entrants[name].steps or mean_steps)
        for name in running
    }
    now = [whole[name] * max(0.0, stage.ends - _part(courses[name])) for name in running]
    cores = max(1, min(settings.cores, len(now)))
    left = max(sum(now) / cores, max(now, default=0.0))
    typical = sum(whole.values()) / max(len(whole), 1)
    for later in stages(len(settings.archs)):
        if later.begins > stage.begins:
            left += typical * -(-later.networks // settings.cores) * (later.ends - later.begins)
    return left


def _part(course: Course) -> float:
    return course.step / course.steps if course.steps else 0.0
