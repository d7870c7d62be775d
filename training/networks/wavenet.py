"""NAM's first WaveNet (A1), trained on streams: each layer keeps its own history instead of computing it again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...models.description import LayerArray, ModelDescription, WaveNet
from .streaming import Memory

HEAD_SCALE = 0.02


class WaveNetNetwork(nn.Module):
    """An ungated WaveNet with hyperbolic tangents.

    The parameters carry the names and shapes of the description's arrays, with ``_`` for the dots.

    Parameters
    ----------
    architecture : WaveNet
        Its layer arrays; ``Tanh``, not gated.
    seed : int
        Of the initial weights.
    """

    betas = (0.9, 0.95)

    def __init__(self, architecture: WaveNet, *, seed: int) -> None:
        super().__init__()
        if any(stack.gated or stack.activation != "Tanh" for stack in architecture.layer_arrays):
            raise ValueError("only ungated stacks with Tanh are trained")
        torch.manual_seed(seed)
        self.architecture = architecture
        self.arrays = nn.ParameterDict()
        for name, shape in architecture.shapes().items():
            if name == "head_scale":
                continue
            weight_name = name.replace(".bias", ".weight")
            bound = float(np.prod(architecture.shapes()[weight_name][1:])) ** -0.5  # torch's for convolutions
            self.arrays[name.replace(".", "_")] = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

    def _array(self, *path: object) -> Tensor:
        return self.arrays["_".join(map(str, path))]

    def rest(self, streams: int) -> Memory:
        """See `StreamingNetwork.rest`."""
        return tuple(
            torch.zeros(streams, stack.channels, stack.look_back(layer))
            for stack in self.architecture.layer_arrays
            for layer in range(len(stack.dilations))
        )

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """See `StreamingNetwork.__call__`."""
        condition = inputs
        signal, head = inputs[:, :1], None
        kept: list[Tensor] = []
        for number, stack in enumerate(self.architecture.layer_arrays):
            signal = functional.conv1d(signal, self._array(number, "rechannel_weight")[..., None])
            for layer, dilation in enumerate(stack.dilations):
                place = (number, "layers", layer)
                known = torch.cat([memory[len(kept)], signal], dim=2)
                kept.append(known[..., known.shape[2] - stack.look_back(layer) :].detach())
                mixed = functional.conv1d(
                    known, self._array(*place, "conv_weight"), self._array(*place, "conv_bias"), dilation=dilation
                )
                mixed = mixed + functional.conv1d(condition, self._array(*place, "mixin_weight")[..., None])
                active = torch.tanh(mixed)
                head = active if head is None else head + active
                if (number, layer) != self._last:
                    signal = signal + functional.conv1d(
                        active, self._array(*place, "one_weight")[..., None], self._array(*place, "one_bias")
                    )
            bias = self._array(number, "head_bias") if stack.head_bias else None
            assert head is not None
            head = functional.conv1d(head, self._array(number, "head_weight")[..., None], bias)
        assert head is not None
        return HEAD_SCALE * head[:, 0], tuple(kept)

    @property
    def _last(self) -> tuple[int, int]:
        stacks = self.architecture.layer_arrays
        return len(stacks) - 1, len(stacks[-1].dilations) - 1

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """See `StreamingNetwork.matrices`; what follows the last layer's 1x1 is not heard and not trained."""
        number, layer = self._last
        unheard = {f"{number}_layers_{layer}_one_{part}" for part in ("weight", "bias")}
        return [(weight, 1) for name, weight in self.arrays.items() if name not in unheard]

    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """See `StreamingNetwork.describe`."""
        arrays = {
            name: np.array([HEAD_SCALE], np.float32)
            if name == "head_scale"
            else self._array(name.replace(".", "_")).detach().numpy().astype(np.float32).copy()
            for name in self.architecture.shapes()
        }
        return ModelDescription(
            self.architecture, arrays, sample_rate, self.architecture.receptive_field, metadata=metadata
        )


def layer_stack(
    channels: int, dilations: tuple[int, ...], *, input_size: int = 1, head_size: int = 1, head_bias: bool = False
) -> LayerArray:
    """One layer array of NAM's A1: kernels of 3, tanh, conditioned on the audio."""
    return LayerArray(input_size, 1, channels, 3, dilations, "Tanh", False, head_size, head_bias)


def a1(first: int, second: int) -> WaveNet:
    """NAM's A1 shape with the widths of its two layer arrays; "standard" is 16 and 8, "feather" 8 and 4."""
    low, high = (1, 2, 4, 8, 16, 32, 64), (128, 256, 512, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    return WaveNet(
        (
            layer_stack(first, low, head_size=second),
            layer_stack(second, high, input_size=first, head_bias=True),
        )
    )
