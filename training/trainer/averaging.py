"""The running average of a network's weights, which is steadier than the weights themselves."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average (EMA) of weights.

    Over the first updates the average is shorter, so that the start is soon forgotten.

    Parameters
    ----------
    parameters : sequence of Parameter
        What is averaged.
    keep : float
        Part of the average that is kept at each update.

    References
    ----------
    B. T. Polyak, A. B. Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM J. Control Optim. 1992.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], *, keep: float) -> None:
        self.keep = keep
        self._live = [parameter.data for parameter in parameters]
        self.weights: list[Tensor] = [weight.clone() for weight in self._live]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take the weights after one update, counted from 0, into the average."""
        keep = min(self.keep, (1 + step) / (10 + step))
        for average, weight in zip(self.weights, self._live, strict=True):
            average.lerp_(weight, 1 - keep)

    @contextmanager
    def applied(self) -> Generator[None]:
        """Put the averages in place of the weights for a while."""
        kept = [weight.clone() for weight in self._live]
        try:
            _put(self._live, self.weights)
            yield
        finally:
            _put(self._live, kept)


def _put(places: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for place, value in zip(places, values, strict=True):
        place.copy_(value)
