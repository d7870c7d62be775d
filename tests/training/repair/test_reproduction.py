"""The experiment in little: the same code, fewer iterations, the numbers it has to reach on the way."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.models.errors import ParameterError
from ampboard.training.repair.measures import RepairQuality, repair_quality
from ampboard.training.repair.models import train_note_denoiser
from ampboard.training.repair.notes import long_sound
from ampboard.training.repair.reproduce import Reproduction, play_repair, reproduce


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def notes(folder: Path) -> Reproduction:
    return reproduce("notes", folder, iterations=(0, 100, 200), compare_clean_fed=False)


def test_the_network_learns_as_fast_as_stated(notes: Reproduction) -> None:
    reached = [snapshot.quality.overall for snapshot in notes.snapshots]
    assert reached[0] >= -1
    assert reached[1] >= 0
    assert reached[2] >= 8
    assert notes.snapshots[2].gap_error < notes.snapshots[1].gap_error < notes.snapshots[0].gap_error


def test_the_page_shows_every_snapshot_with_files_that_exist(notes: Reproduction, folder: Path) -> None:
    page = notes.page.read_text()
    links = re.findall(r'src="([^"]+)"', page)
    assert not re.search(r"https?://", page)
    assert {f"pictures/iteration-{i:04d}.png" for i in (0, 100, 200)} <= set(links)
    assert {f"audio/iteration-{i:04d}.wav" for i in (0, 100, 200)} <= set(links)
    assert {"pictures/long.png", "audio/random-latents.wav", "audio/interpolation.wav"} <= set(links)
    for link in links:
        assert (folder / link).stat().st_size > 500
    sound, rate = soundfile.read(folder / "audio" / "iteration-0200.wav")
    assert rate == 16_000
    assert 0.1 < np.abs(sound).max() <= 1.0


def test_the_numbers_are_written_too(notes: Reproduction, folder: Path) -> None:
    numbers = json.loads((folder / "numbers.json").read_text())
    assert [shot["iteration"] for shot in numbers["chopped_fed"]] == [0, 100, 200]
    assert numbers["chopped_fed"][2]["quality"]["overall"] == pytest.approx(notes.snapshots[2].quality.overall)
    assert "chopped input" in numbers["long_sound"]


def test_tensorboard_logs_are_written_where_it_is_installed(notes: Reproduction, folder: Path) -> None:
    pytest.importorskip("tensorboard")
    assert notes.logged
    assert sum(path.stat().st_size for path in (folder / "tensorboard").glob("events*")) > 10_000


def test_the_networks_frames_repair_a_long_sound(notes: Reproduction) -> None:
    before, after = (
        notes.long_sound["chopped input"],
        notes.long_sound["encoder fed the chopped frame, overlapping, mean latent"],
    )
    assert before.in_gaps == pytest.approx(0.0, abs=0.1)
    assert after.in_gaps > 3.0


def test_a_streaming_model_improves_the_long_sound_after_200_updates() -> None:
    sound = long_sound(28, np.random.default_rng(5))
    trained = train_note_denoiser(256, steps=200, seconds=60)
    repaired = play_repair(trained, sound.chopped)
    before = repair_quality(sound.chopped, sound.clean, sound.missing)
    after: RepairQuality = repair_quality(repaired, sound.clean, sound.missing)
    assert after.overall > before.overall + 5
    assert after.in_gaps > before.in_gaps + 5


def test_digits_are_learned_with_the_same_network(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    done = reproduce("digits", tmp_path, iterations=(0, 20), compare_clean_fed=False)
    assert done.snapshots[1].reconstruction < done.snapshots[0].reconstruction - 20
    assert (tmp_path / "pictures" / "iterations.png").stat().st_size > 5_000


def test_iterations_must_ascend(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="ascending"):
        reproduce("notes", tmp_path, iterations=(100, 0))
