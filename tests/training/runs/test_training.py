"""Whole trainings of small networks, in processes of their own (needs torch)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ampboard.models import load_model
from ampboard.models.errors import ParameterError
from ampboard.training import Material, TrainedModel, train
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.runs.course import Course, Progress
from ampboard.training.runs.folder import Entrant, RunFolder, Settings, load_material, store_material
from ampboard.training.runs.run import DivergedError, Run
from ampboard.training.runs.training import go_on
from ampboard.training.trainer.checkpoint import read_checkpoint

SETTINGS = {"arch": "nano", "steps": 200, "use_spare_core": False}


@pytest.fixture(scope="module")
def trained(clipper: Material, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainedModel, list[Progress]]:
    seen: list[Progress] = []
    folder = tmp_path_factory.mktemp("trained") / "clipper"
    return train(clipper, out=folder, watch=seen.append, **SETTINGS), seen  # pyright: ignore


def arrays_equal(one: TrainedModel, other: TrainedModel) -> bool:
    names = one.description.arrays.keys() | other.description.arrays.keys()
    return all(np.array_equal(one.description.arrays[name], other.description.arrays[name]) for name in names)


def test_a_model_is_learned_written_and_reported(
    trained: tuple[TrainedModel, list[Progress]], clipper: Material
) -> None:
    """ESR below 0.1 after 200 updates; the file plays what was judged (bound: float32 of the file, 1e-6)."""
    model, seen = trained
    assert model.esr < 0.1
    assert model.path is not None
    excerpt = clipper.validation[0]
    played = load_model(model.path).process(excerpt.audio)
    assert error_to_signal_ratio(played, excerpt.target) == pytest.approx(model.esr, rel=1e-6)
    course = model.courses[0]
    assert course.step == course.steps == 200
    assert course.best_esr == pytest.approx(model.esr, rel=1e-6)
    assert course.speed > 1
    assert model.test_esr is not None
    assert seen[-1].courses[0].esr == course.esr
    assert seen[-1].winner == "nano"


def test_the_folder_holds_sound_and_logs(trained: tuple[TrainedModel, list[Progress]]) -> None:
    import soundfile

    model, _ = trained
    assert model.path is not None
    folder = RunFolder(model.path.parent)
    sound, rate = soundfile.read(folder.listen)
    assert rate == 48_000
    assert len(sound) == 3 * rate
    assert list((folder.tensorboard / "nano").glob("events*"))
    assert soundfile.info(folder.listen_target).frames == 3 * rate
    assert not (folder.path / "material").exists()


def test_a_finished_run_is_not_begun_again(trained: tuple[TrainedModel, list[Progress]], clipper: Material) -> None:
    model, _ = trained
    assert model.path is not None
    with pytest.raises(ParameterError, match="finished run"):
        train(clipper, out=model.path.parent, **SETTINGS)  # pyright: ignore
    with pytest.raises(ParameterError, match="finished"):
        go_on(model.path.parent)


KILLED = """
import sys
from pathlib import Path
from ampboard.training.runs.folder import load_material
from ampboard.training import train
train(load_material(Path(sys.argv[1])), out=sys.argv[2], arch="nano", steps=200, use_spare_core=False)
"""


def test_a_run_that_is_killed_goes_on_as_the_same_run(
    trained: tuple[TrainedModel, list[Progress]], clipper: Material, tmp_path: Path
) -> None:
    """Killed with SIGKILL in the middle; the model at the end is the uninterrupted one bit for bit."""
    store_material(clipper, tmp_path / "material")
    out = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "material"), str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment)
    course = RunFolder(out).entrant("nano") / "course.json"
    until = time.monotonic() + 120
    while not (course.exists() and '"esr": [[' in course.read_text()) and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not RunFolder(out).read()[2]
    again = train(clipper, out=out, **SETTINGS)  # pyright: ignore
    assert arrays_equal(again, trained[0])
    assert again.courses[0].esr == trained[0].courses[0].esr


def test_a_race_is_won_by_the_better_network(clipper: Material) -> None:
    """On this pedal a network that sees far learns sooner than a few cells; the loser stops early."""
    seen: list[Progress] = []
    model = train(clipper, arch=("lstm-4", "nano"), steps=160, use_spare_core=False, watch=seen.append)
    assert model.arch == "nano"
    winner, loser = model.courses
    assert (winner.name, winner.step) == ("nano", 160)
    assert loser.step == 40
    assert loser.best_esr > 2 * winner.best_esr
    assert loser.state == "out"
    assert any("nano goes on" in progress.news for progress in seen)


def test_training_ends_at_the_error_that_was_asked_for(clipper: Material, tmp_path: Path) -> None:
    """The schedule is that of all 1,000 updates; the run ends at the first judgement that is low enough."""
    entrant = Entrant("nano", 0, 60.0, 1_000)
    run = Run(tmp_path, entrant, clipper, Settings(("nano",), target_esr=0.3))
    run.advance(1_000)
    assert run.course.best_esr <= 0.3
    assert run.course.step < 1_000
    assert run.trainer.recipe.steps == 1_000
    assert run.course.step == run.course.best_step == max(run.course.esr)
    assert run.course.note == "target reached"


def test_a_run_that_diverges_says_so_and_keeps_its_checkpoint(clipper: Material, tmp_path: Path) -> None:
    run = Run(tmp_path, Entrant("nano", 0, 60.0, 100), clipper, Settings(("nano",)))
    run.advance(5)
    for weight in run.trainer.parameters:
        weight.data.fill_(float("nan"))
    with pytest.raises(DivergedError, match="diverged at update"):
        run.advance(100)
    assert read_checkpoint(tmp_path / "checkpoint.safetensors").step == 5
    course = Course.read(tmp_path)
    assert course is not None
    assert course.state == "diverged"


def test_a_full_disk_is_named_and_the_checkpoint_before_stays(
    clipper: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, Entrant("nano", 0, 60.0, 100), clipper, Settings(("nano",)))

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        run.advance(5)
    monkeypatch.undo()
    assert read_checkpoint(tmp_path / "checkpoint.safetensors").step == 0


def test_an_interrupted_run_is_saved_and_other_settings_are_refused(clipper: Material, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.courses[0].esr:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(clipper, out=tmp_path / "run", arch="lstm-8", steps=4_000, use_spare_core=False, watch=interrupt)
    folder = RunFolder(tmp_path / "run").entrant("lstm-8")
    assert (folder / "checkpoint.safetensors").exists()
    with pytest.raises(ParameterError, match="other settings"):
        train(clipper, out=tmp_path / "run", arch="lstm-9", use_spare_core=False)


def test_material_comes_back_as_it_was(clipper: Material, tmp_path: Path) -> None:
    store_material(clipper, tmp_path)
    back = load_material(tmp_path)
    assert back.digest == clipper.digest
    assert back.test[0].name == clipper.test[0].name
