"""ampboard's own trainer, driven as ``ampboard train`` drives it: a budget becomes a number of updates."""

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import Any, Final

from ampboard.models.description import LayerArray, WaveNet
from ampboard.training.data.material import Material
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork
from ampboard.training.trainer.recipe import Recipe
from ampboard.training.trainer.trainer import Trainer

from ..judging import Judgement, Marks, TrainingClock, judge

WARM_UP, TIMED = 3, 20  # updates; the optimiser refreshes its bases once in ten


@dataclass(frozen=True)
class OurRecipe:
    """One of ampboard's architectures with its own recipe."""

    network: Callable[[int, int], Any]
    window: int
    learning_rate: float


def _a1() -> WaveNet:
    dilations = tuple(2**n for n in range(10))
    first = LayerArray(1, 1, 16, 3, dilations, "Tanh", False, head_size=8, head_bias=False)
    return WaveNet((first, LayerArray(16, 1, 8, 3, dilations, "Tanh", False, head_size=1, head_bias=True)))


RECIPES: Final = {
    "LSTM-40": OurRecipe(lambda knobs, seed: LstmNetwork(40, seed=seed), 512, 1e-2),
    "A1 standard": OurRecipe(lambda knobs, seed: WaveNetNetwork(_a1(), seed=seed), 1024, 1e-2),
}


class OurTraining:
    """A training run of ampboard's.

    Parameters
    ----------
    material : Material
        Learnt from and judged on.
    architecture : str
        Key of `RECIPES`.
    budget : float
        Processor seconds, the timing of the first updates included.
    seed : int
        Of the weights.
    """

    def __init__(self, material: Material, architecture: str, budget: float, seed: int) -> None:
        self._material, self._recipe, self._budget, self._seed = material, RECIPES[architecture], budget, seed
        self.clock, self.updates = TrainingClock(), 0

    def run(self, on_start: Callable[[], None], on_point: Callable[[float, Judgement, float | None], None]) -> None:
        """Train until the budget is spent; `on_point` is told the seconds and our judgement."""
        trial = self._trainer(WARM_UP + TIMED)
        on_start()
        self.clock.start()
        trial.advance(WARM_UP)
        began = process_time()
        trial.advance(TIMED)
        update = (process_time() - began) / TIMED
        trainer = self._trainer(max(1, round((self._budget - self.clock.seconds) / update)))
        marks, stride = Marks(self._budget), max(1, round(0.1 / update))
        while not trainer.finished:
            trainer.advance(stride)
            if trainer.finished or marks.due(self.clock.seconds):
                with self.clock.stopped():
                    outputs = trainer.evaluate().outputs
                    on_point(self.clock.seconds, judge(self._material.validation, outputs), None)
        self.updates = trainer.step

    def _trainer(self, steps: int) -> Trainer:
        network = self._recipe.network(len(self._material.knobs), self._seed)
        recipe = Recipe(
            steps=steps, window=self._recipe.window, learning_rate=self._recipe.learning_rate, seed=self._seed
        )
        return Trainer(network, self._material, recipe)
