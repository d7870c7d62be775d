"""Mixes reach their loudness and keep their true peak, as another meter measures them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr

from ampboard.bridge.rendering import Stem, mix
from ampboard.bridge.rendering.limiter import TruePeakLimiter
from ampboard.models.errors import AmpboardError, AudioError, ParameterError

RATE = 48_000


def plucks(seconds: float = 6.0, seed: int = 0) -> np.ndarray:
    """Short bursts of noise: peaks far above the loudness."""
    frames = np.arange(int(seconds * RATE))
    return 0.7 * np.exp(-(frames % RATE) / 3000) * np.random.default_rng(seed).standard_normal(len(frames))


def save(path: Path, audio: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, audio, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("loudness", [-35.0, -16.0, -12.0])
def test_mix_has_the_loudness_and_keeps_the_true_peak(tmp_path: Path, loudness: float, suffix: str) -> None:
    bass = 0.2 * np.sin(2 * np.pi * 55 / RATE * np.arange(4 * RATE))
    stems = [Stem(save(tmp_path / "a.wav", plucks()), pan=-0.5), save(tmp_path / "b.wav", np.stack([bass, bass], 1))]
    result = mix(stems, tmp_path / f"mix{suffix}", loudness=loudness)
    audio, rate = soundfile.read(result.path)
    assert audio.shape == (6 * RATE, 2)
    assert rate == RATE
    assert pyloudnorm.Meter(RATE).integrated_loudness(audio) == pytest.approx(loudness, abs=0.2)
    dense = soxr.resample(audio, RATE, 16 * RATE, quality="VHQ")
    assert 20 * np.log10(np.abs(dense).max()) <= -1.0 + 0.01
    assert result.limited == (loudness > -35)


def test_quiet_enough_mix_is_the_plain_sum_of_panned_stems(tmp_path: Path) -> None:
    left, right = plucks(seed=1), plucks(seed=2)
    stems = [
        Stem(save(tmp_path / "a.wav", left), gain_db=-6.0, pan=-1.0),
        Stem(save(tmp_path / "b.wav", right), pan=0.5),
    ]
    result = mix(stems, tmp_path / "mix.wav", loudness=-40)
    angle = 1.5 * np.pi / 4
    expected = np.stack([10 ** (-6 / 20) * left + np.cos(angle) * right, np.sin(angle) * right], axis=1)
    audio, _ = soundfile.read(result.path)
    np.testing.assert_allclose(audio, 10 ** (result.gain / 20) * expected, rtol=0, atol=1e-7)


def test_limiter_leaves_alone_what_is_far_from_a_peak() -> None:
    limiter = TruePeakLimiter(RATE, -1.0)
    audio = 0.3 * np.sin(2 * np.pi * 200 / RATE * np.arange(RATE))[np.newaxis].repeat(2, axis=0)
    audio[0, RATE // 2] = 2.0
    padded = np.pad(audio, ((0, 0), (limiter.context, limiter.context)))
    output = limiter.process(padded)
    near = slice(RATE // 2 - limiter.context, RATE // 2 + limiter.context)
    assert np.abs(output).max() <= 10 ** (-1 / 20)
    untouched = np.delete(np.arange(RATE), near)
    np.testing.assert_allclose(output[:, untouched], audio[:, untouched], rtol=0, atol=1e-9)


def test_limiter_in_stretches_equals_the_whole() -> None:
    limiter = TruePeakLimiter(RATE, -12.0)
    audio = np.stack([plucks(1.0, 3), plucks(1.0, 4)])
    padded = np.pad(audio, ((0, 0), (limiter.context, limiter.context)))
    whole = limiter.process(padded)
    edges = [0, 100, 7000, 30_000, RATE]
    parts = [limiter.process(padded[:, a : b + 2 * limiter.context]) for a, b in pairwise(edges)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, rtol=0, atol=1e-9)


def test_unusable_stems_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    good = save(tmp_path / "good.wav", plucks(1.0))
    bad = {
        "silent": (save(tmp_path / "silent.wav", np.zeros(RATE)), "silent"),
        "rates": (save(tmp_path / "rate.wav", plucks(1.0), 44_100), r"sample rates \[44100, 48000\]"),
        "three": (save(tmp_path / "three.wav", np.zeros((RATE, 3))), "3 channels"),
        "missing": (tmp_path / "missing.wav", "no such file"),
    }
    for name, (path, message) in bad.items():
        with pytest.raises(AudioError, match=message):
            mix([path] if name == "silent" else [good, path], tmp_path / "out" / "mix.wav")
    with pytest.raises(ParameterError, match="no stems"):
        mix([], tmp_path / "mix.wav")
    with pytest.raises(ParameterError, match="correct the suffix"):
        mix([good], tmp_path / "mix.mp3")
    with pytest.raises(ParameterError, match="pan is 2"):
        Stem(good, pan=2.0)
    assert not list((tmp_path / "out").glob("*"))
    assert not list((tmp_path / "out").glob(".*"))


def test_existing_mix_is_kept_unless_overwriting_is_allowed(tmp_path: Path) -> None:
    stem = save(tmp_path / "a.wav", plucks(1.0))
    target = tmp_path / "mix.wav"
    target.write_bytes(b"mine")
    with pytest.raises(AmpboardError, match="exists"):
        mix([stem], target)
    assert target.read_bytes() == b"mine"
    assert mix([stem], target, overwrite=True).frames == RATE
