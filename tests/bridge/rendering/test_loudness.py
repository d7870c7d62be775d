"""Loudness and true peak, against another implementation and closed formulas."""

import math

import numpy as np
import pyloudnorm
import pytest

from ampboard.bridge.rendering.loudness import LoudnessMeter, PeakMeter


def measure(audio: np.ndarray, sample_rate: int, block: int) -> tuple[float, PeakMeter]:
    loudness, peaks = LoudnessMeter(sample_rate, len(audio)), PeakMeter(sample_rate, len(audio))
    for start in range(0, audio.shape[1], block):
        loudness.add(audio[:, start : start + block])
        peaks.add(audio[:, start : start + block])
    peaks.finish()
    return loudness.integrated(), peaks


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("sample_rate", [8000, 11_025, 44_100, 48_000, 192_000])
def test_loudness_agrees_with_pyloudnorm(sample_rate: int, channels: int) -> None:
    rng = np.random.default_rng(sample_rate + channels)
    frames = int(4.2 * sample_rate)
    swell = 10 ** (np.interp(np.arange(frames), [0, frames // 2, frames], [-80, -10, -50]) / 20)
    audio = (swell * rng.standard_normal((channels, frames))).astype(np.float32)
    expected = pyloudnorm.Meter(sample_rate, filter_class="DeMan").integrated_loudness(audio.T.astype(np.float64))
    assert measure(audio, sample_rate, 777)[0] == pytest.approx(expected, abs=0.01)


def test_sine_of_the_standard_reads_its_level() -> None:
    # BS.1770-4: 0 dBFS at 997 Hz in one front channel reads -3.01 LUFS
    audio = np.sin(2 * np.pi * 997 / 48_000 * np.arange(5 * 48_000))[np.newaxis].astype(np.float32)
    assert measure(audio, 48_000, 4096)[0] == pytest.approx(-3.01, abs=0.005)


def test_silence_and_short_audio_have_no_loudness() -> None:
    assert measure(np.zeros((1, 48_000), np.float32), 48_000, 512)[0] == -math.inf
    assert measure(np.ones((1, 19_199), np.float32), 48_000, 512)[0] == -math.inf
    assert measure(np.zeros((2, 0), np.float32), 48_000, 512)[1].true_peak == -math.inf


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
@pytest.mark.parametrize("block", [64, 5000])
def test_true_peak_finds_what_lies_between_samples(sample_rate: int, block: int) -> None:
    # a quarter of the rate, 45 degrees off: samples at 0.5 of a sine whose peak is 0.5 * sqrt(2)
    frames = sample_rate // 4
    window = np.hanning(frames)
    audio = (0.5 * np.sqrt(2) * window * np.sin(np.pi / 2 * np.arange(frames) + np.pi / 4))[np.newaxis]
    peaks = measure(audio.astype(np.float32), sample_rate, block)[1]
    assert peaks.peak == pytest.approx(20 * math.log10(0.5), abs=0.01)
    assert peaks.true_peak == pytest.approx(20 * math.log10(0.5 * math.sqrt(2)), abs=0.05)


def test_true_peak_is_never_below_the_sample_peak() -> None:
    audio = np.zeros((1, 1000), np.float32)
    audio[0, 500] = 1.0
    assert measure(audio, 48_000, 100)[1].true_peak >= 0.0
    assert measure(np.ones((1, 1), np.float32), 192_000, 1)[1].true_peak == 0.0


@pytest.mark.parametrize("sample_rate", [1000, 2000, 3300, 4000])
def test_low_rates_are_measured_without_the_shelf_that_lies_above_them(sample_rate: int) -> None:
    """A sine at full scale has -3.01 dB less 0.691; De Man's high-pass is up to 2 dB above unity at 1 kHz."""
    sine = np.sin(2 * np.pi * 300 / sample_rate * np.arange(5 * sample_rate))[np.newaxis].astype(np.float32)
    assert measure(sine, sample_rate, 4096)[0] == pytest.approx(-3.01 - 0.691, abs=2.0)
