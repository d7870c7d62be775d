"""The rules of a race: when networks are compared, how many stay, and how much time the winner has.

Successive halving: all train side by side on the schedule of a whole training; at certain parts of it the worse half
leaves. What the winner has learned by then is not lost: it only goes on.

References
----------
K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from .course import Course

PARTS: Final = (0.05, 0.1, 0.25, 0.4)
"""After which parts of the training networks leave; a race of three uses the last two.

LSTMs start slowly: after a tenth of a minute the one that wins on a high-gain amplifier has twice the WaveNets' error.
"""

CLOSE: Final = 3.0
"""Errors nearer to each other than this when the winner is chosen say little about the end."""


@dataclass(frozen=True)
class Stage:
    """A part of a race.

    Attributes
    ----------
    networks : int
        How many train in it.
    begins, ends : float
        Parts of the whole training.
    """

    networks: int
    begins: float
    ends: float


def stages(networks: int) -> tuple[Stage, ...]:
    """The stages of a race of so many networks; in the last one the winner is alone."""
    sizes = [networks]
    while sizes[-1] > 1:
        sizes.append(ceil(sizes[-1] / 2))
    ends = (*PARTS[len(PARTS) - len(sizes) + 1 :], 1.0)
    begins = (0.0, *ends[:-1])
    return tuple(map(Stage, sizes, begins, ends))


def whole_training(networks: int, cores: int) -> float:
    """Part of the race's time that the winner's training takes.

    Parameters
    ----------
    networks : int
        In the race.
    cores : int
        Networks trained at once.

    Examples
    --------
    >>> round(whole_training(3, 2), 3)
    0.8
    """
    return 1 / sum(ceil(stage.networks / cores) * (stage.ends - stage.begins) for stage in stages(networks))


def survivors(courses: Sequence[Course], part: float, keep: int) -> tuple[str, ...]:
    """Names of the networks that stay, best first.

    Parameters
    ----------
    courses : sequence of Course
        All that have reached this part of the training, or diverged on the way.
    part : float
        Of the whole training.
    keep : int
        How many stay at most.
    """
    sound = [course for course in courses if course.state != "diverged"]
    return tuple(course.name for course in sorted(sound, key=lambda course: _esr_at(course, part))[:keep])


def close_second(courses: Sequence[Course], part: float) -> str:
    """Name of the second best at a part of the training where it may still come first, or nothing.

    Parameters
    ----------
    courses, part
        As of `survivors`.
    """
    first, *others = survivors(courses, part, 2)
    esr = {course.name: _esr_at(course, part) for course in courses}
    return others[0] if others and esr[others[0]] < CLOSE * esr[first] else ""


def _esr_at(course: Course, part: float) -> float:
    """The lower of the last two judgements: one of them may fall on a moment of unrest."""
    until = course.mark_at(part)
    return min([course.esr[step] for step in sorted(course.esr) if step <= until][-2:], default=float("inf"))
