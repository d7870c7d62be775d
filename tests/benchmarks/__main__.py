"""``python -m tests.benchmarks``: measure every model family and write the page and the chart of the documentation."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

FEATURES = {4: "-avx,-avx512f,-fma", 8: "-avx512f"}  # what x86-64 code has to do without for so many floats a vector


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Benchmark of the model kernels.")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="folder of benchmarks.md and pictures/")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--quick", action="store_true", help="few models and few turns: to see that it runs")
    parser.add_argument("--models", nargs="*", metavar="NAME", help="these only, such as 'A1 standard'")
    parser.add_argument("--vector", type=int, choices=FEATURES, help="floats a vector (x86-64); default: the widest")
    options = parser.parse_args()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if options.vector:
        os.environ["NUMBA_CPU_FEATURES"] = FEATURES[options.vector]

    # numba and torch read the environment when they are imported
    import torch

    from ampboard.models.model import model_kernel

    from .machine import this_machine
    from .measurement import FULL, measure
    from .measurement import QUICK as LITTLE
    from .report import write_chart, write_page
    from .subjects import QUICK, SUBJECTS, subject_named

    torch.set_num_threads(1)
    chosen = options.models or (QUICK if options.quick else [subject.name for subject in SUBJECTS])
    results = []
    for name in chosen:
        results.append(measure(subject_named(name), LITTLE if options.quick else FULL))
        speed = results[-1].speeds[64]
        sys.stdout.write(f"{name}: {speed.real_time_factor:.0f} x real time, {speed.share_of_peak:.0%} of peak\n")
        sys.stdout.flush()
    machine = this_machine(model_kernel(subject_named(chosen[0]).description()))
    page = options.docs / "benchmarks.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_page(page, machine, results)
    write_chart(options.docs / "pictures" / "benchmarks.png", machine, results)
    if options.json:
        figures = {"machine": asdict(machine), "results": [asdict(result) for result in results]}
        options.json.write_text(json.dumps(figures, indent=1))
    sys.stdout.write("\n" + page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
