"""Whole-number oversampling with a linear-phase windowed sinc, for offline use: the filter's delay is taken out."""

from functools import lru_cache
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

HALF_WIDTH: Final = 32  # input frames on each side
KAISER_BETA: Final = 9.0  # about 90 dB of rejection; flat to 0.45 of the lower rate


@lru_cache(maxsize=4)
def low_pass(factor: int) -> NDArray[np.float64]:
    """Low-pass at the lower rate's half: taps at the higher rate, symmetric, sum 1.

    Parameters
    ----------
    factor : int
        Ratio of the rates.
    """
    time = np.arange(-HALF_WIDTH * factor, HALF_WIDTH * factor + 1) / factor
    taps = np.sinc(time) * np.kaiser(time.size, KAISER_BETA)
    return taps / taps.sum()


def upsample(signal: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Raise the sample rate by a whole factor.

    Parameters
    ----------
    signal : ndarray of float64, shape (frames,)
        Taken to be 0 outside.
    factor : int
        Ratio of the rates.

    Returns
    -------
    ndarray of float64, shape (frames * factor,)
        Its frame ``n * factor`` is the time of the input's frame ``n``.
    """
    return _upsample(signal, factor * low_pass(factor), factor)


def downsample(signal: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Lower the sample rate by a whole factor, the inverse of `upsample` below the filter's corner.

    Returns
    -------
    ndarray of float64, shape (frames // factor,)
    """
    return _downsample(signal, low_pass(factor), factor)


@njit(cache=True)
def _upsample(signal: NDArray[np.float64], taps: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    middle = taps.size // 2
    out = np.zeros(signal.size * factor)
    for frame in range(out.size):
        first = max(0, -((middle - frame) // factor))
        last = min(signal.size - 1, (frame + middle) // factor)
        total = 0.0
        for source in range(first, last + 1):
            total += signal[source] * taps[frame - source * factor + middle]
        out[frame] = total
    return out


@njit(cache=True)
def _downsample(signal: NDArray[np.float64], taps: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    middle = taps.size // 2
    out = np.zeros(signal.size // factor)
    for frame in range(out.size):
        centre = frame * factor
        total = 0.0
        for source in range(max(0, centre - middle), min(signal.size - 1, centre + middle) + 1):
            total += signal[source] * taps[centre - source + middle]
        out[frame] = total
    return out
