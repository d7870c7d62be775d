"""How long a model takes from its description to its first block, imports done: run in a process of its own.

``python -m tests.benchmarks.compile_time "A1 standard"`` prints processor seconds. What the code cache holds is the
caller's affair (``NUMBA_CACHE_DIR``).
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[2]


def compile_times(name: str) -> tuple[float, float]:
    """Measure a subject in new processes, first with an empty code cache, then with the one just filled."""
    with TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-m", "tests.benchmarks.compile_time", name]
        first, second = (
            float(
                subprocess.run(
                    command, env=environment, cwd=REPOSITORY, check=True, capture_output=True, text=True
                ).stdout
            )
            for _ in range(2)
        )
    return first, second


if __name__ == "__main__":
    import numpy as np

    from ampboard.models.model import Model

    from .subjects import subject_named

    description = subject_named(sys.argv[1]).description()
    start = time.process_time()
    Model(description).stream().process(np.zeros(64, np.float32))
    sys.stdout.write(f"{time.process_time() - start}\n")
