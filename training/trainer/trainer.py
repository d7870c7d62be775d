"""Trains a streaming network on pairs of recordings: what went into a device, and what came out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from time import process_time
from typing import Any, Final

import torch
from torch import Tensor

from ...models.description import ModelDescription
from ..data.material import Excerpt, Material
from ..data.windows import Window, plan_windows
from ..losses.loss import LossSum
from ..networks.streaming import Memory, StreamingNetwork
from ..optimisers.soap import Soap
from .averaging import WeightAverage
from .clipping import GradientClip
from .evaluation import Evaluation, evaluate
from .recipe import Recipe

Loss = Callable[[Tensor, Tensor], Tensor]
"""Takes output and target, float32 of shape (streams, frames) and scaled to a mean square of 1; gives a scalar."""

LOSS_MEMORY: Final = 0.99


def mean_square_error(output: Tensor, target: Tensor) -> Tensor:
    """Mean of the squared error; on signals scaled to unit power this is the error-to-signal ratio of the whole."""
    return (output - target).square().mean()


class Trainer:
    """One training run. It uses one thread: networks this small gain nothing from more.

    Parameters
    ----------
    network : StreamingNetwork
        Is changed.
    material : Material
        What to learn.
    recipe : Recipe
        How.
    loss : function
        See `Loss`.
    device : str
        Where torch computes: ``cpu`` or ``cuda``.

    Attributes
    ----------
    step : int
        Updates done.
    cpu_seconds : float
        Processor time of the updates.
    loss_mean : float
        Running mean of the loss.
    skipped : int
        Updates left out because the gradient was not finite.
    """

    def __init__(
        self,
        network: StreamingNetwork,
        material: Material,
        recipe: Recipe,
        *,
        loss: Loss = mean_square_error,
        device: str = "cpu",
    ) -> None:
        self.network = network
        self.material = material
        self.recipe = recipe
        self.loss = loss
        self.device = torch.device(device)
        network.to(self.device)
        self.windows = plan_windows(
            material.train,
            sample_rate=material.sample_rate,
            streams=recipe.streams,
            window=recipe.window,
            seed=recipe.seed,
        )
        matrices = network.matrices()
        self.parameters = [weight for weight, _ in matrices]
        self.optimiser = Soap(matrices, betas=network.betas)
        self.clip = GradientClip(recipe.clip)
        self.average = WeightAverage(self.parameters, keep=recipe.averaging) if recipe.averaging else None
        self.memory: Memory = self._rest()
        self.step, self.skipped = 0, 0
        self.cpu_seconds, self.loss_mean = 0.0, 1.0

    @property
    def finished(self) -> bool:
        """Whether all updates of the recipe are done."""
        return self.step >= self.recipe.steps

    def advance(self, steps: int | None = None) -> None:
        """Make a number of updates, or all that are left; never more than the recipe has."""
        torch.set_num_threads(1)
        began = process_time()
        last = self.recipe.steps if steps is None else min(self.step + steps, self.recipe.steps)
        while self.step < last:
            self._update(self.windows.at(self.step))
            self.step += 1
        self.cpu_seconds += process_time() - began

    def _update(self, window: Window) -> None:
        self._take_memory(window)
        inputs, target, power = (
            torch.from_numpy(array).to(self.device) for array in (window.inputs, window.target, window.power)
        )
        heard = [stream for stream in range(len(power)) if stream not in window.fresh]
        with self._precision(), torch.set_grad_enabled(bool(heard)):
            output, self.memory = self.network(inputs, self.memory)
        if not heard:
            return
        scale = power.rsqrt()[:, None]
        loss = self.loss(*(self._unit_power(signal, scale, heard) for signal in (output, target.expand_as(output))))
        fault = self.loss.of_network(self.network, self.step) if isinstance(self.loss, LossSum) else None
        if fault is not None:
            loss = loss + fault
        for weight in self.parameters:
            weight.grad = None
        loss.backward()
        if not self.clip.apply(self.parameters):
            self.skipped += 1
            self.memory = self._rest()
            return
        self.optimiser.step(self.recipe.rate(self.step))
        if self.average is not None:
            self.average.update(self.step)
        self.loss_mean += (1 - LOSS_MEMORY) * (float(loss.detach()) - self.loss_mean)

    @staticmethod
    def _unit_power(signal: Tensor, scale: Tensor, heard: Sequence[int]) -> Tensor:
        """Scale to a mean square of 1, leave out the streams that are not heard, and join the models' rows."""
        scaled = signal.float() * scale
        if len(heard) < scale.shape[0]:
            scaled = scaled[..., heard, :]
        return scaled.flatten(0, -2)

    def _take_memory(self, window: Window) -> None:
        if window.follows is not None:
            order = torch.tensor(window.follows, device=self.device)
            self.memory = tuple(part.index_select(0, order) for part in self.memory)
        if window.fresh:
            fresh = list(window.fresh)
            for part, rest in zip(self.memory, self._rest(), strict=True):
                part[fresh] = rest[fresh]

    def _rest(self) -> Memory:
        return tuple(part.to(self.device) for part in self.network.rest(self.recipe.streams))

    def _precision(self) -> Any:
        if self.recipe.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def describe(self, metadata: Mapping[str, Any] | None = None) -> ModelDescription:
        """Export the model as it is now: the averaged weights where the recipe keeps an average."""
        with self.average.applied() if self.average is not None else nullcontext():
            return self.network.describe(self.material.sample_rate, metadata or {})

    def evaluate(self, excerpts: Sequence[Excerpt] | None = None) -> Evaluation:
        """Play excerpts through the exported model and compare.

        Parameters
        ----------
        excerpts : sequence of Excerpt, optional
            What is played; the material's validation otherwise.

        Raises
        ------
        ParameterError
            When there is nothing to play.
        """
        excerpts = self.material.validation if excerpts is None else excerpts
        return evaluate(self.describe(), excerpts, self.material.knobs)
