"""``python -m tests.benchmarks.training.worker RECORDS JOB``: one training run in a process of its own."""

import json
import os
import platform
import resource
import sys
import time
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .judging import Judgement
from .records import Job, append

KIB = 1024


def peak_memory() -> int:
    """Most bytes that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else KIB)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from its sources
        return ""


def main() -> None:
    """Train, judge and record."""
    records, job = Path(sys.argv[1]), Job(**json.loads(sys.argv[2]))
    import torch

    torch.set_num_threads(1)
    from .subjects import subject_named

    if job.trainer == "ampboard":
        from .trainers.ours import OurTraining as Training  # pyright: ignore

        package = "ampboard"
    else:
        from .trainers.peer import NamTraining as Training

        package = "neural-amp-modeler"
    attempt = f"{os.getpid()}-{time.time():.0f}"
    began = time.process_time()
    material = subject_named(job.subject).material()
    loading = time.process_time() - began
    training = Training(material, job.architecture, job.budget, job.seed)
    peak = 0

    def started() -> None:
        facts = {"version": _version(package), "torch": torch.__version__, "run": os.environ.get("BENCH_RUN", "")}
        append(records, "start", job, attempt, setup_seconds=time.process_time() - loading, **facts)

    def point(seconds: float, judgement: Judgement, own: float | None) -> None:
        nonlocal peak
        peak = peak or peak_memory()  # judging plays whole passages at once, which training never does
        append(records, "point", job, attempt, cpu_seconds=round(seconds, 3), own_esr=own, **asdict(judgement))

    training.run(started, point)
    append(records, "end", job, attempt, updates=training.updates, peak_bytes=peak)


if __name__ == "__main__":
    main()
