"""A parameter on its way from one value to another."""

from dataclasses import dataclass
from typing import Final, Self

GLIDE_STEP: Final = 16  # frames between two steps


@dataclass
class Glide:
    """Equal steps towards a goal, which is met exactly."""

    value: float
    goal: float
    steps: int

    @classmethod
    def between(cls, start: float, goal: float, steps: int) -> Self:
        """From one value to another in so many steps, one at least."""
        return cls(start, goal, max(steps, 1))

    @property
    def arrived(self) -> bool:
        """Whether the goal is met."""
        return self.steps == 0

    def next(self) -> float:
        """Take a step; return where that leads."""
        self.value += (self.goal - self.value) / self.steps
        self.steps -= 1
        if self.arrived:
            self.value = self.goal
        return self.value
