"""Contenders take turns on one core: a slow moment of the machine meets them all.

Every training run is a process of its own; all but one are stopped (SIGSTOP), and the one that has got the smallest
part of its work done goes on (SIGCONT) for a slice.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .records import Job
from .subjects import REPOSITORY

SLICE = 5.0  # processor seconds
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Lane:
    """Jobs of one contender, one after the other.

    Attributes
    ----------
    jobs : list of Job
        Still to be started, in order.
    failed : list of Job
        Those whose process ended with an error.
    """

    jobs: list[Job]
    failed: list[Job] = field(default_factory=list[Job])
    _total: float = 0.0
    _finished: float = 0.0
    _current: Job | None = None
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self._total = sum(job.budget for job in self.jobs)

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return not self.jobs and self._process is None

    @property
    def progress(self) -> float:
        """Part of the lane's work that is done, by its processor time."""
        running = min(cpu_seconds(self._process.pid), self._current.budget) if self._process and self._current else 0
        return (self._finished + running) / self._total

    def turn(self, records: Path, nice: int) -> None:
        """Let the lane's process run for a slice; start the next job when there is none."""
        if self._process is None:
            self._current = self.jobs.pop(0)
            self._process = _start(self._current, records, nice)
        else:
            self._process.send_signal(signal.SIGCONT)
        process = self._process
        until = cpu_seconds(process.pid) + SLICE
        while process.poll() is None and cpu_seconds(process.pid) < until:
            time.sleep(0.05)
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            return
        assert self._current
        self._finished += self._current.budget
        if process.returncode:
            self.failed.append(self._current)
        self._process = self._current = None

    def end(self) -> None:
        """Kill what runs."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def interleave(lanes: Sequence[Sequence[Job]], records: Path, *, nice: int = 0) -> list[Job]:
    """Run all lanes to their end, the one that is furthest behind first.

    Parameters
    ----------
    lanes : sequence of sequences of Job
        One for each contender.
    records : Path
        The file that the processes append to.
    nice : int
        How much the processes stand back behind others of the machine.

    Returns
    -------
    list of Job
        Those that failed; what they had to say is on standard error.
    """
    running = [Lane(list(jobs)) for jobs in lanes if jobs]
    lanes_made = list(running)
    try:
        while running:
            min(running, key=lambda lane: lane.progress).turn(records, nice)
            running = [lane for lane in running if not lane.done]
    finally:
        for lane in lanes_made:
            lane.end()
    return [job for lane in lanes_made for job in lane.failed]


def _start(job: Job, records: Path, nice: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.training.worker",
        str(records.resolve()),
        json.dumps(asdict(job)),
    ]
    return subprocess.Popen(
        ["nice", "-n", str(nice), *command],
        cwd=REPOSITORY,
        env=os.environ | ONE_THREAD,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    """Have the kernel kill this process when its parent is gone: one that is stopped would stay for ever."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process and of those it has waited for (Linux); 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS
