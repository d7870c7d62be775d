"""Half a minute of damaged files (``AMPBOARD_FUZZ_SECONDS`` for more), and that the fuzzer sees what it looks for."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from ..watched_child import REPOSITORY, Worker
from .mutation import mutate
from .seeds import seeds

SECONDS = os.environ.get("AMPBOARD_FUZZ_SECONDS", "30")


def test_damaged_files_play_or_are_refused(tmp_path: Path) -> None:
    failures = tmp_path / "failures"
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seconds", SECONDS, "--seed", "1", "--failures", failures],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert not failures.exists()
    assert "model, ok" in run.stdout  # some damage leaves a file that plays
    assert "model, refused" in run.stdout


CHILDREN = {
    "died": "input(); import os; os.abort()",
    "hung": "input(); import time; time.sleep(60)",
    "failure": "input(); print('failure\\t\"KeyError\"', flush=True); input()",
    "ok": "input(); print('ok', flush=True); input()",
}


@pytest.mark.parametrize("word", CHILDREN)
def test_a_child_that_dies_hangs_or_raises_is_seen(word: str, tmp_path: Path) -> None:
    starting = 1.0 if word == "hung" else 60.0
    with Worker([sys.executable, "-c", CHILDREN[word]], starting=starting) as worker:
        outcome = worker.run("model", tmp_path / "case.nam")
    assert outcome.word == word
    assert outcome.bad == (word != "ok")


def test_a_reader_that_takes_too_much_memory_is_seen(tmp_path: Path) -> None:
    code = (
        "import tests.fuzz.child as child; child.MEMORY = 1 << 28;"
        "child.TARGETS['model'] = lambda path: bytearray(1 << 30); child.main()"
    )
    with Worker([sys.executable, "-c", code]) as worker:
        outcome = worker.run("model", tmp_path / "case.nam")
    assert outcome.word == "failure"
    assert "MemoryError" in outcome.reason


def test_the_same_seed_damages_alike_and_another_otherwise() -> None:
    for file in seeds():
        damaged = [[mutate(file.content, file.kind, Random(f"{seed}:{i}")) for i in range(8)] for seed in (1, 1, 2)]
        assert damaged[0] == damaged[1]
        assert damaged[0] != damaged[2]
        assert any(copy != file.content for copy in damaged[0])
