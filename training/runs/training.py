"""The training of a model, from a capture to a file that plays: the Python API."""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from ...models.description import ModelDescription
from ...models.errors import ParameterError
from ...models.model import Model
from .architectures import AUTO, RACERS, find_architecture
from .course import Course
from .folder import Entrant, RunFolder, Settings
from .progress import Watch
from .sources import Source, open_source

NEEDS_TRAINING: Final = "pip install 'ampboard[train]'"


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """What came of a training.

    Attributes
    ----------
    name : str
        Of the device.
    arch : str
        The architecture that won.
    description : ModelDescription
        The model as it was when it was best.
    esr : float
        Its error-to-signal ratio on the validation passages.
    test_esr : float or None
        That on the test passages, which nothing was chosen by; None where there are none.
    courses : tuple of Course
        How each network did, best first.
    path : Path or None
        The model file; None where no folder was named.
    """

    name: str
    arch: str
    description: ModelDescription
    esr: float
    test_esr: float | None
    courses: tuple[Course, ...]
    path: Path | None = None

    @cached_property
    def model(self) -> Model:
        """The model, ready to play."""
        return Model(self.description)

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to say about it, as JSON has it."""
        return {
            "name": self.name,
            "architecture": self.arch,
            "esr": self.esr,
            "test_esr": self.test_esr,
            "path": None if self.path is None else str(self.path),
            "networks": [
                {
                    "name": course.name,
                    "esr": course.best_esr,
                    "steps": course.step,
                    "of": course.steps,
                    "cpu_seconds": round(course.cpu_seconds, 1),
                    "plays_times_real_time": round(course.speed, 1),
                    "weights": course.weights,
                    "state": course.state,
                }
                for course in self.courses
            ],
        }


def train(
    source: Source,
    *,
    arch: str | Sequence[str] = AUTO,
    minutes: float = 10.0,
    steps: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    loss: str = "mse",
    target_esr: float | None = None,
    device: str | None = None,
    precision: str = "float32",
    cores: int | None = None,
    second_seed: bool = True,
    start: str | Path | None = None,
    ignore_checks: Sequence[str] = (),
    overwrite: bool = False,
    watch: Watch = lambda _: None,
) -> TrainedModel:
    """Train a model of a captured device.

    Parameters
    ----------
    source : Source
        A capture or its folder, the two recordings, or material.
    arch : str or sequence of str
        Name of the network; ``auto`` races LSTM-40, A1 and A2, several names race as well.
    minutes : float
        How long it may take.
    steps : int, optional
        Number of updates of each network instead, so that the same call gives the same model on every machine of a
        kind.
    seed : int
        Of everything random.
    out : str or Path, optional
        Folder for the model, checkpoints and logs. A run that was interrupted in it goes on. None: nothing is kept.
    loss : str
        What is made small; see `losses.parse_loss`.
    target_esr : float, optional
        End as soon as the error-to-signal ratio on the validation passages is no higher.
    device : str, optional
        ``cpu`` or ``cuda``.
    precision : str
        ``float32``, or ``bfloat16`` on a GPU.
    cores : int, optional
        Networks trained at once; all that this process may use unless told.
    second_seed : bool
        Let a core that has become free train the winner once more from another start; the better one is kept.
    start : str or Path, optional
        A ``.nam`` model to go on from; `arch` is then its own.
    ignore_checks : sequence of str
        Checks whose errors do not stop the training.
    overwrite : bool
        Replace what an earlier run left in the folder.
    watch : function
        Is told how it goes; see `Progress`.

    Returns
    -------
    TrainedModel
        The best model seen.

    Raises
    ------
    ParameterError
        When an option is wrong, or torch is missing.
    AudioError
        When the capture cannot be used.
    TrainingError
        When no network could be trained.

    Examples
    --------
    >>> trained = train("captures/crunch", minutes=10, out="crunch")  # doctest: +SKIP
    >>> trained.esr, trained.path  # doctest: +SKIP
    (0.0012, PosixPath('crunch/crunch.nam'))
    """
    _need_torch()
    archs = (arch,) if isinstance(arch, str) else tuple(arch)
    archs = RACERS if archs == (AUTO,) else archs
    settings = Settings(
        archs=tuple(find_architecture(name).name for name in archs),
        minutes=minutes,
        steps=steps,
        seed=seed,
        loss=loss,
        target_esr=target_esr,
        device=device or "cpu",
        precision=precision,
        start=None if start is None else str(Path(start).resolve()),
        cores=cores or usable_cores(),
        second_seed=second_seed,
    )
    if out is None:
        with tempfile.TemporaryDirectory(prefix="ampboard-train-") as scratch:
            begin(RunFolder(Path(scratch)), source, settings, ignore_checks=ignore_checks)
            return replace(go_on(scratch, watch=watch), path=None)
    folder = RunFolder(Path(out))
    begin(folder, source, settings, ignore_checks=ignore_checks, overwrite=overwrite)
    return go_on(out, watch=watch)


def begin(
    folder: RunFolder,
    source: Source,
    settings: Settings,
    *,
    ignore_checks: Sequence[str] = (),
    overwrite: bool = False,
) -> bool:
    """Write down a new run, or find that the same one has begun in the folder already (False).

    Raises
    ------
    ParameterError
        When the folder holds something else.
    """
    if folder.exists and not overwrite:
        stored, _, finished = folder.read()
        if finished:
            raise ParameterError(f"{folder.path}: holds a finished run; use --overwrite, or another folder")
        if stored != settings:
            raise ParameterError(
                f"{folder.path}: holds a run with other settings that is not finished; go on with it by "
                f"--resume {folder.path}, or use --overwrite"
            )
        opened = open_source(source, ignore_checks=ignore_checks)
        if opened.material.digest != folder.material().digest:
            raise ParameterError(f"{folder.path}: holds a run on other recordings; use --overwrite, or another folder")
        return False
    if not folder.exists and folder.path.is_dir() and any(folder.path.iterdir()):
        raise ParameterError(f"{folder.path}: is a folder with other things in it; name a new one")
    if folder.path.is_file():
        raise ParameterError(f"{folder.path}: is a file; name a folder")
    opened = open_source(source, ignore_checks=ignore_checks)
    folder.clear()
    facts = {"name": opened.name, "knobs": opened.material.knobs, "sample_rate": opened.material.sample_rate}
    folder.begin(settings, opened.material, facts)
    return True


def go_on(folder: str | Path, *, watch: Watch = lambda _: None) -> TrainedModel:
    """Go on with a run that has begun, to its end.

    Parameters
    ----------
    folder : str or Path
        What `out` named.
    watch : function
        See `Progress`.

    Raises
    ------
    ModelError
        When there is no unfinished run.
    TrainingError
        When no network could be trained.
    """
    _need_torch()
    from ...models.formats.nam import write_nam
    from ..trainer.evaluation import evaluate
    from .race import Race

    home = RunFolder(Path(folder))
    _, facts, finished = home.read()
    if finished:
        raise ParameterError(f"{home.path}: its training is finished; name another folder to train anew")
    race = Race(home, watch=watch)
    courses = race.run()
    best = courses[0]
    material = home.material()
    description = best_model(home, race.entrants[best.name], facts)
    esr = evaluate(description, material.validation, material.knobs).esr
    test = evaluate(description, material.test, material.knobs).esr if material.test else None
    path = home.path / f"{facts['name']}.nam"
    metadata = {"name": facts["name"], "training": {"esr": esr, "test_esr": test, "steps": best.best_step}}
    description = replace(description, metadata={**description.metadata, **metadata})
    write_nam(description, path)
    home.finish()
    return TrainedModel(facts["name"], best.arch, description, esr, test, courses, path)


def best_model(home: RunFolder, entrant: Entrant, facts: dict[str, Any]) -> ModelDescription:
    """The model of one network as it was when it was best."""
    from .run import best_description

    return best_description(home.entrant(entrant.name), entrant, len(facts["knobs"]), facts["sample_rate"])


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _need_torch() -> None:
    for module in ("torch", "safetensors"):
        if find_spec(module) is None:
            raise ParameterError(f"{module} is missing: {NEEDS_TRAINING}")
