"""What a network has to do to be trained on streams."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...models.description import ModelDescription

Memory = tuple[Tensor, ...]

KNOBS_AT_REST: Final = 0.5  # where our engine holds them until they are turned


def array_of(weight: Tensor) -> NDArray[np.float32]:
    """A copy of a tensor for a description."""
    return np.array(weight.detach().cpu().numpy(), np.float32)


class StreamingNetwork(Protocol):
    """A causal network that remembers.

    `betas` are the moment decays of SOAP that suit it, `knobs` the names of its knobs.
    """

    betas: tuple[float, float]
    knobs: tuple[str, ...]

    def rest(self, streams: int) -> Memory:
        """Memory before the first frame, for a number of parallel streams (the first axis of each tensor)."""
        ...

    def __call__(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Process a window.

        Parameters
        ----------
        inputs : Tensor of float32, shape (streams, 1 + knobs, frames)
            The audio, then a row for each knob, from 0 to 1.
        memory : Memory
            What `rest` or the window before returned.

        Returns
        -------
        Tensor of float32, shape (streams, frames)
            The sound; of several models that are trained together, shape (models, streams, frames).
        Memory
            After the window, detached.
        """
        ...

    def to(self, device: torch.device) -> Any:
        """Move all weights to where torch computes."""
        ...

    def state_dict(self) -> Mapping[str, Tensor]:
        """All weights, as torch's modules give them: the tensors themselves."""
        ...

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """All parameters, each with the number of equal matrices that lie in its rows (4 in an LSTM's weights)."""
        ...

    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """Export to a framework-free description."""
        ...
