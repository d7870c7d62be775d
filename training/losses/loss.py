"""What a loss is, and sums of losses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..networks.streaming import StreamingNetwork


class Loss(Protocol):
    """How far what a network played is from what the device played."""

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Compare a window.

        Parameters
        ----------
        output, target : Tensor of float32, shape (streams, frames)
            Of the network and of the device, best scaled so that the mean square of the whole target is 1.

        Returns
        -------
        Tensor
            One number, not below 0.
        """
        ...


class NetworkLoss(Protocol):
    """A fault of a network that shows without the device: something is played to it."""

    def __call__(self, network: "StreamingNetwork", step: int) -> Tensor:
        """Measure the network; what is played depends on the number of the update alone. One number, not below 0."""
        ...


@dataclass(frozen=True)
class LossSum:
    """A weighted sum of losses, itself a `Loss`.

    Attributes
    ----------
    terms : sequence of (float, Loss)
        Weights, and losses that compare output and target.
    network_terms : sequence of (float, NetworkLoss)
        Weights, and losses that the network is asked for on its own; see `of_network`.
    """

    terms: Sequence[tuple[float, Loss]]
    network_terms: Sequence[tuple[float, NetworkLoss]] = ()

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """See `Loss`; the network's own terms are not in it."""
        return _total([weight * loss(output, target) for weight, loss in self.terms], output)

    def of_network(self, network: "StreamingNetwork", step: int) -> Tensor | None:
        """The sum of the network's own terms at one update, to be added to that of the window; None: there are none."""
        if not self.network_terms:
            return None
        parts = [weight * loss(network, step) for weight, loss in self.network_terms]
        return _total(parts, parts[0])


def _total(parts: Sequence[Tensor], like: Tensor) -> Tensor:
    return torch.stack(list(parts)).sum() if parts else torch.zeros((), dtype=like.dtype, device=like.device)
