"""A stateful GRU with a linear head."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from .recurrent import RecurrentNetwork


class GruNetwork(RecurrentNetwork):
    """GRU layers and a linear head; parameters as those of `RecurrentNetwork`.

    The update gates' biases start at the logarithms of the units' memories. What the state adds to the candidate has a
    bias of its own (torch's ``b_hn``), as the reset gate multiplies it.
    """

    kind = "gru"
    gates = 3

    @staticmethod
    def first_biases(memory: Tensor) -> dict[str, Tensor]:
        """See `RecurrentNetwork.first_biases`."""
        nothing = torch.zeros_like(memory)
        return {"input_bias": torch.cat([nothing, memory, nothing]), "candidate_bias": nothing.clone()}

    def slot_bias(self, layer: int) -> Tensor:
        """See `RecurrentNetwork.slot_bias`."""
        return torch.cat([self.arrays[f"{layer}_input_bias"], self.arrays[f"{layer}_candidate_bias"]])

    def own_arrays(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """See `RecurrentNetwork.own_arrays`; of the recurrent bias, the candidate's part stays by itself."""
        own, first = super().own_arrays(arrays), 2 * self.hidden_size
        for layer in range(self.layers):
            own[f"{layer}_candidate_bias"] = np.zeros(self.hidden_size, np.float32)
            if (added := arrays.get(f"{layer}.recurrent.bias")) is not None:
                own[f"{layer}_candidate_bias"] = added[first:].copy()
                own[f"{layer}_input_bias"][first:] = arrays[f"{layer}.input.bias"][first:]
        return own

    def described_arrays(self) -> dict[str, np.ndarray]:
        """See `RecurrentNetwork.described_arrays`."""
        arrays = super().described_arrays()
        for layer in range(self.layers):
            candidate = arrays.pop(f"{layer}.candidate.bias")
            arrays[f"{layer}.recurrent.bias"] = np.concatenate([np.zeros(2 * candidate.size, np.float32), candidate])
        return arrays
