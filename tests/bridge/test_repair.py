"""Repair in chains, presets and on the command line."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile
from numpy.typing import NDArray

from ampboard.bridge import Repair, build_chain, repair_audio
from ampboard.models.errors import ModelError, ParameterError
from ampboard.presets import load_preset
from ampboard.presets.library import factory_folder

RATE = 48_000
GUITAR = factory_folder() / "recordings" / "guitar.flac"
SHIPPED = factory_folder() / "models" / "repair-guitar.json"
GAPS = [(20_000, 20_960), (40_000, 40_300), (70_000, 71_900)]
PRESET = """
schema = 1
name = "Repaired"
[[chain]]
type = "repair"
mix = 0.5
threshold = -120.0
"""


@pytest.fixture
def dry() -> NDArray[np.float32]:
    sound, _ = soundfile.read(GUITAR, start=100_000, frames=2 * RATE, dtype="float32")
    sound[sound == 0] = 1e-5
    return sound[None]


@pytest.fixture
def chopped(dry: NDArray[np.float32]) -> NDArray[np.float32]:
    out = dry.copy()
    for start, end in GAPS:
        out[:, start:end] = 0.0
    return out


def test_shipped_model_is_small() -> None:
    assert SHIPPED.stat().st_size < 500_000


def test_a_board_with_it_changes_gaps_alone(dry: NDArray[np.float32], chopped: NDArray[np.float32]) -> None:
    plugin = Repair()
    board = pedalboard.Pedalboard([plugin])
    repaired = board(chopped, RATE)
    assert plugin.latency == 3_072 + 256 + 256  # looking ahead, working on gaps, denoising
    inside = np.zeros(dry.shape[1], np.bool_)
    for start, end in GAPS:
        inside[start:end] = True
        before = np.sum((chopped - dry)[:, start:end] ** 2)
        assert np.sum((repaired - dry)[:, start:end] ** 2) < 0.7 * before
    assert np.array_equal(repaired[:, ~inside], dry[:, ~inside])


def test_non_finite_frames_are_gaps(dry: NDArray[np.float32], chopped: NDArray[np.float32]) -> None:
    damaged = dry.copy()
    for start, end in GAPS:
        damaged[:, start:end] = np.nan
    assert np.array_equal(
        pedalboard.Pedalboard([Repair()])(damaged, RATE), pedalboard.Pedalboard([Repair()])(chopped, RATE)
    )


def test_a_recording_is_repaired_as_in_a_board(chopped: NDArray[np.float32]) -> None:
    assert np.array_equal(repair_audio(chopped, RATE), pedalboard.Pedalboard([Repair()])(chopped, RATE))


def test_listed_gaps_are_the_only_ones(dry: NDArray[np.float32], chopped: NDArray[np.float32]) -> None:
    start, end = GAPS[1]
    repaired = repair_audio(chopped, RATE, gaps=[(start, end)])
    others = np.ones(dry.shape[1], np.bool_)
    others[start:end] = False
    assert np.array_equal(repaired[:, others], chopped[:, others])
    assert np.any(repaired[:, start:end] != 0.0)


@pytest.mark.parametrize("name", ["guitar", "bass"])
def test_undamaged_recordings_change_in_short_runs_of_zeros_alone(name: str) -> None:
    sound, rate = soundfile.read(factory_folder() / "recordings" / f"{name}.flac", dtype="float32")
    repaired = repair_audio(sound, rate)
    edges = np.flatnonzero(np.diff(sound == 0, prepend=False, append=False)).reshape(-1, 2)
    short = np.zeros(sound.size, np.bool_)
    for start, end in edges:
        if 24 <= end - start <= 3_072 and start > 0 and end < sound.size:
            short[start:end] = True
    assert np.mean(short) < 0.01
    assert np.array_equal(repaired[~short], sound[~short])


def test_silence_between_notes_stays_silent(dry: NDArray[np.float32]) -> None:
    cut = dry.copy()
    cut[:, :1_000] = 0.0
    cut[:, 30_000:40_000] = 0.0
    cut[:, -500:] = 0.0
    assert np.array_equal(repair_audio(cut, RATE), cut)
    streamed = pedalboard.Pedalboard([Repair()])(cut, RATE)
    tail = np.flatnonzero(streamed[0, 30_000:40_000])
    assert tail.size > 0
    assert tail[-1] <= 3_072  # the documented 64 ms
    forced = repair_audio(cut, RATE, gaps=[(30_000, 40_000)])
    assert np.any(forced[:, 30_000:33_000] != 0.0)


def test_gaps_go_on_without_a_step(dry: NDArray[np.float32]) -> None:
    starts = np.arange(10_000, 90_000, 4_000)
    lengths = np.linspace(100, 1_900, starts.size).astype(int)
    repaired = repair_audio(dry, RATE, gaps=[(int(s), int(s + n)) for s, n in zip(starts, lengths, strict=True)])
    ends = starts + lengths
    level = [float(np.sqrt(np.mean(dry[0, end : end + 240] ** 2))) for end in ends]
    assert np.median(np.abs(repaired - dry)[0, ends - 1] / level) < 0.02
    assert np.median(np.abs(repaired - dry)[0, starts] / level) < 0.02


def test_wrong_arguments_are_named(chopped: NDArray[np.float32]) -> None:
    with pytest.raises(ParameterError, match="gap 5 to 2"):
        repair_audio(chopped, RATE, gaps=[(5, 2)])
    with pytest.raises(ParameterError, match="whole numbers"):
        repair_audio(chopped, RATE, gaps=[(1.5, 20)])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ParameterError, match="mix"):
        Repair(mix=2.0)
    with pytest.raises(ModelError, match="no repair model"):
        Repair(factory_folder() / "models" / "crunch.nam")


def test_a_preset_holds_it_and_bypasses_it_with_its_latency(tmp_path: Path, chopped: NDArray[np.float32]) -> None:
    (tmp_path / "repaired.toml").write_text(PRESET)
    chain = build_chain(load_preset(tmp_path / "repaired.toml"))
    half = chain.board(chopped, RATE)
    np.testing.assert_allclose(half, (chopped + repair_audio(chopped, RATE, threshold=-120.0)) / 2, atol=1e-6)
    chain.set_parameter("repair.bypass", 1.0)
    chain.board.reset()
    assert np.array_equal(chain.board(chopped, RATE), chopped)


def ampboard(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_repairs_a_file(tmp_path: Path, chopped: NDArray[np.float32]) -> None:
    source, out = tmp_path / "in.wav", tmp_path / "out.wav"
    soundfile.write(source, chopped.T, RATE, subtype="FLOAT")
    done = ampboard("repair", source, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    seconds = sum(end - start for start, end in GAPS) / RATE
    assert json.loads(done.stdout)["repaired_seconds"] == pytest.approx(seconds, abs=0.01)
    written, rate = soundfile.read(out, dtype="float32")
    assert rate == RATE
    assert np.array_equal(written, repair_audio(chopped, RATE)[0])
    again = ampboard("repair", source, "-o", out)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    itself = ampboard("repair", source, "-o", source, "--overwrite")
    assert itself.returncode == 2
    assert "is what is read" in itself.stderr
    endless = ampboard("repair", source, "-o", out, "--overwrite", "--gap=1:inf")
    assert endless.returncode == 2
    assert "is no gap" in endless.stderr
    assert "Traceback" not in endless.stderr


def test_the_command_takes_gaps_in_seconds(tmp_path: Path, chopped: NDArray[np.float32]) -> None:
    source, out = tmp_path / "in.wav", tmp_path / "out.wav"
    soundfile.write(source, chopped.T, RATE, subtype="FLOAT")
    start, end = GAPS[1]
    done = ampboard("repair", source, "-o", out, "--gap", f"{start / RATE}:{end / RATE}")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(soundfile.read(out, dtype="float32")[0], repair_audio(chopped, RATE, gaps=[(start, end)])[0])
