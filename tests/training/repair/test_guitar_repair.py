"""The repair models on sound that was played."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from ampboard.bridge import repair_audio
from ampboard.models.errors import AudioError, ParameterError
from ampboard.presets.library import factory_folder
from ampboard.training.repair.commands import train_repair
from ampboard.training.repair.corruption import scattered_gaps
from ampboard.training.repair.linear_prediction import gaps_of, interpolate
from ampboard.training.repair.recordings import train_on_recordings

PLAYERS = ("nam_plugin_guitar_di.wav", "t3k_fear_guitar.flac", "t3k_jazz_hop_guitar.flac")
SECONDS = 12
EDGES_MS = (2, 5, 10, 20, 30, 40)


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_the_shipped_model_beats_linear_prediction_on_players_it_never_heard(fixtures: Path, rate: int) -> None:
    lengths = np.zeros((len(EDGES_MS) - 1, 3))  # signal, the model's error, linear prediction's, by length of the gap
    for name in PLAYERS:
        sound, own_rate = soundfile.read(
            fixtures / "di" / name, frames=SECONDS * 48_000, dtype="float32", always_2d=True
        )
        sound = soxr.resample(sound[:, 0], own_rate, rate)
        shortest, longest = (round(ms * rate / 1000) for ms in (EDGES_MS[0], EDGES_MS[-1]))
        missing = scattered_gaps(sound.size, shortest, longest, np.random.default_rng(7))
        repaired = repair_audio(sound, rate, gaps=gaps_of(missing))
        assert np.array_equal(repaired[~missing], sound[~missing])
        predicted = interpolate(sound, missing)
        for start, end in gaps_of(missing):
            row = int(np.searchsorted(EDGES_MS[1:-1], 1000 * (end - start) / rate))
            parts = (sound[start:end], sound[start:end] - repaired[start:end], sound[start:end] - predicted[start:end])
            lengths[row] += [np.sum(part.astype(np.float64) ** 2) / np.mean(sound**2) for part in parts]
    signal, error, predicted_error = lengths.sum(axis=0)
    assert 10 * np.log10(predicted_error / error) >= 2.0, 10 * np.log10(signal / error)
    assert np.all(lengths[:, 1] <= lengths[:, 2])


def test_a_model_trained_on_recordings_repairs_them_better_than_silence(tmp_path: Path) -> None:
    guitar = factory_folder() / "recordings" / "guitar.flac"
    sound, rate = soundfile.read(guitar, frames=8 * 48_000, dtype="float32")
    soundfile.write(tmp_path / "played.wav", sound, rate)
    model = tmp_path / "own.json"
    train_on_recordings([tmp_path / "played.wav"], model, steps=300)
    missing = scattered_gaps(sound.size, 100, 1_900, np.random.default_rng(9))
    repaired = repair_audio(sound, rate, model, gaps=gaps_of(missing))
    error = np.sum((repaired - sound)[missing] ** 2) / np.sum(sound[missing] ** 2)
    assert 10 * np.log10(error) < -2


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_too_little_sound_is_refused(tmp_path: Path, level: float) -> None:
    soundfile.write(tmp_path / "short.wav", np.full(1_000, 0.5), 48_000)
    soundfile.write(tmp_path / "quiet.wav", np.random.default_rng(1).normal(0, level, 480_000), 48_000)
    for name in ("short.wav", "quiet.wav"):
        with pytest.raises(AudioError, match="at least 5 seconds"):
            train_on_recordings([tmp_path / name], tmp_path / "own.json", steps=1)


def test_damaged_material_is_named(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, 480_000).astype(np.float32)
    sound[24_000] = np.nan
    soundfile.write(tmp_path / "damaged.wav", sound, 48_000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"damaged\.wav: 1 frames are not finite, the first at 0\.500 s"):
        train_on_recordings([tmp_path / "damaged.wav"], tmp_path / "own.json", steps=1)


def test_the_command_trains_filling_and_denoiser_and_keeps_what_exists(tmp_path: Path) -> None:
    sound, rate = soundfile.read(factory_folder() / "recordings" / "guitar.flac", frames=8 * 48_000, dtype="float32")
    played = tmp_path / "played.wav"
    soundfile.write(played, sound, rate)
    bare, both = tmp_path / "bare.json", tmp_path / "both.json"
    train_repair([played], bare, steps=2, denoise=False)
    with pytest.raises(ParameterError, match="no denoiser"):
        repair_audio(sound, rate, bare, denoise=1.0)
    train_repair([played], both, steps=2)
    assert np.any(repair_audio(sound, rate, both, denoise=1.0) != sound)
    with pytest.raises(ParameterError, match="--overwrite"):
        train_repair([played], both, steps=2)
    for out in (played, tmp_path / "model.nam"):
        with pytest.raises(ParameterError, match=r"write \.json"):
            train_repair([played], out, steps=2, overwrite=True)
    itself = tmp_path / "itself.json"
    itself.write_bytes(played.read_bytes())
    with pytest.raises(ParameterError, match="is what is read"):
        train_repair([itself], itself, steps=2, overwrite=True)
