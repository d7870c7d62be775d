"""Neural Amp Modeler's second architecture (A2): a small and a large WaveNet of one device, trained together."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from ...models.description import Container, LayerArray, ModelDescription, WaveNet
from ...models.errors import ModelError
from .streaming import Memory
from .wavenet import WaveNetNetwork

HEAD_SCALE: Final = 0.01
HEAD_TAPS: Final = 16
KERNEL_SIZES: Final = (6,) * 14 + (15, 15) + (6,) * 7
_SEVEN: Final = (1, 3, 7, 17, 41, 101, 239)
DILATIONS: Final = (*_SEVEN, *_SEVEN, 1, 13, *_SEVEN)
SIZES: Final = {0.5: 3, 1.0: 8}
"""Below which quality a model of how many channels plays, as NAM's trainer exports them."""


def a2(channels: int, *, knobs: int = 0) -> WaveNet:
    """One WaveNet of the A2 shape: 23 layers with leaky rectifiers, and a head that looks back 15 frames.

    References
    ----------
    neural-amp-modeler 0.13, the default configuration of its trainer.
    """
    inputs = 1 + knobs
    stack = LayerArray(
        inputs,
        inputs,
        channels,
        KERNEL_SIZES,
        DILATIONS,
        "LeakyReLU",
        False,
        1,
        head_bias=True,
        head_kernel_size=HEAD_TAPS,
    )
    return WaveNet((stack,), inputs=inputs)


class ContainerNetwork(nn.Module):
    """Models of one device, from small to large, that hear the same windows.

    While it trains, the output has the shape (models, streams, frames), the largest first, each to be compared with the
    same target. After ``eval()`` only the largest is run.

    Parameters
    ----------
    networks : sequence of WaveNetNetwork
        Ascending in size.
    qualities : sequence of float
        Below which quality each plays; see `Container`.
    """

    betas = (0.9, 0.95)

    def __init__(self, networks: Sequence[WaveNetNetwork], qualities: Sequence[float]) -> None:
        super().__init__()
        self.networks, self.qualities = nn.ModuleList(networks), tuple(qualities)
        self.knobs = networks[-1].knobs

    @classmethod
    def from_description(cls, description: ModelDescription) -> "ContainerNetwork":
        """Make the networks of a container.

        Raises
        ------
        ModelError
            When the model is no container of WaveNets, or one of them has a part that is not trained here.
        """
        container = description.architecture
        if not isinstance(container, Container):
            raise ModelError(f"the model is no container: it is a {type(container).__name__}")
        return cls([WaveNetNetwork.from_description(model) for model in container.models], container.qualities)

    @property
    def _ordered(self) -> list[WaveNetNetwork]:
        """The networks, the largest first."""
        return [network for network in reversed(self.networks) if isinstance(network, WaveNetNetwork)]

    def rest(self, streams: int) -> Memory:
        """See `StreamingNetwork.rest`."""
        return tuple(part for network in self._ordered for part in network.rest(streams))

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """See `StreamingNetwork.__call__`, and the class for the rows of the output."""
        if not self.training:
            sound, after = self._ordered[0](inputs, memory[:1])
            return sound, (*after, *memory[1:])
        sounds, kept = list[Tensor](), list[Tensor]()
        for network, past in zip(self._ordered, memory, strict=True):
            sound, after = network(inputs, (past,))
            sounds.append(sound)
            kept += after
        return torch.stack(sounds), tuple(kept)

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """See `StreamingNetwork.matrices`."""
        return [matrix for network in self._ordered for matrix in network.matrices()]

    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """See `StreamingNetwork.describe`: a container, which NAM's file calls a SlimmableContainer."""
        models = tuple(network.describe(sample_rate, metadata) for network in reversed(self._ordered))
        prewarm = models[-1].prewarm_frames
        container = Container(self.qualities, models)
        return ModelDescription(container, {}, sample_rate, prewarm, knobs=self.knobs, metadata=metadata)


class A2Network(ContainerNetwork):
    """The sizes of NAM's A2, of 3 and of 8 channels.

    Parameters
    ----------
    knobs : sequence of str
        Names of the knobs.
    seed : int
        Of the initial weights.
    """

    def __init__(self, *, knobs: Sequence[str] = (), seed: int) -> None:
        networks = [
            WaveNetNetwork(a2(channels, knobs=len(knobs)), knobs=knobs, head_scale=HEAD_SCALE, seed=seed)
            for channels in SIZES.values()
        ]
        super().__init__(networks, tuple(SIZES))
