"""The experiment: the numbers it has to reach on the way, and what it leaves behind."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.models.errors import ParameterError
from ampboard.training.repair.experiment import SNAPSHOTS
from ampboard.training.repair.measures import RepairQuality, repair_quality
from ampboard.training.repair.models import train_note_denoiser
from ampboard.training.repair.notes import long_sound
from ampboard.training.repair.reproduce import Reproduction, play_repair, reproduce


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def notes(folder: Path) -> Reproduction:
    return reproduce("notes", folder, iterations=SNAPSHOTS, compare_clean_fed=False)


def test_the_network_learns_as_fast_as_stated(notes: Reproduction) -> None:
    reached = [snapshot.quality.overall for snapshot in notes.snapshots]
    assert np.all(np.array(reached) >= [-1, 0, 8, 15, 17]), reached
    assert notes.snapshots[2].gap_error < notes.snapshots[1].gap_error < notes.snapshots[0].gap_error


def test_the_page_shows_every_snapshot_with_files_that_exist(notes: Reproduction, folder: Path) -> None:
    page = notes.page.read_text()
    links = re.findall(r'src="([^"]+)"', page)
    assert not re.search(r"https?://", page)
    assert {f"pictures/iteration-{i:04d}.png" for i in SNAPSHOTS} <= set(links)
    assert {f"audio/iteration-{i:04d}.wav" for i in SNAPSHOTS} <= set(links)
    assert {"pictures/long.png", "audio/random-latents.wav", "audio/interpolation.wav"} <= set(links)
    for link in links:
        assert (folder / link).stat().st_size > 500
    sound, rate = soundfile.read(folder / "audio" / "iteration-0800.wav")
    assert rate == 16_000
    assert 0.1 < np.abs(sound).max() <= 1.0


def test_the_numbers_are_written_too(notes: Reproduction, folder: Path) -> None:
    numbers = json.loads((folder / "numbers.json").read_text())
    assert [shot["iteration"] for shot in numbers["chopped_fed"]] == list(SNAPSHOTS)
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


def test_a_streaming_model_reaches_20_and_15_db_after_500_updates() -> None:
    sound = long_sound(28, np.random.default_rng(5))
    repaired = play_repair(train_note_denoiser(256, steps=500, seconds=60), sound.chopped)
    quality = repair_quality(repaired, sound.clean, sound.missing)
    assert quality.overall >= 20
    assert quality.in_gaps >= 15


def test_an_earlier_run_is_kept_or_removed_whole(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    stale = tmp_path / "pictures" / "iteration-0500.png"
    stale.write_bytes(b"")
    with pytest.raises(ParameterError, match="--overwrite"):
        reproduce("notes", tmp_path, iterations=(0,), compare_clean_fed=False)
    assert stale.exists()
    reproduce("notes", tmp_path, iterations=(0,), compare_clean_fed=False, overwrite=True)
    assert not stale.exists()
    assert (tmp_path / "pictures" / "iteration-0000.png").exists()


def test_no_level_is_minus_zero() -> None:
    assert str(RepairQuality(-0.04, 0.0, -0.06)) == "0.0 / 0.0 / -0.1 dB"


def test_digits_are_learned_with_the_same_network(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    done = reproduce("digits", tmp_path, iterations=(0, 20), compare_clean_fed=False)
    assert done.snapshots[1].reconstruction < done.snapshots[0].reconstruction - 20
    assert (tmp_path / "pictures" / "iterations.png").stat().st_size > 5_000


def test_iterations_must_ascend(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="ascending"):
        reproduce("notes", tmp_path, iterations=(100, 0))
