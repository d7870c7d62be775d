"""Many networks of one shape trained at once, each on its own device: one batch for a GPU, which a single one bores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from ...models.description import ModelDescription
from ...models.errors import ParameterError
from ..data.material import Material
from ..data.windows import Window, plan_windows
from ..networks.a2 import ContainerNetwork
from ..networks.streaming import Memory
from ..networks.wavenet import WaveNetNetwork
from ..optimisers.soap import Soap
from .averaging import WeightAverage
from .clipping import MEMORY
from .evaluation import Evaluation, evaluate
from .recipe import Recipe
from .trainer import LOSS_MEMORY

Feedforward = WaveNetNetwork | ContainerNetwork
"""What can be batched: torch has no recurrent layer for many sets of weights."""


@dataclass
class _Clips:
    """`GradientClip` for each network, without waiting for the GPU."""

    most: float
    usual: Tensor

    def apply(self, gradients: Sequence[Tensor]) -> Tensor:
        """Shorten gradients of shape (networks, ...) in place; returns which networks' were finite."""
        norms = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients]).sum(0).sqrt()
        finite = norms.isfinite()
        longest = torch.where(self.usual > 0, self.most * self.usual, torch.inf)
        factor = torch.where(finite, (longest / norms).clamp(max=1.0), 0.0)
        for gradient in gradients:
            shape = (-1, *[1] * (gradient.dim() - 1))
            gradient.nan_to_num_(0.0, 0.0, 0.0).mul_(factor.view(shape))
        norm = torch.minimum(norms, longest)
        follow = torch.where(self.usual > 0, MEMORY * self.usual + (1 - MEMORY) * norm, norm)
        self.usual = torch.where(finite, follow, self.usual)
        return finite


class TogetherTrainer:
    """One training run of several networks.

    Every network learns as `Trainer` would teach it, with mean square error as the loss; one whose gradient is not
    finite stands still for an update.

    Parameters
    ----------
    networks : sequence of WaveNetNetwork or ContainerNetwork
        Of one shape. They take the results back in `describe`.
    materials : sequence of Material
        One for each.
    recipe : Recipe
        Of all; float32.
    device : str
        Where torch computes: ``cuda`` or ``cpu``.

    Raises
    ------
    ParameterError
        When there is not one material for each network, or the knobs of the materials differ in number.

    Attributes
    ----------
    step : int
        Updates done.
    loss_mean : Tensor of float32, shape (networks,)
        Running means of the losses.
    skipped : Tensor of int64, shape (networks,)
        Updates left out because the gradient was not finite.
    """

    def __init__(
        self, networks: Sequence[Feedforward], materials: Sequence[Material], recipe: Recipe, *, device: str = "cuda"
    ) -> None:
        if len(networks) != len(materials) or not networks:
            raise ParameterError(f"{len(networks)} networks and {len(materials)} materials: give one for each")
        if len({len(material.knobs) for material in materials}) > 1:
            raise ParameterError("the captures have different numbers of knobs: train them one by one")
        self.networks, self.materials, self.recipe = tuple(networks), tuple(materials), recipe
        self.device = torch.device(device)
        self.plans = [
            plan_windows(
                material.train,
                sample_rate=material.sample_rate,
                streams=recipe.streams,
                window=recipe.window,
                seed=recipe.seed,
            )
            for material in materials
        ]
        self._teacher = networks[0].to(self.device)
        for part in self._teacher.modules():
            if isinstance(part, WaveNetNetwork):
                part.compiled = False
        members = [dict(network.named_parameters()) for network in networks]
        blocks = {id(weight): count for weight, count in networks[0].matrices()}
        self.weights = {
            name: nn.Parameter(torch.cat([member[name].detach().to(self.device) for member in members]))
            for name in members[0]
        }
        matrices = [(self.weights[name], len(networks) * blocks[id(members[0][name])]) for name in members[0]]
        self.optimiser = Soap(matrices, betas=networks[0].betas)
        self.average = WeightAverage(list(self.weights.values()), keep=recipe.averaging) if recipe.averaging else None
        self._clips = _Clips(recipe.clip, torch.zeros(len(networks), device=self.device))
        self.memory: Memory = tuple(torch.stack([part] * len(networks)) for part in self._rest())
        self.step = 0
        self.loss_mean = torch.ones(len(networks), device=self.device)
        self.skipped = torch.zeros(len(networks), dtype=torch.int64, device=self.device)

    @property
    def finished(self) -> bool:
        """Whether all updates of the recipe are done."""
        return self.step >= self.recipe.steps

    def advance(self, steps: int | None = None) -> None:
        """Make a number of updates, or all that are left; never more than the recipe has."""
        last = self.recipe.steps if steps is None else min(self.step + steps, self.recipe.steps)
        while self.step < last:
            self._update([plan.at(self.step) for plan in self.plans])
            self.step += 1

    def _update(self, windows: Sequence[Window]) -> None:
        for number, window in enumerate(windows):
            self._take_memory(number, window)
        inputs, target, power = (
            torch.stack([torch.from_numpy(getattr(window, field)) for window in windows]).to(self.device)
            for field in ("inputs", "target", "power")
        )
        heard = torch.ones_like(power)
        for number, window in enumerate(windows):
            heard[number, list(window.fresh)] = 0.0
        taught = [len(window.fresh) < self.recipe.streams for window in windows]
        with torch.set_grad_enabled(any(taught)):
            output, self.memory = self._play(inputs)
        if not any(taught):
            return
        sounds = output.view(len(windows), -1, *target.shape[1:])  # networks, models of each, streams, frames
        errors = ((sounds - target[:, None]).square().mean((1, 3)) / power * heard).sum(1)
        losses = errors / heard.sum(1).clamp(min=1.0)
        for weight in self.weights.values():
            weight.grad = None
        losses.sum().backward()
        count = len(self.networks)
        gradients = [w.grad.unflatten(0, (count, -1)) for w in self.weights.values() if w.grad is not None]
        finite = self._clips.apply(gradients)
        self.skipped += ~finite
        self.optimiser.step(self.recipe.rate(self.step))
        if self.average is not None:
            self.average.update(self.step)
        change = (1 - LOSS_MEMORY) * (losses.detach() - self.loss_mean)
        self.loss_mean += torch.where(finite & torch.tensor(taught, device=self.device), change, 0.0)

    def _play(self, inputs: Tensor) -> tuple[Tensor, Memory]:
        def one(weights: dict[str, Tensor], audio: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
            return functional_call(self._teacher, weights, (audio, memory))

        count = len(self.networks)
        stacked = {name: weight.unflatten(0, (count, -1)) for name, weight in self.weights.items()}
        output, memory = vmap(one)(stacked, inputs, self.memory)
        return output, tuple(part.detach() for part in memory)

    def _take_memory(self, number: int, window: Window) -> None:
        for part, rest in zip(self.memory, self._rest(), strict=True):
            if window.follows is not None:
                part[number] = part[number, list(window.follows)].clone()
            if window.fresh:
                part[number, list(window.fresh)] = rest[list(window.fresh)]

    def _rest(self) -> Memory:
        return tuple(part.to(self.device) for part in self._teacher.rest(self.recipe.streams))

    @torch.no_grad()
    def describe(self, number: int, metadata: Mapping[str, Any] | None = None) -> ModelDescription:
        """Export one of the models as it is now: the averaged weights where the recipe keeps an average."""
        weights = self.weights.values() if self.average is None else self.average.weights
        network, count = self.networks[number], len(self.networks)
        for place, weight in zip(network.parameters(), weights, strict=True):
            place.copy_(weight.unflatten(0, (count, -1))[number])
        return network.describe(self.materials[number].sample_rate, metadata or {})

    def evaluate(self, number: int) -> Evaluation:
        """Play a model's validation passages through it and compare."""
        material = self.materials[number]
        return evaluate(self.describe(number), material.validation, material.knobs)
