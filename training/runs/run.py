"""Trains one network in a folder of its own, in a way that may be interrupted at any time."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from ...models.description import ModelDescription
from ...models.errors import ModelError, ParameterError
from ...models.model import Model
from ...models.writing import write_atomically
from ..data.material import Material
from ..logs import RunLog
from ..losses.catalogue import parse_loss
from ..networks.streaming import StreamingNetwork
from ..trainer.checkpoint import read_checkpoint, resume, save_checkpoint
from ..trainer.evaluation import Evaluation
from ..trainer.timing import seconds_per_step
from ..trainer.trainer import Loss, Trainer
from .architectures import Architecture, find_architecture
from .course import Course
from .folder import BEST, CHECKPOINT, LISTEN, Entrant, Settings, write_sound

CHECKPOINT_SECONDS: Final = 30.0  # a kill loses at most a minute: two of these
CHUNK_SECONDS: Final = 0.25  # between two looks at the clock
JUDGING: Final = 0.04  # part of the time that goes into evaluation
MARKS: Final = (20, 40)  # evaluations; the parts of `halving.PARTS` are among them
FEWEST_STEPS: Final = 50
LISTEN_SECONDS: Final = 5.0  # between two files to listen to
SOUND_SECONDS: Final = 5.0  # of a sound in the logs
SLOWER: Final = 1.08  # a training than the timing run, which keeps to the first seconds of the material
SPEED_SECONDS: Final = 2.0  # played to see what playing costs


class DivergedError(ModelError):
    """A training that has run into numbers that are not finite."""


@dataclass
class Clock:
    """When something was done last, by the clock on the wall."""

    last: float = 0.0

    def due(self, seconds: float) -> bool:
        """Whether `seconds` have passed since it was last true."""
        now = perf_counter()
        if now - self.last < seconds:
            return False
        self.last = now
        return True


class Run:
    """The training of one network: as many steps as the time allows, judged at equal distances, kept on disk.

    The number of updates is measured once and kept; all else follows from it and the seed, so that a run that was
    killed goes on as the same run.

    Parameters
    ----------
    folder : Path
        Holds its checkpoint, its best weights and its course; what is there is gone on with.
    entrant : Entrant
        Network, seed, and how long it may take.
    material : Material
        With at least one validation excerpt.
    settings : Settings
        Of the whole run.
    architecture : Architecture, optional
        The one that the entrant names, unless told.
    log_folder : Path, optional
        Where TensorBoard's logs go.

    Attributes
    ----------
    course : Course
        How it has gone so far.
    """

    def __init__(
        self,
        folder: Path,
        entrant: Entrant,
        material: Material,
        settings: Settings,
        *,
        architecture: Architecture | None = None,
        log_folder: Path | None = None,
    ) -> None:
        if settings.device.startswith("cuda") and not torch.cuda.is_available():
            raise ParameterError(f"device {settings.device}: torch finds no such GPU here: use --device cpu")
        self.folder = folder
        self.material = material
        self.settings = settings
        self._architecture = architecture or find_architecture(entrant.arch)
        self._log_folder = log_folder
        self._log: RunLog | None = None
        self._saved = Clock(perf_counter())
        self._listened = Clock()
        self.course = Course.read(folder) or Course(entrant.name, entrant.arch)
        path = folder / CHECKPOINT
        if path.exists():
            self.trainer = self._trainer(entrant, read_checkpoint(path).recipe.steps)
            resume(self.trainer, path)
        else:
            self._prepare(entrant)
        self._note(state="training")
        if self.settings.start is not None and 0 not in self.course.esr:
            self._judge()  # going on must not make a model worse

    def _trainer(self, entrant: Entrant, steps: int) -> Trainer:
        recipe = self._architecture.recipe(steps, seed=entrant.seed, precision=self.settings.precision)
        return Trainer(self._network(entrant), self.material, recipe, loss=self._loss(), device=self.settings.device)

    def _network(self, entrant: Entrant) -> StreamingNetwork:
        return self._architecture.make(self.material.knobs, entrant.seed)

    def _loss(self) -> Loss:
        middle = (0.5,) * len(self.material.knobs)
        return parse_loss(self.settings.loss, sample_rate=self.material.sample_rate, knobs=middle)

    def _prepare(self, entrant: Entrant) -> None:
        """Turn the time into a number of updates and of evaluations, and keep both."""
        began = perf_counter()
        trial = self._trainer(entrant, FEWEST_STEPS)
        trial.advance(1)
        trial.evaluate()  # compiles what is not compiled yet
        recipe, pace = trial.recipe, 0.0
        if entrant.steps is None:
            pace = seconds_per_step(
                lambda: self._network(entrant),
                self.material,
                recipe,
                loss=self._loss(),
                device=self.settings.device,
            )
        judged = perf_counter()
        trial.evaluate()
        judging = perf_counter() - judged
        speed, weights = self._cost(trial.describe())
        left = max(entrant.seconds - (perf_counter() - began), 0.0)
        marks = MARKS[1] if MARKS[1] * judging < JUDGING * left else MARKS[0]
        steps = entrant.steps or max(FEWEST_STEPS, int((left - marks * judging) / (SLOWER * pace)))
        self.trainer = self._trainer(entrant, steps)
        self.course = replace(
            self.course, steps=steps, marks=marks, seconds_per_step=pace, speed=speed, weights=weights
        )
        self.save()

    def _cost(self, description: ModelDescription) -> tuple[float, int]:
        """Times faster than real time, and number of weights."""
        rate = self.material.sample_rate
        noise = np.random.default_rng(0).normal(0, 0.1, round(SPEED_SECONDS * rate)).astype(np.float32)
        model = Model(description)
        knobs = dict.fromkeys(self.material.knobs, 0.5)
        times: list[float] = []
        for _ in range(3):
            began = perf_counter()
            model.process(noise, **knobs)
            times.append(perf_counter() - began)
        return SPEED_SECONDS / min(times), description.weight_count

    def advance(
        self,
        until: int,
        *,
        told: Callable[[Course], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train, judge and save, up to a number of updates.

        Parameters
        ----------
        until : int
            Number of updates since the beginning, at which it rests; it is judged there, and saved.
        told : function
            Is told the course several times a second.
        stop : function
            Asked as often; the run is saved and left as soon as it says yes.

        Raises
        ------
        DivergedError
            When the network makes numbers that are not finite; the last checkpoint stays.
        OSError
            When the disk is full; the last checkpoint stays.
        """
        pace = self.course.seconds_per_step or CHUNK_SECONDS
        mark_began, mark_step = perf_counter(), self.trainer.step
        while self.trainer.step < until and not stop() and not self.reached:
            mark = min(self.course.mark_after(self.trainer.step), until)
            chunk = max(1, min(round(CHUNK_SECONDS / pace), mark - self.trainer.step))
            self._step(chunk)
            if self.trainer.step == mark:
                self._judge()
            pace = (perf_counter() - mark_began) / (self.trainer.step - mark_step)
            self._note(seconds_per_step=pace)
            if self._saved.due(CHECKPOINT_SECONDS):
                self.save()
            told(self.course)
        if self.trainer.finished or self.reached:
            self._note(state="done", note="" if self.trainer.finished else "target reached")
        self.save()
        told(self.course)

    @property
    def reached(self) -> bool:
        """Whether the error asked for has been reached."""
        target = self.settings.target_esr
        return target is not None and self.course.best_esr <= target

    def save(self) -> None:
        """Write the course and the checkpoint, in this order: a course that is ahead does no harm."""
        self.course.write(self.folder)
        facts = {"arch": self.course.arch, "name": self.course.name, "loss": self.settings.loss}
        save_checkpoint(self.trainer, self.folder / CHECKPOINT, facts)

    def close(self) -> None:
        """Write what is left of the logs."""
        if self._log is not None:
            self._log.close()

    def _note(self, **changes: object) -> None:
        done = {"step": self.trainer.step, "cpu_seconds": self.trainer.cpu_seconds}
        self.course = replace(self.course, **{**done, **changes})  # pyright: ignore[reportArgumentType]

    def _step(self, steps: int) -> None:
        skipped = self.trainer.skipped
        self.trainer.advance(steps)
        finite = all(bool(torch.isfinite(weight).all()) for weight in self.trainer.parameters)
        if not finite or (steps >= 4 and self.trainer.skipped - skipped == steps):
            raise self._diverged()

    def _judge(self) -> None:
        try:
            evaluation = self.trainer.evaluate()
        except ModelError:
            raise self._diverged() from None
        if not np.isfinite(evaluation.esr):
            raise self._diverged()
        self.course = self.course.judged(self.trainer.step, evaluation.esr)
        if self.course.best_step == self.trainer.step:
            self._keep_best()
            if self._listened.due(LISTEN_SECONDS) or self.trainer.finished:
                write_sound(self.folder / LISTEN, evaluation.outputs[0], self.material.sample_rate)
        self._write_log(evaluation)

    def _diverged(self) -> DivergedError:
        self.course = replace(
            self.course, state="diverged", note=f"numbers that are not finite after update {self.trainer.step}"
        )
        self.course.write(self.folder)
        return DivergedError(
            f"{self.folder}: training diverged at update {self.trainer.step} of {self.course.steps} "
            "(numbers that are not finite): the checkpoint before stays; try another --seed or --arch"
        )

    def _keep_best(self) -> None:
        average = self.trainer.average
        with average.applied() if average is not None else nullcontext():
            tensors = {
                name: tensor.detach().cpu().clone().contiguous()
                for name, tensor in self.trainer.network.state_dict().items()
            }
        write_atomically(self.folder / BEST, save(tensors, {"step": str(self.trainer.step)}))

    def _write_log(self, evaluation: Evaluation) -> None:
        if self._log_folder is None:
            return
        step, rate = self.trainer.step, self.material.sample_rate
        if self._log is None:
            self._log = RunLog(self._log_folder, from_step=step)
            self._log.sound("validation/device", self._heard(self.material.validation[0].target), rate, step)
        self._log.number("validation/esr", evaluation.esr, step)
        self._log.number("training/loss", self.trainer.loss_mean, step)
        self._log.number("training/rate", self.trainer.recipe.rate(step), step)
        self._log.sound("validation/model", self._heard(evaluation.outputs[0]), rate, step)

    def _heard(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        return sound[: round(SOUND_SECONDS * self.material.sample_rate)]
