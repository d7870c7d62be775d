"""``ampboard train`` as it is typed: in a process of its own, as a user starts it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from ampboard.bridge.cli import app, main
from ampboard.training import Material
from ampboard.training.runs.commands import train

AMPBOARD = """
from ampboard.bridge.cli import app, main
from ampboard.training.runs.commands import train
if "train" not in {command.name for command in app.registered_commands}:  # ampboard is on the path, not installed
    app.command("train")(train)
main()
"""


def ampboard(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", AMPBOARD, "train", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )


def pair(folder: Path, clipper: Material) -> tuple[Path, Path]:
    """Both sides of the capture as recordings."""
    paths = folder / "in.wav", folder / "out.wav"
    for path, field in zip(paths, ("audio", "target"), strict=True):
        soundfile.write(path, getattr(clipper.train[0], field), 48_000, subtype="FLOAT")
    return paths


def test_two_recordings_become_a_model(clipper: Material, tmp_path: Path) -> None:
    done = ampboard(*pair(tmp_path, clipper), "--out", tmp_path / "run", "--arch", "nano", "--steps", "60", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert Path(facts["path"]).is_file()
    assert facts["architecture"] == "nano"
    assert facts["esr"] < 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name what to train on"),
        (["capture"], "name what to train on"),
        (["none", "--out", "run"], "none: is no capture's folder"),
        (["a", "b", "c", "--out", "run"], "give one capture's folder"),
        (["in.wav", "out.wav", "--out", "run", "--arch", "lstm"], "in.wav"),
        (["in.wav", "out.wav", "--out", "run", "--arch", "transformer"], "'transformer' is not known"),
        (["in.wav", "out.wav", "--out", "run", "--arch", "lstm,lstm"], "name each once"),
        (["--resume", "run"], "holds no training run"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is written, and the exit code is 2."""
    if "train" not in {command.name for command in app.registered_commands}:
        app.command("train")(train)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ampboard", "train", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests' own handlers stay
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in told
    assert len(told.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
