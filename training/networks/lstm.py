"""A stateful LSTM with a linear head."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...models.description import ModelDescription, Recurrent
from .streaming import Memory

LONGEST_MEMORY = 500.0  # frames, of the chrono initialisation
PREWARM_SECONDS = 0.5  # as NAM's engine runs it on silence at load


class LstmNetwork(nn.Module):
    """One LSTM layer and a linear head.

    The forget gates' biases start at ``log U(1, 500)`` and the input gates' at their negative, so that cells of all
    time scales exist from the start (chrono initialisation: Tallec and Ollivier, "Can recurrent neural networks warp
    time?", ICLR 2018): supply sag and bias shift live in the slow ones.

    Parameters
    ----------
    hidden_size : int
        Number of cells.
    seed : int
        Of the initial weights.
    """

    betas = (0.9, 0.99)

    def __init__(self, hidden_size: int, *, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.hidden_size = hidden_size
        self.cells = nn.LSTM(1, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, 1)
        with torch.no_grad():
            memory = torch.log(torch.empty(hidden_size).uniform_(1.0, LONGEST_MEMORY))
            bias = torch.zeros(4 * hidden_size)
            bias[:hidden_size] = -memory
            bias[hidden_size : 2 * hidden_size] = memory
            weights = dict(self.cells.named_parameters())
            weights["bias_ih_l0"].copy_(bias)
            weights["bias_hh_l0"].zero_()
        weights["bias_hh_l0"].requires_grad_(False)  # one bias is enough, and the .nam file holds one

    def rest(self, streams: int) -> Memory:
        """See `StreamingNetwork.rest`."""
        return tuple(torch.zeros(streams, self.hidden_size) for _ in range(2))

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """See `StreamingNetwork.__call__`."""
        short, long = memory
        hidden, (short, long) = self.cells(inputs.mT, (short[None], long[None]))
        return self.head(hidden)[..., 0], (short[0].detach(), long[0].detach())

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """See `StreamingNetwork.matrices`."""
        gated = {self.cells.weight_ih_l0, self.cells.weight_hh_l0}
        return [(weight, 4 if weight in gated else 1) for weight in self.parameters() if weight.requires_grad]

    @torch.no_grad()
    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """See `StreamingNetwork.describe`; the stored state is the one after half a second of silence."""
        prewarm = int(PREWARM_SECONDS * sample_rate)
        _, (short, long) = self.forward(torch.zeros(1, 1, prewarm), self.rest(1))
        weights = dict(self.cells.named_parameters())
        arrays = {
            "0.input.weight": weights["weight_ih_l0"],
            "0.recurrent.weight": weights["weight_hh_l0"],
            "0.input.bias": weights["bias_ih_l0"],
            "0.hidden": short[0],
            "0.cell": long[0],
            "head.weight": self.head.weight,
            "head.bias": self.head.bias,
        }
        return ModelDescription(
            Recurrent("lstm", 1, self.hidden_size, 1, initial_state=True),
            {name: array.detach().numpy().astype(np.float32).copy() for name, array in arrays.items()},
            sample_rate,
            prewarm,
            metadata=metadata,
        )
