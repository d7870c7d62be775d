"""ampboard's own trainer, driven as ``ampboard train`` drives it: a budget becomes a number of updates."""

from collections.abc import Callable
from time import process_time
from typing import Final

from ampboard.models.errors import ParameterError
from ampboard.training.data.material import Material
from ampboard.training.runs.architectures import find_architecture
from ampboard.training.trainer.trainer import Trainer

from ..judging import Judgement, Marks, TrainingClock, judge

WARM_UP, TIMED = 3, 50  # updates, as `seconds_per_step` makes them
NAMES: Final = {
    "LSTM-40": "lstm",
    "A1 standard": "wavenet",
    "A2": "a2",
    "GRU-40": "gru",
    "ConvLSTM": "convlstm",
}
"""What ``ampboard train --arch`` calls the architectures of the table."""


def missing(architecture: str) -> str:
    """Why an architecture cannot be trained; empty where it can."""
    try:
        find_architecture(NAMES[architecture])
    except ParameterError as error:
        return str(error)
    return ""


class OurTraining:
    """A training run of ampboard's, with its own recipe.

    Parameters
    ----------
    material : Material
        Learnt from and judged on.
    architecture : str
        Key of `NAMES`.
    budget : float
        Processor seconds, the timing of the first updates included; the very first ones, in which code may have to be
        compiled, belong to the start.
    seed : int
        Of the weights, and of the order of several excerpts.
    """

    def __init__(self, material: Material, architecture: str, budget: float, seed: int) -> None:
        self._architecture = find_architecture(NAMES[architecture])
        self._material, self._budget, self._seed = material, budget, seed
        self.clock, self.updates = TrainingClock(), 0

    def run(self, on_start: Callable[[], None], on_point: Callable[[float, Judgement, float | None], None]) -> None:
        """Train until the budget is spent; `on_point` is told the seconds and our judgement."""
        trial = self._trainer(WARM_UP + TIMED)
        trial.advance(WARM_UP)
        on_start()
        self.clock.start()
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
        network = self._architecture.make(self._material.knobs, self._seed)
        return Trainer(network, self._material, self._architecture.recipe(steps, seed=self._seed))
