"""``python -m tests.fuzz``: damage files and give them to their readers; whatever is not refused has to play.

A failure is written to a folder, the file beside what happened; ``--file`` gives one to its reader again.
"""

import argparse
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random, randrange
from tempfile import TemporaryDirectory

from ..watched_child import Outcome, Worker
from .mutation import mutate
from .seeds import FACTORY, Seed, seeds

CHILD = (sys.executable, "-m", "tests.fuzz.child")


def main() -> int:
    """Run for some time; return 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Damaged files against their readers.")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=randrange(1 << 32), help="the same damage again")
    parser.add_argument("--failures", type=Path, default=Path("build/fuzz"), help="folder of what failed")
    parser.add_argument("--file", type=Path, help="give this one file to its reader")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        with Worker(CHILD, environment={"NUMBA_CACHE_DIR": str(place / "code")}) as worker:
            shutil.copytree(FACTORY, place / "factory", ignore=shutil.ignore_patterns("recordings"))
            if options.file:
                return _again(worker, place, options.file)
            return _fuzz(worker, place, options.seconds, options.seed, options.failures)


def _again(worker: Worker, place: Path, path: Path) -> int:
    """Give a file to its reader; what is written beside a kept failure says which, else its suffix does."""
    note = path.with_suffix(".txt")
    target = note.read_text().split()[0] if note.exists() else ""
    alike = [file for file in seeds() if Path(file.name).suffix == path.suffix and file.target.startswith(target)]
    if not alike:
        raise SystemExit(f"{path}: no reader for {path.suffix!r} files")
    file = alike[0]
    result = _give(worker, place, file, path.read_bytes())
    sys.stdout.write(f"{file.target}, {result.word}: {result.reason}\n")
    return int(result.bad)


def _fuzz(worker: Worker, place: Path, seconds: float, seed: int, failures: Path) -> int:
    files = seeds()
    by_target = {target: [file for file in files if file.target == target] for target in {f.target for f in files}}
    counts = Counter[str]()
    for file in files:  # undamaged, so that no reader refuses everything unnoticed
        result = _give(worker, place, file, file.content)
        counts[f"whole {file.target}, {result.word}"] += 1
        if file is files[0] and result.word != "ok":
            raise SystemExit(f"the first whole file does not even play: {result.word} {result.reason}")
        if result.bad:
            _keep(failures, f"whole-{counts.total()}", file, file.content, result)
    case, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        random = Random(f"{seed}:{case}")
        target = random.choice(("model", "model", "model", "preset", "setlist", "midi"))
        file = random.choice(by_target[target])
        content = mutate(file.content, file.kind, random)
        result = _give(worker, place, file, content)
        counts[f"{target}, {result.word}"] += 1
        if result.bad:
            _keep(failures, f"{seed}-{case}", file, content, result)
        case += 1
    sys.stdout.write(f"seed {seed}, {case} damaged files\n")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:8} {name}\n")
    bad = sum(count for name, count in counts.items() if name.endswith(("failure", "died", "hung")))
    if bad:
        sys.stdout.write(f"{bad} failures: see {failures}\n")
    return int(bad > 0)


def _give(worker: Worker, place: Path, file: Seed, content: bytes) -> Outcome:
    path = place / "factory" / file.name
    path.write_bytes(content)
    return worker.run(file.target, path)


def _keep(folder: Path, name: str, file: Seed, content: bytes, result: Outcome) -> None:
    """Write down a failure; the first lines of the reason go to the terminal too."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{Path(file.name).suffix}"
    path.write_bytes(content)
    path.with_suffix(".txt").write_text(f"{file.target} {result.word}\n{result.reason}\n")
    last = result.reason.strip().splitlines()[-1:] or [""]
    sys.stdout.write(f"{path}: {result.word}: {last[0]}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
