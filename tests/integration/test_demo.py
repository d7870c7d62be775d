"""The main job, end to end, as `make demo` runs it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr

from ampboard.presets.library import factory_folder

COMMAND = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", "demo"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [*COMMAND, "--out", folder, "--json"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    (folder / "facts.json").write_text(done.stdout)
    return folder


def test_stems_start_with_their_sources_and_keep_their_tails(demo: Path) -> None:
    for stem in ("guitar", "bass"):
        source = soundfile.info(factory_folder() / "recordings" / f"{stem}.flac")
        result = soundfile.info(demo / f"{stem}.wav")
        assert (result.samplerate, result.subtype) == (source.samplerate, "FLOAT")
        assert result.frames > source.frames


def test_mix_has_its_loudness_and_true_peak(demo: Path) -> None:
    audio, rate = soundfile.read(demo / "mix.wav")
    assert audio.shape[1] == 2
    assert pyloudnorm.Meter(rate).integrated_loudness(audio) == pytest.approx(-16.0, abs=1.0)
    true_peak = 20 * np.log10(np.abs(soxr.resample(audio, rate, 4 * rate)).max())
    assert true_peak <= -1.0


def test_presets_differ_by_more_than_three_db_in_some_octave(demo: Path) -> None:
    """Each preset's change of the guitar's octaves, its overall gain aside, differs from every other's."""
    facts = json.loads((demo / "facts.json").read_text())
    switches = facts["stems"][0]["switches"]
    assert [switch["preset"] for switch in switches] == ["Clean", "Crunch", "Lead"]
    rate = 48_000
    dry, _ = soundfile.read(factory_folder() / "recordings" / "guitar.flac")
    wet, _ = soundfile.read(demo / "guitar.wav")
    ends = [switch["frame"] for switch in switches[1:]] + [len(dry)]
    changes = []
    for switch, end in zip(switches, ends, strict=True):
        passage = slice(switch["frame"], end)
        change = _octaves(wet[passage].mean(axis=1), rate) - _octaves(dry[passage], rate)
        changes.append(change - change.mean())
    for first, second in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(changes[first] - changes[second]).max() > 3.0


def test_switches_land_on_the_frames_of_the_midi_file(demo: Path) -> None:
    """Sixteen beats of 576,923 microseconds, then eight of 555,556, at 48 kHz."""
    switches = json.loads((demo / "facts.json").read_text())["stems"][0]["switches"]
    crunch, lead = 16 * 0.576923, 16 * 0.576923 + 8 * 0.555556
    assert [switch["frame"] for switch in switches] == [0, round(crunch * 48_000), round(lead * 48_000)]


def test_the_picture_is_a_png(demo: Path) -> None:
    assert (demo / "spectra.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_is_overwritten_unasked(demo: Path) -> None:
    before = (demo / "mix.wav").stat().st_mtime_ns
    again = subprocess.run([*COMMAND, "--out", demo], capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 2
    assert "exists" in again.stderr
    assert (demo / "mix.wav").stat().st_mtime_ns == before


def _octaves(mono: np.ndarray, rate: int) -> np.ndarray:
    """Power in dB of the octaves around 125 Hz to 4 kHz."""
    power = np.abs(np.fft.rfft(mono)) ** 2
    bins = np.fft.rfftfreq(mono.size, 1 / rate)
    centres = 125.0 * 2.0 ** np.arange(6)
    return np.array([10 * np.log10(power[(bins >= c / 2**0.5) & (bins < c * 2**0.5)].sum()) for c in centres])
