"""Brings audio down to the low rate a tuner listens at, block by block."""

from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

STOP_BAND_DB: Final = 90.0
RATE: Final = 6000.0  # aimed at, in Hz
PASSED: Final = 2000.0  # in Hz


class Decimator:
    """Low-pass and keep every n-th frame; any split into blocks gives the same frames.

    Flat up to 2 kHz; what would alias is 90 dB down.

    Parameters
    ----------
    sample_rate : float
        Of the audio, in Hz.

    Attributes
    ----------
    factor : int
        One frame out for so many in.
    rate : float
        Frames a second coming out.
    delay_s : float
        Of the filter, in seconds.

    Notes
    -----
    A Kaiser-windowed sinc; length and shape after Oppenheim and Schafer, *Discrete-Time Signal Processing*, 7.5.3. It
    is only worked out where a frame is kept.
    """

    def __init__(self, sample_rate: float) -> None:
        self.factor = max(1, round(sample_rate / RATE))
        self.rate = sample_rate / self.factor
        self._taps = _low_pass(PASSED, self.rate / 2, sample_rate) if self.factor > 1 else np.ones(1)
        self.delay_s = (self._taps.size - 1) / 2 / sample_rate
        self._pending = np.zeros(self._taps.size - 1)

    def __call__(self, block: NDArray[np.floating]) -> NDArray[np.float64]:
        """Take frames, shape (frames,), of any number; return those of the low rate that they complete."""
        signal = np.concatenate([self._pending, block])
        complete = max(0, (signal.size - self._taps.size) // self.factor + 1)
        self._pending = signal[complete * self.factor :]
        if not complete:
            return np.empty(0)
        spans = np.lib.stride_tricks.sliding_window_view(signal, self._taps.size)
        return spans[: (complete - 1) * self.factor + 1 : self.factor] @ self._taps


def _low_pass(passed: float, stopped: float, sample_rate: float) -> NDArray[np.float64]:
    width = 2 * pi * (stopped - passed) / sample_rate
    half = int(np.ceil((STOP_BAND_DB - 7.95) / (2.285 * width) / 2))
    times = np.arange(-half, half + 1)
    middle = (passed + stopped) / sample_rate
    taps = middle * np.sinc(middle * times) * np.kaiser(times.size, 0.1102 * (STOP_BAND_DB - 8.7))
    return taps / taps.sum()
