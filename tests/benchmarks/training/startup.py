"""``python -m tests.benchmarks.training.startup``: from the start of a training to its first update."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ARCHITECTURES = ("lstm", "auto")
MINUTES = 0.25


@dataclass(frozen=True)
class StartUp:
    """How a training started.

    Attributes
    ----------
    arch : str
        As ``ampboard train --arch`` takes it.
    seconds : float
        From the start of the process to the first update of the first network, by the clock on the wall.
    cpu_seconds : float
        Processor time of the process and its children until then.
    peak_bytes : int
        Most memory of the process and of the largest of its children together.
    load : float
        Processes that wanted a core in the minute before.
    """

    arch: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    load: float


def measure_startup(arch: str) -> StartUp:
    """Start a training in a process of its own."""
    load, began = os.getloadavg()[0], time.time()
    command = [sys.executable, "-m", "tests.benchmarks.training.startup", arch]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    first, processor, peak = json.loads(done.stdout.splitlines()[-1])
    return StartUp(arch, first - began, processor, peak, load)


def main() -> None:
    """Train for a quarter of a minute; print when the first update was done, and the memory used."""
    from ampboard.training import train

    from .interleaving import cpu_seconds
    from .subjects import subject_named

    first: list[float] = []

    def watch(progress: object) -> None:
        if not first and any(course.step for course in progress.courses):  # pyright: ignore
            children = Path("/proc/self/task").glob("*/children")
            pids = [int(pid) for path in children for pid in path.read_text().split()]
            first.extend((time.time(), time.process_time() + sum(map(cpu_seconds, pids))))

    train(subject_named("amp").material(), arch=sys.argv[1], minutes=MINUTES, watch=watch)
    unit = 1 if platform.system() == "Darwin" else 1024
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    sys.stdout.write("\n" + json.dumps([*first, peak * unit]) + "\n")


if __name__ == "__main__":
    main()
