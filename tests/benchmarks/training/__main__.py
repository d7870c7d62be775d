"""``python -m tests.benchmarks.training``: train, beside NAM's own trainer, and write the page of the documentation."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import jobs
from .interleaving import interleave
from .records import append_run, append_startup, outcomes, remaining, runs, startups
from .startup import ARCHITECTURES, measure_startup
from .subjects import subject_named

RECORDS = Path("build/training-benchmarks.jsonl")


def main() -> None:
    """Measure what the records do not have yet, then write the page and the chart."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.training", description="Accuracy of trained models against processor time."
    )
    parser.add_argument("--records", type=Path, default=RECORDS, help="measurements; what is in it is not made again")
    parser.add_argument(
        "--docs", type=Path, default=Path("docs"), help="folder of training-benchmarks.md and pictures/"
    )
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument("--short", action="store_true", help="40 minutes: fewer seeds, one run of NAM's trainer")
    effort.add_argument("--quick", action="store_true", help="seconds: to see that it runs")
    effort.add_argument("--page-only", action="store_true", help="measure nothing")
    parser.add_argument("--devices", nargs="*", metavar="NAME", help="these only, such as amp")
    parser.add_argument("--trainers", nargs="*", choices=(jobs.OURS, jobs.NAM), help="these only")
    parser.add_argument("--architectures", nargs="*", metavar="NAME", help="these only, such as 'A1 standard'")
    parser.add_argument("--nice", type=int, default=0, help="how much to stand back behind others of the machine")
    options = parser.parse_args()
    chosen = [
        row
        for row in (jobs.QUICK if options.quick else jobs.TABLE)
        if row.subject in (options.devices or [row.subject])
        and row.trainer in (options.trainers or [row.trainer])
        and row.architecture in (options.architectures or [row.architecture])
    ]
    options.records.parent.mkdir(parents=True, exist_ok=True)
    failed: list[jobs.Job] = []
    if not options.page_only:
        failed = _measure(_possible(chosen), options.records, options.short, options.nice)
    if not options.page_only and not options.quick:
        for arch in ARCHITECTURES:
            append_startup(options.records, measure_startup(arch))

    # matplotlib is needed for the page alone
    from .chart import write_chart
    from .report import write_page

    found = outcomes(options.records)
    page = options.docs / "training-benchmarks.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_page(page, runs(options.records), found, startups(options.records))
    write_chart(options.docs / "pictures" / "training-benchmarks.png", found)
    sys.stdout.write(page.read_text(encoding="utf-8"))
    for job in failed:
        sys.stderr.write(f"failed: {job}\n")
    sys.exit(bool(failed))


def _possible(rows: Sequence[jobs.Row]) -> list[jobs.Row]:
    from .trainers import ours, peer

    left: list[jobs.Row] = []
    for row in rows:
        missing = ours.missing(row.architecture) if row.trainer == jobs.OURS else peer.MISSING
        if reason := subject_named(row.subject).missing() or missing:
            sys.stderr.write(f"left out: {row.trainer} {row.architecture} on {row.subject}: {reason}\n")
        else:
            left.append(row)
    return left


def _measure(rows: Sequence[jobs.Row], records: Path, short: bool, nice: int) -> list[jobs.Job]:
    run = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    os.environ["BENCH_RUN"] = run
    append_run(records, run)
    failed: list[jobs.Job] = []
    for contenders in jobs.lanes(rows, short=short):
        failed += interleave([remaining(lane, records) for lane in contenders], records, nice=nice)
    return failed


if __name__ == "__main__":
    main()
