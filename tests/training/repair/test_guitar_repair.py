"""The repair models on sound that was played."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from ampboard.bridge import repair_audio
from ampboard.models.errors import AudioError
from ampboard.presets.library import factory_folder
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


def test_too_little_sound_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "short.wav", np.zeros(1_000), 48_000)
    with pytest.raises(AudioError, match="at least 5 seconds"):
        train_on_recordings([tmp_path / "short.wav"], tmp_path / "own.json", steps=1)
