"""Spectral gating: the classical removal of steady noise that the networks are compared with.

The noise floor of each band is taken from the band's quieter moments; what does not rise above it is shut out.

References
----------
S. F. Boll, "Suppression of Acoustic Noise in Speech Using Spectral Subtraction", IEEE TASSP 27, 1979.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import istft, stft

WINDOW: Final = 1024
OVERLAP: Final = 768
FLOOR_PART: Final = 0.3  # of the time that a band is at its floor or below
ABOVE_FLOOR: Final = 4.0  # times the floor's amplitude at which the gate is half open


def spectral_gate(sound: NDArray[np.floating], *, window: int = WINDOW) -> NDArray[np.float64]:
    """Remove steady noise; `sound` and the result have shape (frames,)."""
    overlap = window * OVERLAP // WINDOW
    _, _, bands = stft(np.asarray(sound, np.float64), nperseg=window, noverlap=overlap)
    level = np.abs(bands)
    floor = np.quantile(level, FLOOR_PART, axis=1, keepdims=True)
    floor = np.minimum(floor, 3 * np.median(floor))  # a band that always sounds has no quiet moments
    gate = 1 / (1 + (ABOVE_FLOOR * floor / np.maximum(level, 1e-12)) ** 4)
    _, cleaned = istft(bands * gate, nperseg=window, noverlap=overlap)
    return np.asarray(cleaned, np.float64)[: len(sound)]
