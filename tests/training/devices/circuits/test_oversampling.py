"""Oversampling against band-limited signals whose values between the frames are known."""

import numpy as np
import pytest

from ampboard.training.devices.circuits.oversampling import downsample, upsample

RATE = 48_000
EDGE = 64  # frames at each end that miss part of the filter


@pytest.mark.parametrize("frequency", [100.0, 5_000.0, 15_000.0, 20_000.0])
def test_between_the_frames_lies_the_sine_itself(frequency: float) -> None:
    """Below -70 dB of error up to 20 kHz at 48 kHz."""
    frames = 1_000
    sine = np.sin(2 * np.pi * frequency * np.arange(frames) / RATE)
    exact = np.sin(2 * np.pi * frequency * np.arange(8 * frames) / (8 * RATE))
    error = (upsample(sine, 8) - exact)[8 * EDGE : -8 * EDGE]
    assert np.abs(error).max() < 10 ** (-70 / 20)


def test_up_and_down_again_returns_the_signal_without_delay() -> None:
    random = np.random.default_rng(3)
    spectrum = np.zeros(1_025, complex)
    spectrum[: int(1_025 * 0.85)] = random.normal(size=int(1_025 * 0.85))
    signal = np.fft.irfft(spectrum)
    error = (downsample(upsample(signal, 8), 8) - signal)[EDGE:-EDGE]
    assert np.abs(error).max() < 1e-3 * np.abs(signal).max()


def test_what_lies_above_the_lower_rate_is_removed() -> None:
    """Tones that would fold down to 1 to 20 kHz come out below -75 dB."""
    for frequency in (RATE - 1_000, RATE - 20_000, 3 * RATE + 7_000):
        tone = np.sin(2 * np.pi * frequency * np.arange(8_000) / (8 * RATE))
        assert np.abs(downsample(tone, 8)[EDGE:-EDGE]).max() < 10 ** (-75 / 20)
