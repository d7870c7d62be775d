"""A stateful LSTM with a linear head."""

import torch
from torch import Tensor

from .recurrent import RecurrentNetwork


class LstmNetwork(RecurrentNetwork):
    """LSTM layers and a linear head; parameters as those of `RecurrentNetwork`.

    The forget gates' biases start at the logarithms of the units' memories, the input gates' at their negatives.
    """

    kind = "lstm"
    gates = 4

    @staticmethod
    def first_biases(memory: Tensor) -> dict[str, Tensor]:
        """See `RecurrentNetwork.first_biases`."""
        nothing = torch.zeros_like(memory)
        return {"input_bias": torch.cat([-memory, memory, nothing, nothing])}
