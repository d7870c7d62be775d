"""Many trainings, one a core: of many captures, with many settings, or both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, cast

from ...models.errors import AmpboardError, ParameterError
from .folder import RunFolder
from .training import train, usable_cores


@dataclass(frozen=True)
class Sweep:
    """What came of one training of a sweep.

    Attributes
    ----------
    name : str
        Of the folder it is in.
    settings : mapping
        The settings in which the trainings differ.
    arch : str
        The network that won; empty where none did.
    esr, test_esr : float or None
        On the validation and test passages.
    path : str
        The model file.
    failure : str
        Why there is none.
    """

    name: str
    settings: Mapping[str, Any]
    arch: str = ""
    esr: float | None = None
    test_esr: float | None = None
    path: str = ""
    failure: str = ""


def sweep(
    captures: Sequence[str | Path],
    *,
    out: str | Path,
    jobs: int | None = None,
    told: Callable[[Sweep], None] = lambda _: None,
    **settings: Any,
) -> tuple[Sweep, ...]:
    """Train a model for each capture and each combination of settings, one process a core.

    Parameters
    ----------
    captures : sequence of str or Path
        Folders of captures.
    out : str or Path
        A folder is made in it for each training, named after its capture and settings; what is finished there already
        is not done again, what was interrupted goes on.
    jobs : int, optional
        Trainings at once; one a core unless told.
    told : function
        Is told each result as it comes.
    **settings
        Those of `train`; a list stands for several values, each of which is tried.

    Returns
    -------
    tuple of Sweep
        Best first; failures last.

    Raises
    ------
    ParameterError
        When there is nothing to train, or two captures have one name.

    Examples
    --------
    >>> sweep(["clean", "lead"], out="models", arch=["lstm", "a2"], minutes=5)  # doctest: +SKIP
    """
    from joblib import Parallel, delayed

    names = [Path(capture).name for capture in captures]
    if not captures or len(set(names)) != len(names):
        raise ParameterError(f"captures {', '.join(names) or 'none'}: name at least one, and none twice")
    varied = {name: values for name, values in settings.items() if isinstance(values, list)}
    fixed = {name: value for name, value in settings.items() if name not in varied}
    tasks = [
        (str(capture), dict(zip(varied, values, strict=True)))
        for capture in captures
        for values in product(*varied.values())
    ]
    jobs = min(jobs or usable_cores(), len(tasks))
    cores = max(1, usable_cores() // jobs)
    work = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(_train_one)(capture, str(out), own, {"cores": cores, **fixed}) for capture, own in tasks
    )
    results: list[Sweep] = []
    for result in cast("Sequence[Sweep]", work):
        told(result)
        results.append(result)
    return tuple(sorted(results, key=lambda result: (result.esr is None, result.esr or 0.0, result.name)))


def _train_one(capture: str, out: str, own: Mapping[str, Any], fixed: Mapping[str, Any]) -> Sweep:
    name = "-".join([Path(capture).name, *(f"{key}{_words(value)}" for key, value in own.items())])
    folder = RunFolder(Path(out) / name)
    try:
        if folder.exists and (kept := folder.read())[2]:
            facts = kept[1]["outcome"]
        else:
            facts = train(capture, out=folder.path, **fixed, **own).facts
    except AmpboardError as error:
        return Sweep(name, own, failure=str(error))
    return Sweep(name, own, facts["architecture"], facts["esr"], facts["test_esr"], facts["path"])


def _words(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
