"""Whole trainings of small networks, in processes of their own (needs torch)."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from ampboard.models import load_model
from ampboard.models.errors import ParameterError
from ampboard.training import Material, TrainedModel, train
from ampboard.training.capture.capture import Finding
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.runs.architectures import architecture_of, find_architecture
from ampboard.training.runs.course import Course, Progress
from ampboard.training.runs.folder import BEST, CHECKPOINT, Entrant, RunFolder, Settings, load_material, store_material
from ampboard.training.runs.outcome import best_description
from ampboard.training.runs.run import DivergedError, Run
from ampboard.training.runs.sources import CaptureFacts, ignored_in, open_source
from ampboard.training.runs.training import begin, go_on
from ampboard.training.trainer.checkpoint import read_checkpoint
from ampboard.training.trainer.evaluation import evaluate

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
    """Killed with SIGKILL once it has been judged; the model at the end is the uninterrupted one bit for bit."""
    store_material(clipper, tmp_path / "material")
    out = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "material"), str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment)
    home = RunFolder(out).entrant("nano")
    until = time.monotonic() + 120
    while not (home / BEST).exists() and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not RunFolder(out).read()[2]
    assert read_checkpoint(home / CHECKPOINT).step < 200
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
    assert loser.step == 64
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


def test_a_run_with_other_settings_or_recordings_is_refused(clipper: Material, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert begin(folder, lambda: open_source(clipper), Settings(("nano",), steps=5, cores=1))
    assert not begin(folder, lambda: open_source(clipper), Settings(("nano",), steps=5, cores=1))
    with pytest.raises(ParameterError, match="other settings"):
        begin(folder, lambda: open_source(clipper), Settings(("nano",), steps=6, cores=1))
    shorter = replace(clipper, train=clipper.validation)
    with pytest.raises(ParameterError, match="other recordings"):
        begin(folder, lambda: open_source(shorter), Settings(("nano",), steps=5, cores=1))


def test_going_on_with_a_model_begins_where_it_ended_and_never_ends_worse(
    trained: tuple[TrainedModel, list[Progress]], clipper: Material, tmp_path: Path
) -> None:
    """Its error before the first update is what it was (bound: float32 of the file, 1e-6); the best weights stay."""
    model, _ = trained
    assert model.path is not None
    architecture = architecture_of("nano", model.path)
    settings = Settings(("nano",), start=str(model.path))
    run = Run(tmp_path, Entrant("nano", 0, 60.0, 20), clipper, settings, architecture=architecture)
    assert run.course.esr == {0: pytest.approx(model.esr, rel=1e-6)}
    assert run.trainer.recipe.learning_rate < find_architecture("nano").learning_rate
    run.advance(20)
    assert run.course.step == 20
    assert run.course.best_esr <= model.esr * (1 + 1e-6)
    best = best_description(tmp_path, architecture.make((), 0), 48_000)
    assert evaluate(best, clipper.validation).esr == pytest.approx(run.course.best_esr, rel=1e-6)


def test_a_teacher_plays_what_is_learned_and_the_device_what_is_tested(
    trained: tuple[TrainedModel, list[Progress]], clipper: Material
) -> None:
    model, _ = trained
    assert model.path is not None
    material = open_source(clipper, teacher=model.path).material
    teacher = load_model(model.path)
    for taught in (*material.train, *material.validation):
        assert np.array_equal(taught.target, teacher.process(taught.audio))
    assert np.array_equal(material.test[0].target, clipper.test[0].target)


def test_errors_that_are_ignored_are_named() -> None:
    """Not the checks that found nothing, and not the errors that nobody ignores."""
    findings = [
        asdict(Finding(check, severity, 0.0, "", "", ""))  # pyright: ignore[reportArgumentType]
        for check, severity in (("tail", "error"), ("noise", "ok"), ("level", "warning"), ("clipping", "error"))
    ]
    capture = {**asdict(CaptureFacts("pedal")), "findings": findings, "ignored": ["tail", "noise", "level"]}
    assert ignored_in({"capture": capture}) == ("tail",)


def test_material_comes_back_as_it_was(clipper: Material, tmp_path: Path) -> None:
    store_material(clipper, tmp_path)
    back = load_material(tmp_path)
    assert back.digest == clipper.digest
    assert back.test[0].name == clipper.test[0].name
