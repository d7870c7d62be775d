"""A look-ahead limiter for true peaks.

The gain is computed from the four times oversampled signal: per frame what brings the peaks around it down to the
ceiling, then the smallest of these within the look-ahead on both sides, then a weighted mean over the same length. A
mean of minima over the window is never above the gain any frame of it needs, so that the ceiling holds, without
distortion by fast changes. Both channels get the same gain.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, *Digital dynamic range compressor design*, JAES 60 (2012), on
look-ahead and smoothing; ITU-R BS.1770-4, annex 2, on the peaks between samples.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import fftconvolve, firwin, upfirdn

OVERSAMPLING: Final = 4
TAPS: Final = 64  # of the interpolation, a phase
LOOK_AHEAD: Final = 0.015  # seconds, to each side


class TruePeakLimiter:
    """Keeps true peaks at or below a ceiling.

    It has no state: it sees a stretch of the signal with `context` frames more at both ends.

    Parameters
    ----------
    sample_rate : int
        Frames a second.
    ceiling : float
        In dBTP.

    Attributes
    ----------
    context : int
        Frames in front of and behind a stretch that have an influence on it.
    """

    def __init__(self, sample_rate: int, ceiling: float) -> None:
        self._ceiling = 10 ** (ceiling / 20)
        self._reach = max(round(LOOK_AHEAD * sample_rate), 1)
        self._filter = OVERSAMPLING * firwin(OVERSAMPLING * TAPS + 1, 1 / OVERSAMPLING, window=("kaiser", 8.0))  # pyright: ignore[reportArgumentType]
        window = np.hanning(2 * self._reach + 3)[1:-1]
        self._window = window / window.sum()
        self.context = 2 * self._reach + TAPS

    def process(self, stretch: NDArray[np.float64]) -> NDArray[np.float64]:
        """Limit a stretch.

        Parameters
        ----------
        stretch : ndarray of float64, shape (channels, context + frames + context)
            With silence where there is nothing in front or behind.

        Returns
        -------
        ndarray of float64, shape (channels, frames)
        """
        inside = slice(self.context, stretch.shape[1] - self.context)
        peaks = self._true_peaks(stretch)
        if peaks.max(initial=0.0) <= self._ceiling:
            return stretch[:, inside]
        needed = np.minimum(self._ceiling / np.maximum(peaks, self._ceiling), 1.0)
        lowest = minimum_filter1d(needed, 2 * self._reach + 1, mode="nearest")
        gain = 1.0 - fftconvolve(1.0 - lowest, self._window, mode="same")
        return stretch[:, inside] * gain[inside]

    def _true_peaks(self, stretch: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest oversampled magnitude of any channel around each frame."""
        dense = np.abs(upfirdn(self._filter, stretch, up=OVERSAMPLING, axis=1)).max(axis=0)
        delay = OVERSAMPLING * TAPS // 2
        dense = maximum_filter1d(dense, 2 * OVERSAMPLING + 1, mode="constant")
        at_frames = dense[delay : delay + OVERSAMPLING * stretch.shape[1] : OVERSAMPLING]
        return np.maximum(at_frames, np.abs(stretch).max(axis=0))
