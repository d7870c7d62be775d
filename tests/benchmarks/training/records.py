"""The file of measurements: one JSON object a line, appended as they are made, so that a killed run loses little."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..fma_peak import fma_peak
from ..machine import processor_name
from .startup import StartUp


@dataclass(frozen=True)
class Job:
    """One training run.

    Attributes
    ----------
    subject : str
        Name of a row of `SUBJECTS`.
    trainer : str
        ``ampboard`` or the name of a peer.
    architecture : str
        As the trainer's own table names it.
    budget : float
        Processor seconds of training.
    seed : int
        Of weights and shuffling.
    """

    subject: str
    trainer: str
    architecture: str
    budget: float
    seed: int = 0


@dataclass(frozen=True)
class Point:
    """The error after so much training."""

    cpu_seconds: float
    esr: float
    by_knobs: dict[str, float]
    settled: dict[str, float]
    own_esr: float | None = None  # as the trainer itself tells it, where it does


@dataclass
class Outcome:
    """What a job came to.

    Attributes
    ----------
    points : list of Point
        In order of time; the last is the end of the budget.
    started : dict
        Facts of the start: processor seconds and seconds by the clock before the first update, version, run.
    ended : dict
        Facts of the end: updates, peak memory of training in bytes; empty when the job was cut short.
    """

    job: Job
    points: list[Point] = field(default_factory=list[Point])
    started: dict[str, Any] = field(default_factory=dict[str, Any])
    ended: dict[str, Any] = field(default_factory=dict[str, Any])

    def reached(self, esr: float) -> float | None:
        """Processor seconds to the first judgement at or below `esr`."""
        return next((point.cpu_seconds for point in self.points if point.esr <= esr), None)

    @property
    def best(self) -> float:
        """Smallest error of all judgements: both sides may keep the best network they had."""
        return min(point.esr for point in self.points)


@dataclass(frozen=True)
class Run:
    """One call of the benchmark, and the machine that it met.

    Attributes
    ----------
    name : str
        Its start in universal time.
    processor : str
        As the operating system tells it.
    cores : int
        Of the machine.
    peak_gflops : float
        Median peak of one core, in fused multiply-adds.
    load : float
        Processes that wanted a core in the minute before.
    """

    name: str
    processor: str
    cores: int
    peak_gflops: float
    load: float


def append_run(path: Path, name: str) -> None:
    """Write down that a run begins, and on what machine."""
    peak = float(np.median([fma_peak() for _ in range(9)]))
    run = Run(name, processor_name(), os.cpu_count() or 1, peak, os.getloadavg()[0])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "run", **asdict(run)}) + "\n")


def runs(path: Path) -> list[Run]:
    """Every run of the file."""
    return [Run(**{key: line[key] for key in line if key != "kind"}) for line in _lines(path) if line["kind"] == "run"]


def append_startup(path: Path, startup: StartUp) -> None:
    """Write down how a training started."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "startup", **asdict(startup)}) + "\n")


def startups(path: Path) -> list[StartUp]:
    """The last start of each architecture."""
    lines = [line for line in _lines(path) if line.pop("kind") == "startup"]
    return list({line["arch"]: StartUp(**line) for line in lines}.values())


def append(path: Path, kind: str, job: Job, attempt: str, **facts: Any) -> None:
    """Write one line, in one piece."""
    line = json.dumps({"kind": kind, "job": asdict(job), "attempt": attempt, **facts})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:  # the line that was being written when the machine went down
                continue


def outcomes(path: Path) -> list[Outcome]:
    """Every job with its last attempt; a finished attempt is not replaced by one that was cut short."""
    attempts: dict[tuple[Job, str], Outcome] = {}
    for line in _lines(path):
        if "job" not in line:
            continue
        job = Job(**line.pop("job"))
        kind, attempt = line.pop("kind"), line.pop("attempt")
        outcome = attempts.setdefault((job, attempt), Outcome(job))
        if kind == "point":
            outcome.points.append(Point(**line))
        elif kind == "start":
            outcome.started = line
        else:
            outcome.ended = line
    last: dict[Job, Outcome] = {}
    for (job, _), outcome in attempts.items():
        if outcome.points and (outcome.ended or not (job in last and last[job].ended)):
            last[job] = outcome
    return list(last.values())


def remaining(jobs: Iterable[Job], path: Path) -> list[Job]:
    """The jobs that the file has no end of."""
    done = {outcome.job for outcome in outcomes(path) if outcome.ended}
    return [job for job in jobs if job not in done]
