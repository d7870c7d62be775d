"""What comes out of a run: the best model seen, its files and its report."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from ...models.description import ModelDescription
from ...models.errors import ModelError
from ...models.model import Model
from ...models.writing import write_atomically
from ..networks.streaming import StreamingNetwork
from ..result import Progress, write_result
from .architectures import architecture_of
from .course import Course
from .folder import BEST, Entrant, RunFolder, Settings
from .sources import capture_in


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
    verdict : str
        How near the model is to the device, in a sentence.
    path : Path or None
        The model file; None where no folder was named.
    preset : Path or None
        A preset beside it that plays it.
    lines : tuple of str
        What else there is to know: remarks on the verdict, and which file plays where.
    """

    name: str
    arch: str
    description: ModelDescription
    esr: float
    test_esr: float | None
    courses: tuple[Course, ...]
    verdict: str
    path: Path | None = None
    preset: Path | None = None
    lines: tuple[str, ...] = ()

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
            "verdict": self.verdict,
            "path": None if self.path is None else str(self.path),
            "preset": None if self.preset is None else str(self.preset),
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


def finish(home: RunFolder, entrant: Entrant, courses: Sequence[Course]) -> TrainedModel:
    """Write the files and the report of a run whose training has ended.

    Parameters
    ----------
    home : RunFolder
        Of the run.
    entrant : Entrant
        The network with the lowest error.
    courses : sequence of Course
        Of all networks, best first.
    """
    settings, facts, _ = home.read()
    best, material, knobs = courses[0], home.material(), tuple(facts["knobs"])
    network = architecture_of(entrant.arch, home.start if settings.start else None).make(knobs, entrant.seed)
    description = best_description(home.entrant(entrant.name), network, facts["sample_rate"])
    pace = best.cpu_seconds / max(best.step, 1)
    result = write_result(
        replace(description, knobs=knobs),
        material,
        home.path,
        capture=capture_in(facts),
        history=[Progress(step, pace * step, esr) for step, esr in sorted(best.esr.items())],
        training=_how(settings, entrant, best, courses),
        name=facts["name"],
        overwrite=True,
    )
    path = next(iter(result.paths.values()))
    trained = TrainedModel(
        facts["name"],
        best.arch,
        description,
        best.best_esr,
        result.esr if material.test else None,
        tuple(courses),
        result.verdict.sentence,
        path,
        _write_preset(home.path / f"{facts['name']}.toml", facts["name"], path),
        tuple(result.lines),
    )
    home.finish(trained.facts)
    return trained


def _write_preset(target: Path, name: str, model: Path) -> Path:
    """Write a preset of the model alone; a string of TOML is written as one of JSON."""
    lines = ("schema = 1", f"name = {json.dumps(name)}", "", "[[chain]]", 'type = "neural"')
    write_atomically(target, "\n".join((*lines, f"model = {json.dumps(model.name)}", "")).encode())
    return target


def best_description(folder: Path, network: StreamingNetwork, sample_rate: int) -> ModelDescription:
    """The best model that a network's folder holds.

    Parameters
    ----------
    folder : Path
        Of a `Run` that was judged at least once.
    network : StreamingNetwork
        Of the same shape; takes its weights.
    sample_rate : int
        In Hz.

    Raises
    ------
    ModelError
        When the file is missing or damaged.
    """
    path = folder / BEST
    try:
        stored = load_file(path)
        with torch.no_grad():
            for name, place in network.state_dict().items():
                place.copy_(stored[name])
    except (OSError, SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error}): start the run anew") from None
    return network.describe(sample_rate, {})


def _how(settings: Settings, entrant: Entrant, best: Course, courses: Sequence[Course]) -> dict[str, Any]:
    """How the model was made, for its metadata."""
    return {
        "architecture": best.arch,
        "seed": entrant.seed,
        "steps": best.best_step,
        "of_steps": best.steps,
        "cpu_seconds": round(best.cpu_seconds, 1),
        "loss": settings.loss,
        "race": {
            course.name: {
                "esr": course.best_esr,
                "steps": course.step,
                "of_steps": course.steps,
                "cpu_seconds": round(course.cpu_seconds, 1),
            }
            for course in courses
        },
    }
