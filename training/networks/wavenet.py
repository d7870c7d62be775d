"""Neural Amp Modeler's WaveNets, trained on streams: each layer keeps its own history instead of computing it again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ...models.description import LayerArray, ModelDescription, WaveNet
from ...models.errors import ModelError
from .kernels.tiles import HYPERBOLIC
from .kernels.wavenet_plan import (
    ACTIVATION_SLOPES,
    Place,
    StackPlaces,
    WindowPlan,
    activation_of,
    memory_size,
)
from .kernels.wavenet_window import WaveNetWindow
from .streaming import Memory, array_of

HEAD_SCALE: Final = 0.02  # of A1
MOST_PLANS: Final = 8  # sizes of windows whose jobs are kept


class WaveNetNetwork(nn.Module):
    """A WaveNet without gates, modulation and groups, as NAM trains its A1 and A2; knobs are rows of the condition.

    The rows of all layers of a stack with equally many taps are one parameter: taps, condition and bias of a layer
    are one matrix to the optimiser.

    Parameters
    ----------
    architecture : WaveNet
        Its layer arrays, with ``Tanh``, ``ReLU`` or ``LeakyReLU``; `input_size` and `condition_size` of the first are
        1 + the number of knobs, the latter in all.
    knobs : sequence of str
        Names of the knobs.
    head_scale : float
        What the output is multiplied with; not trained.
    seed : int
        Of the initial weights.

    Raises
    ------
    ModelError
        When the architecture has a part that is not trained here.
    """

    betas = (0.9, 0.95)
    compiled = True  # False: through torch, which can be batched, on the processor too

    def __init__(
        self, architecture: WaveNet, *, knobs: Sequence[str] = (), head_scale: float = HEAD_SCALE, seed: int
    ) -> None:
        super().__init__()
        check_trainable(architecture, 1 + len(knobs))
        self.architecture, self.knobs, self.head_scale = architecture, tuple(knobs), head_scale
        generator = torch.Generator().manual_seed(seed)
        shapes = architecture.shapes()
        arrays: dict[str, NDArray[np.float32]] = {}
        for name, shape in shapes.items():
            weight_shape = shapes[name.replace(".bias", ".weight")]
            bound = float(np.prod(weight_shape[1:])) ** -0.5  # torch's for convolutions
            arrays[name] = array_of((2 * torch.rand(shape, generator=generator) - 1) * bound)
        self.parts = nn.ParameterDict()
        self.stacks = tuple(self._place(number, stack) for number, stack in enumerate(architecture.layer_arrays))
        self._set(arrays)
        self._plans: dict[tuple[int, int], WindowPlan] = {}

    @classmethod
    def from_description(cls, description: ModelDescription) -> "WaveNetNetwork":
        """Make the network of a trained model.

        Raises
        ------
        ModelError
            When the model is of another architecture, or has a part that is not trained here.
        """
        architecture = description.architecture
        if not isinstance(architecture, WaveNet):
            raise ModelError(f"the model is no WaveNet: it is a {type(architecture).__name__}")
        scale = float(description.arrays["head_scale"][0])
        network = cls(architecture, knobs=description.knobs, head_scale=scale, seed=0)
        network._set(description.arrays)
        return network

    # ---- the parameters

    def _place(self, number: int, shape: LayerArray) -> StackPlaces:
        """Make the parameters of a stack."""
        last = number + 1 == len(self.architecture.layer_arrays)
        extra = shape.condition_size + 1

        def parameter(name: str, rows: int, columns: int) -> int:
            self.parts[f"{number}_{name}"] = nn.Parameter(torch.zeros(rows, columns))
            return len(self.parts) - 1

        rechannel = parameter("rechannel", shape.channels, shape.input_size)
        groups: dict[int, int] = {}
        layers: list[Place] = []
        for taps in dict.fromkeys(shape.kernel_sizes):
            rows = shape.kernel_sizes.count(taps) * shape.width
            groups[taps] = parameter(f"layers_of_{taps}_taps", rows, taps * shape.channels + extra)
        for i, taps in enumerate(shape.kernel_sizes):
            layers.append(Place(groups[taps], shape.kernel_sizes[:i].count(taps) * shape.width))
        heard = len(layers) - int(last)  # what follows the last layer's 1x1 is not heard
        ones = tuple[Place, ...]()
        if heard:
            one = parameter("ones", heard * shape.channels, shape.width + 1)
            ones = tuple(Place(one, i * shape.channels) for i in range(heard))
        head = parameter("head", shape.head_size, shape.head_kernel_size * shape.width + int(shape.head_bias))
        return StackPlaces(shape, rechannel, tuple(layers), ones, head)

    def _views(self) -> dict[str, Tensor]:
        """The arrays of the description, as views of the parameters."""
        parts, views = list(self.parts.values()), dict[str, Tensor]()
        for number, stack in enumerate(self.stacks):
            shape = stack.shape
            views[f"{number}.rechannel.weight"] = parts[stack.rechannel]
            for i, place in enumerate(stack.layers):
                rows = parts[place.parameter][place.row : place.row + shape.width]
                taps = shape.kernel_sizes[i]
                name, columns = f"{number}.layers.{i}", taps * shape.channels
                views[f"{name}.conv.weight"] = rows[:, :columns].unflatten(1, (taps, -1)).transpose(1, 2)
                views[f"{name}.mixin.weight"] = rows[:, columns:-1]
                views[f"{name}.conv.bias"] = rows[:, -1]
            for i, place in enumerate(stack.ones):
                rows = parts[place.parameter][place.row : place.row + shape.channels]
                name = f"{number}.layers.{i}.one"
                views[f"{name}.weight"], views[f"{name}.bias"] = rows[:, :-1], rows[:, -1]
            head, columns = parts[stack.head], shape.head_kernel_size * shape.width
            if shape.head_kernel_size == 1:
                views[f"{number}.head.weight"] = head[:, :columns]
            else:
                weights = head[:, :columns].unflatten(1, (shape.head_kernel_size, -1))
                views[f"{number}.head.weight"] = weights.transpose(1, 2)
            if shape.head_bias:
                views[f"{number}.head.bias"] = head[:, -1]
        return views

    @torch.no_grad()
    def _set(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        views = self._views()
        for name, view in views.items():
            view.copy_(torch.from_numpy(np.array(arrays[name])))
        self.unheard = {name: np.array(a) for name, a in arrays.items() if name not in views and name != "head_scale"}

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """See `StreamingNetwork.matrices`."""
        blocks = dict.fromkeys(range(len(self.parts)), 0)
        for stack in self.stacks:
            for place in (*stack.layers, *stack.ones):
                blocks[place.parameter] += 1
        return [(weight, max(blocks[i], 1)) for i, weight in enumerate(self.parts.values())]

    # ---- the sound

    def rest(self, streams: int) -> Memory:
        """See `StreamingNetwork.rest`: the past of all layers."""
        return (torch.zeros(streams, memory_size(self.architecture.layer_arrays)),)

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """See `StreamingNetwork.__call__`; float32 on the processor runs compiled, anything else through torch."""
        if not self.compiled or inputs.dtype != torch.float32 or inputs.device.type != "cpu":
            return self.forward_in_torch(inputs, memory)
        streams, _, frames = inputs.shape
        if (streams, frames) not in self._plans:
            if len(self._plans) == MOST_PLANS:
                self._plans.pop(next(iter(self._plans)))
            self._plans[streams, frames] = WindowPlan(self.stacks, len(self.parts), streams, frames)
        plan = self._plans[streams, frames]
        sound, after = WaveNetWindow.apply(plan, inputs, memory[0], *self.parts.values())  # type: ignore[misc]
        return self.head_scale * sound, (after,)

    def forward_in_torch(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Do what `forward` does, by torch's own operations: on any device, in any precision."""
        arrays, kept, at = self._views(), list[Tensor](), 0
        signal, sums = inputs, torch.zeros(())

        def known(rows: Tensor, look_back: int) -> Tensor:
            nonlocal at
            size = rows.shape[1] * look_back
            both = torch.cat([memory[0][:, at : at + size].unflatten(1, (rows.shape[1], look_back)), rows], dim=2)
            kept.append(both[..., both.shape[2] - look_back :].flatten(1).detach())
            at += size
            return both

        for number, stack in enumerate(self.stacks):
            shape = stack.shape
            signal = functional.conv1d(signal, arrays[f"{number}.rechannel.weight"][..., None])
            for i, dilation in enumerate(shape.dilations):
                name = f"{number}.layers.{i}"
                mixed = functional.conv1d(
                    known(signal, shape.look_back(i)),
                    arrays[f"{name}.conv.weight"],
                    arrays[f"{name}.conv.bias"],
                    dilation=dilation,
                ) + functional.conv1d(inputs, arrays[f"{name}.mixin.weight"][..., None])
                how = activation_of(shape, i)
                tanh = how["activation"] == HYPERBOLIC
                active = torch.tanh(mixed) if tanh else functional.leaky_relu(mixed, how["slope"])
                sums = sums + active
                if i < len(stack.ones):
                    one, bias = arrays[f"{name}.one.weight"], arrays[f"{name}.one.bias"]
                    signal = signal + functional.conv1d(active, one[..., None], bias)
            head = arrays[f"{number}.head.weight"]
            sums = functional.conv1d(
                known(sums, shape.head_look_back),
                head[..., None] if head.dim() == 2 else head,
                arrays.get(f"{number}.head.bias"),
                dilation=shape.head_dilation,
            )
        return self.head_scale * sums[:, 0], (torch.cat(kept, dim=1),)

    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """See `StreamingNetwork.describe`."""
        arrays = {name: array_of(view) for name, view in self._views().items()} | self.unheard
        arrays["head_scale"] = np.array([self.head_scale], np.float32)
        return ModelDescription(
            self.architecture,
            {name: arrays[name] for name in self.architecture.shapes()},
            sample_rate,
            self.architecture.receptive_field,
            knobs=self.knobs,
            metadata=metadata,
        )


def check_trainable(architecture: WaveNet, inputs: int) -> None:
    """Raise `ModelError`, naming the part, when a WaveNet has one that is not trained here or not `inputs` inputs."""
    unknown = [
        str(getattr(a, "name", a))
        for stack in architecture.layer_arrays
        for a in stack.activations
        if str(getattr(a, "name", a)) not in ("Tanh", *ACTIVATION_SLOPES)
    ]
    parts = {
        "a network for its condition": architecture.condition is not None,
        "a head behind its stacks": architecture.post_head is not None,
        "gates": any(mode != "none" for stack in architecture.layer_arrays for mode in stack.gating),
        "modulation (FiLM)": any(stack.films for stack in architecture.layer_arrays),
        "groups": any(groups > 1 for stack in architecture.layer_arrays for _, groups, _, _ in stack.grouped),
        "a head1x1": any(stack.head1x1 is not None for stack in architecture.layer_arrays),
        "layers without layer1x1": any(not stack.layer1x1 for stack in architecture.layer_arrays),
        f"the activation {unknown[0] if unknown else ''}": bool(unknown),
        f"no {inputs} inputs": any(stack.condition_size != inputs for stack in architecture.layer_arrays)
        or architecture.layer_arrays[0].input_size != inputs,
    }
    for part, there in parts.items():
        if there:
            raise ModelError(f"this WaveNet has {part}: it can be played, but not trained; train an A1 or A2 anew")


def layer_stack(
    channels: int,
    dilations: tuple[int, ...],
    *,
    input_size: int = 1,
    condition_size: int = 1,
    head_size: int = 1,
    head_bias: bool = False,
) -> LayerArray:
    """One layer array of NAM's A1: kernels of 3, tanh."""
    return LayerArray(input_size, condition_size, channels, 3, dilations, "Tanh", False, head_size, head_bias)


_ALL: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_LOW: Final = (1, 2, 4, 8, 16, 32, 64)
_REST: Final = (128, 256, 512, *_ALL)


def a1(first: int, second: int, *, knobs: int = 0) -> WaveNet:
    """NAM's A1 shape with the widths of its two layer arrays.

    "standard" is 16 and 8, "lite" 12 and 6, "feather" 8 and 4, "nano" 4 and 2; in "standard" both stacks run through
    all dilations, in the others they share two runs.
    """
    low, high = (_ALL, _ALL) if first >= 16 else (_LOW, _REST)
    inputs = 1 + knobs
    stacks = (
        layer_stack(first, low, input_size=inputs, condition_size=inputs, head_size=second),
        layer_stack(second, high, input_size=first, condition_size=inputs, head_bias=True),
    )
    return WaveNet(stacks, inputs=inputs)
