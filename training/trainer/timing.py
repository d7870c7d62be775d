"""Turns minutes into a number of updates by a short run, so that a run that is resumed is the same run."""

from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Final

from ..data.material import Material
from ..networks.streaming import StreamingNetwork
from .recipe import Recipe
from .trainer import Loss, Trainer, mean_square_error

WARM_UP: Final = 3
PARTS: Final = 5
PART_STEPS: Final = 10  # the optimiser refreshes its bases once in so many


def seconds_per_step(
    make_network: Callable[[], StreamingNetwork],
    material: Material,
    recipe: Recipe,
    *,
    loss: Loss = mean_square_error,
    device: str = "cpu",
) -> float:
    """Time an update by the clock on the wall: median of five parts of ten updates.

    Parameters
    ----------
    make_network : function
        Makes a network that is thrown away.
    material, recipe, loss, device
        As of `Trainer`.

    Returns
    -------
    float
        Seconds.
    """
    total = WARM_UP + PARTS * PART_STEPS
    trial = Trainer(make_network(), material, replace(recipe, steps=total), loss=loss, device=device)
    trial.advance(WARM_UP)
    times: list[float] = []
    for _ in range(PARTS):
        began = perf_counter()
        trial.advance(PART_STEPS)
        times.append((perf_counter() - began) / PART_STEPS)
    return median(times)
