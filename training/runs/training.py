"""The training of a model, from a capture to a file that plays: the Python API."""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from ...models.errors import ParameterError
from .architectures import AUTO
from .course import Progress, Watch
from .folder import RunFolder, Settings
from .options import check_options, check_start, chosen_architectures
from .sources import Opened, Source, facts_of, ignored_in, open_source, source_words
from .workers import Workers

if TYPE_CHECKING:
    from .outcome import TrainedModel

NEEDS_TRAINING: Final = "pip install 'ampboard[train]'"


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
    use_spare_core: bool | None = None,
    start: str | Path | None = None,
    teacher: str | Path | None = None,
    ignore_checks: Sequence[str] = (),
    overwrite: bool = False,
    watch: Watch = lambda _: None,
) -> "TrainedModel":
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
    use_spare_core : bool
        Let a core that has become free train too: the runner-up where it is close behind, else the winner once more
        from another start. The best of them on the validation passages is kept. Unless told, a race does so, and one
        network alone does not.
    start : str or Path, optional
        A model to go on from, of any format; its architecture is kept, and `arch` is left out or names the same.
    teacher : str or Path, optional
        A model whose sound is learned instead of the device's: on the source's input, or on recordings.
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
    began = monotonic()
    archs = chosen_architectures(arch, start)
    spare = len(archs) > 1 if use_spare_core is None else use_spare_core
    settings = Settings(
        archs=archs,
        minutes=minutes,
        steps=steps,
        seed=seed,
        loss=loss,
        target_esr=target_esr,
        device=device or "cpu",
        precision=precision,
        start=None if start is None else str(Path(start).resolve()),
        cores=cores or usable_cores(),
        use_spare_core=spare and start is None,  # the weights of a start are no matter of the seed
    )
    check_options(settings)
    watch(Progress((), elapsed=monotonic() - began, doing=f"reading {source_words(source)}"))
    look = partial(open_source, source, ignore_checks=ignore_checks, teacher=teacher)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="ampboard-train-") as scratch:
            return replace(
                _run(RunFolder(Path(scratch)), look, settings, began=began, watch=watch), path=None, preset=None
            )
    return _run(RunFolder(Path(out)), look, settings, overwrite=overwrite, began=began, watch=watch)


def _run(
    folder: RunFolder,
    look: Callable[[], Opened],
    settings: Settings,
    *,
    began: float,
    watch: Watch,
    overwrite: bool = False,
) -> "TrainedModel":
    workers, new = Workers(), False
    try:
        new = begin(folder, look, settings, overwrite=overwrite, workers=workers)
        return go_on(folder.path, watch=watch, workers=workers, began=began)
    except BaseException:
        if new and not folder.has_learned:
            folder.clear()
        raise
    finally:
        workers.dismiss()


def begin(
    folder: RunFolder,
    look: Callable[[], Opened],
    settings: Settings,
    *,
    overwrite: bool = False,
    workers: Workers | None = None,
) -> bool:
    """Write down a new run, or find that the same one has begun in the folder already (False).

    Parameters
    ----------
    folder : RunFolder
        Where.
    look : function
        Reads what is to be trained on.
    settings : Settings
        How.
    overwrite : bool
        Replace what an earlier run left.
    workers : Workers, optional
        Make ready while this reads.

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
        opened = _look(look, settings, workers)
        if opened.material.digest != folder.material().digest:
            raise ParameterError(f"{folder.path}: holds a run on other recordings; use --overwrite, or another folder")
        return False
    if not folder.exists and folder.path.is_dir() and any(folder.path.iterdir()):
        raise ParameterError(f"{folder.path}: is a folder with other things in it; name a new one")
    if folder.path.is_file():
        raise ParameterError(f"{folder.path}: is a file; name a folder")
    opened = _look(look, settings, workers)
    if settings.start is not None:
        check_start(settings.start, opened.material)
    folder.clear()
    folder.begin(settings, opened.material, facts_of(opened))
    return True


def _look(look: Callable[[], Opened], settings: Settings, workers: Workers | None) -> Opened:
    if workers is not None:
        workers.prepare(settings)
    return look()


def go_on(
    folder: str | Path,
    *,
    watch: Watch = lambda _: None,
    workers: Workers | None = None,
    began: float | None = None,
) -> "TrainedModel":
    """Go on with a run that has begun, to its end.

    Parameters
    ----------
    folder : str or Path
        What `out` named.
    watch : function
        See `Progress`.
    workers : Workers, optional
        Processes that have been started already.
    began : float, optional
        When, by `time.monotonic`, the minutes of the run began; now unless told.

    Raises
    ------
    ModelError
        When there is no unfinished run.
    TrainingError
        When no network could be trained.
    """
    _need_torch()
    from .race import Race

    home = RunFolder(Path(folder))
    _, facts, finished = home.read()
    if finished:
        raise ParameterError(f"{home.path}: its training is finished; name another folder to train anew")
    gone = 0.0 if began is None else monotonic() - began
    if ignored := ignored_in(facts):
        watch(Progress((), elapsed=gone, news=f"ignored: {', '.join(ignored)}"))
    race = Race(home, watch=watch, workers=workers, gone=gone)
    courses = race.run()
    race.tell(doing="judging the model, writing the report")
    from .outcome import finish  # not before: torch takes memory that the networks have needed

    return finish(home, race.entrants[courses[0].name], courses)


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _need_torch() -> None:
    for module in ("torch", "safetensors"):
        if find_spec(module) is None:
            raise ParameterError(f"{module} is missing: {NEEDS_TRAINING}")
