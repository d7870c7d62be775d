"""The machine that the figures are from."""

import os
import platform
import resource
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ampboard.models.kernels.contract import Kernel
from ampboard.models.kernels.vector import best_width

from .fma_peak import fma_peak
from .playing import Playing, picked_notes

MANY = 32


@dataclass(frozen=True)
class Machine:
    """What the figures depend on.

    Attributes
    ----------
    processor : str
        Its name as the operating system tells it.
    vector_floats : int
        Floats in the vectors that the kernels were compiled for.
    peak_gflops : float
        Median peak of one core, in fused multiply-adds.
    load : float
        Processes that wanted a core in the last minute, on average, this one included.
    growth_kib : int
        What the process grew by while 32 instances played for ten seconds of audio each.
    """

    processor: str
    vector_floats: int
    peak_gflops: float
    load: float
    growth_kib: int

    @property
    def sentence(self) -> str:
        """The machine in words."""
        return (
            f"Measured on {self.processor}, one core, {self.vector_floats} floats a vector; its peak in the same run "
            f"was {self.peak_gflops:.0f} GFLOP/s of fused multiply-adds. {os.cpu_count()} cores, load {self.load:.1f}: "
            f"above 1, others were at work too. {MANY} instances that played ten seconds each grew the process by "
            f"{self.growth_kib} KiB."
        )


def this_machine(kernel: Kernel) -> Machine:
    """Describe this machine; `kernel` is what the many instances play."""
    return Machine(
        processor=processor_name(),
        vector_floats=best_width(),
        peak_gflops=float(np.median([fma_peak() for _ in range(9)])),
        load=os.getloadavg()[0],
        growth_kib=_growth(kernel),
    )


def processor_name() -> str:
    """Return the processor's name as the operating system tells it."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _growth(kernel: Kernel) -> int:
    instances = [Playing(kernel, frames=64) for _ in range(MANY)]
    audio = picked_notes(1.0)
    blocks = audio.shape[1] // 64
    for instance in instances:
        instance.play(audio, blocks)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        for instance in instances:
            instance.play(audio, blocks)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
