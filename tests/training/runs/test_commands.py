"""``ampboard train`` as it is typed: in a process of its own, as a user starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ampboard.bridge.cli import app, main
from ampboard.models import load_model
from ampboard.models.errors import ParameterError
from ampboard.presets import load_preset
from ampboard.training import Material
from ampboard.training.runs.commands import train
from ampboard.training.runs.course import Course
from ampboard.training.runs.folder import BEST, CHECKPOINT
from ampboard.training.runs.options import check_start, chosen_architectures
from ampboard.training.trainer.checkpoint import read_checkpoint

PAIR = (__file__, __file__, "--out", "run")  # is not read: the options are wrong

AMPBOARD = """
from ampboard.bridge.cli import app, main
from ampboard.training.runs.commands import train
if "train" not in {command.name for command in app.registered_commands}:  # ampboard is on the path, not installed
    app.command("train")(train)
main()
"""


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", AMPBOARD, "train", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "200"},
    )


def facts_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it prints as JSON once it has ended well."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def record(folder: Path, **sounds: NDArray[np.float32]) -> list[Path]:
    paths = [folder / f"{name}.wav" for name in sounds]
    for path, sound in zip(paths, sounds.values(), strict=True):
        soundfile.write(path, sound, 48_000, subtype="FLOAT")
    return paths


@pytest.fixture(scope="module")
def model(clipper: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made of two recordings, by a command that is ended in the middle (SIGTERM) and then goes on."""
    folder = tmp_path_factory.mktemp("command")
    run = folder / "run"
    pair = record(folder, dry=clipper.train[0].audio, wet=clipper.train[0].target)
    process = started(*pair, "--out", run, "--arch", "nano", "--steps", "1000", "--cores", "1")
    home = run / "networks" / "nano"
    until = time.monotonic() + 120
    while not (home / BEST).exists() and time.monotonic() < until:  # it has been judged once
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.terminate()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert f"ampboard train --resume {run}" in told
    stopped = Course.read(home)
    assert stopped is not None
    assert 0 < stopped.step < stopped.steps == 1000
    assert read_checkpoint(home / CHECKPOINT).step == stopped.step
    facts = facts_of(started("--resume", run, "--json"))
    assert facts["networks"][0]["steps"] == 1000
    assert facts["esr"] < 0.1
    return Path(facts["path"])


def test_two_recordings_become_a_model_though_the_command_is_ended_in_between(model: Path) -> None:
    """What the fixture asserts: the exit code, what it says, the checkpoint. And the file plays."""
    assert load_model(model).process(np.ones(480, np.float32)).shape == (480,)


def test_a_model_that_goes_on_from_its_own_teacher_knows_all(model: Path, clipper: Material, tmp_path: Path) -> None:
    """On dry recordings alone; ESR below 1e-9 (bound: float32 of the file)."""
    dry = record(tmp_path, one=clipper.train[0].audio, other=clipper.validation[0].audio, third=clipper.test[0].audio)
    options = ("--teacher", model, "--from", model, "--steps", "1", "--cores", "1", "--json")
    facts = facts_of(started(*dry, *options, "--out", tmp_path / "pupil"))
    assert facts["esr"] < 1e-9
    assert facts["test_esr"] < 1e-9


def test_a_model_goes_on_as_what_it_is(model: Path, clipper: Material) -> None:
    """Its architecture may be named; another one, another sample rate or other knobs are refused."""
    assert chosen_architectures("auto", model) == ("wavenet",)  # whose recipe it goes on with
    assert chosen_architectures("nano", model) == ("nano",)
    for other in ("feather", "lstm-20", ("nano", "lstm")):
        with pytest.raises(ParameterError, match="leave --arch out"):
            chosen_architectures(other, model)
    check_start(model, clipper)
    with pytest.raises(ParameterError, match="44100"):
        check_start(model, replace(clipper, sample_rate=44_100))


def test_the_preset_beside_a_model_plays_it(model: Path) -> None:
    preset = load_preset(model.with_suffix(".toml"))
    assert [node.type for node in preset.chain] == ["neural"]


def test_what_is_ended_before_its_first_update_leaves_nothing(clipper: Material, tmp_path: Path) -> None:
    pair = record(tmp_path, dry=clipper.train[0].audio, wet=clipper.train[0].target)
    process = started(*pair, "--out", tmp_path / "run", "--arch", "nano", "--minutes", "1")
    assert process.stderr is not None
    assert "reading" in process.stderr.readline()
    process.terminate()
    _, told = process.communicate(timeout=60)
    assert "stopped before anything was learned; nothing is kept" in told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name what to train on"),
        (["capture"], "name what to train on"),
        (["none", "--out", "run"], "none: no such file or folder"),
        (["nosuch.wav", "good.wav", "--out", "run"], "nosuch.wav: no such file"),
        ([__file__, "--out", "run"], "is no capture's folder"),
        ([__file__, __file__, __file__, "--out", "run"], "give one capture's folder"),
        (["in.wav", "out.wav", "--out", "run", "--arch", "lstm"], "in.wav"),
        ([*PAIR, "--arch", "transformer"], "'transformer' is not known"),
        ([*PAIR, "--arch", "lstm,lstm"], "name each once"),
        ([*PAIR, "--device", "abacus"], "device 'abacus' is not known"),
        ([*PAIR, "--precision", "bfloat16", "--arch", "lstm"], "bfloat16 gains on a GPU only"),
        ([*PAIR, "--precision", "float16"], "precision 'float16' is not known"),
        ([*PAIR, "--loss", "foo"], "'foo' is not known"),
        ([*PAIR, "--from", __file__], "test_commands.py"),
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
