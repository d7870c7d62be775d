"""How a network is trained, as numbers."""

from dataclasses import dataclass
from math import cos, pi
from typing import Final, Literal

WARM_UP: Final = 0.03  # part of the updates


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes
    ----------
    steps : int
        Number of updates; the learning rate rises over the first 3 % and falls as a cosine to zero at the last.
    window : int
        Frames of each stream an update.
    streams : int
        Places of the material that are played side by side; each keeps its memory from window to window.
    learning_rate : float
        The largest.
    clip : float
        Gradients longer than so many times their running mean are shortened to that.
    averaging : float
        Part of the average of the weights that is kept at each update (0.99: about a hundred updates are averaged);
        the average is what is judged and exported. 0: no averaging.
    precision : str
        Of the arithmetic; ``bfloat16`` mixes both, as torch's autocast does, and gains on GPUs alone.
    seed : int
        Of the order in which several excerpts are heard.
    """

    steps: int
    window: int
    streams: int = 4
    learning_rate: float = 1e-2
    clip: float = 3.0
    averaging: float = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0

    def rate(self, step: int) -> float:
        """Learning rate of one update."""
        done = step / self.steps
        return self.learning_rate * min(done / WARM_UP, 1.0) * (1 + cos(pi * done)) / 2
