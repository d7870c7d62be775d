"""A short test signal and what a small pedal makes of it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, lfilter

from ampboard.training.capture.signal.test_signal import Signal, make_signal

RATE = 48_000


def pedal(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """A low-pass at 5 kHz, twelve times of gain, a soft clipper and a high-pass at 60 Hz, without delay."""
    low, high = butter(1, 5000, fs=RATE), butter(1, 60, "high", fs=RATE)
    return 0.6 * np.asarray(lfilter(*high, np.tanh(12 * lfilter(*low, audio.astype(np.float64)))))


@pytest.fixture(scope="session")
def signal() -> Signal:
    return make_signal(32, RATE)


@pytest.fixture(scope="session")
def output(signal: Signal) -> NDArray[np.float64]:
    return pedal(signal.audio)
