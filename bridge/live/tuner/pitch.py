"""The pitch of one sounding string: how long its period is, then how exactly its partials lie.

Sources: McLeod and Wyvill, "A Smarter Way to Find Pitch", ICMC 2005 (the normalised square difference and the choice of
its first high peak); Auger and Flandrin, "Improving the Readability of Time-Frequency and Time-Scale Representations by
the Reassignment Method", IEEE Trans. Signal Processing 43(5), 1995 (a partial's frequency from a spectrum and that of
the window's derivative: exact for a decaying sine); Fletcher, "Normal Vibration Frequencies of a Stiff Piano String",
JASA 36(1), 1964 (``f(n) = n f0 sqrt(1 + B n^2)``).
"""

from dataclasses import dataclass
from math import log10, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decimator import Decimator

LOWEST_HZ: Final = 26.0
HIGHEST_HZ: Final = 1480.0
WINDOW_S: Final = 0.25
SILENCE_DB: Final = -70.0  # below this RMS nothing is looked for

FINER: Final = 4  # steps between two lags
GOOD_PEAK: Final = 0.97  # of the highest: the first peak above it is the period's
CLEAR: Final = 0.8  # least height of that peak
PARTIALS: Final = 12
FAINTEST_DB: Final = -50.0  # partials below the strongest by more are not measured
MISSING_DB: Final = -30.0  # partials below the strongest by more count as missing
WEAK_FUNDAMENTAL_DB: Final = -20.0
OFF_CENTRE: Final = 0.02  # farthest a partial may lie from where it is looked for, as a part of the fundamental
STIFFEST: Final = 1e-3  # largest B of a string
BLACKMAN_HARRIS: Final = (0.35875, 0.48829, 0.14128, 0.01168)


@dataclass(frozen=True)
class Pitch:
    """What sounds.

    Attributes
    ----------
    frequency : float
        Of the first partial in Hz, measured or, where it is faint, following from the others.
    clarity : float
        How alike one period is to the next: 0 to 1, above 0.95 for a clean string.
    level_db : float
        RMS of what was heard, in dB of full scale.
    inharmonicity : float
        Fletcher's B.
    """

    frequency: float
    clarity: float
    level_db: float
    inharmonicity: float


class PitchDetector:
    """Listens block by block and tells the pitch of the last quarter of a second.

    Parameters
    ----------
    sample_rate : float
        Of the audio in Hz, 8 kHz and above.

    Attributes
    ----------
    latency_s : float
        Age of what a reading tells: the middle of the window, behind the filter's delay.

    Notes
    -----
    Not for the audio thread: it allocates.
    """

    def __init__(self, sample_rate: float) -> None:
        self._decimator = Decimator(sample_rate)
        rate = self._decimator.rate
        frames = round(WINDOW_S * rate)
        self._heard = np.zeros(frames)
        self._transform = 1 << (2 * frames - 1).bit_length()
        self._window, self._slope = _window(frames, rate)
        self._longest = int(rate / LOWEST_HZ) + 2
        self.latency_s = WINDOW_S / 2 + self._decimator.delay_s

    def push(self, block: NDArray[np.floating]) -> None:
        """Take the next frames, shape (frames,), of any number."""
        fresh = self._decimator(block)[-self._heard.size :]
        if fresh.size:
            self._heard = np.concatenate([self._heard[fresh.size :], fresh])

    def reset(self) -> None:
        """Forget what was heard."""
        self._heard[:] = 0.0

    def detect(self) -> Pitch | None:
        """Pitch of the last window; None when it is silent or no single tone."""
        heard = self._heard - self._heard.mean()
        power = float(heard @ heard) / heard.size
        level_db = 10 * log10(power) if power > 0 else SILENCE_DB
        if level_db <= SILENCE_DB:
            return None
        period = self._period(heard)
        if period is None:
            return None
        frames, clarity = period
        fit = self._fit(heard, self._decimator.rate / frames)
        if fit is None or not LOWEST_HZ <= fit[0] <= HIGHEST_HZ:
            return None
        return Pitch(fit[0], min(clarity, 1.0), level_db, fit[1])

    def _period(self, heard: NDArray[np.float64]) -> tuple[float, float] | None:
        """Length of a period in frames and height of its peak in the normalised square difference."""
        spectrum = np.fft.rfft(heard, self._transform)
        finer = np.fft.irfft(np.abs(spectrum) ** 2, self._transform * FINER)[: self._longest * FINER] * FINER
        lags = np.arange(finer.size) / FINER
        energy = np.concatenate([[0.0], np.cumsum(heard**2)])
        ends = heard.size - lags
        both = (
            np.interp(ends, np.arange(energy.size), energy)
            + energy[-1]
            - np.interp(lags, np.arange(energy.size), energy)
        )
        alike = 2 * finer / np.maximum(both, 1e-20)
        below = np.flatnonzero(alike < 0)
        if not below.size:
            return None
        inside = np.arange(max(int(below[0]), 1), alike.size - 1)
        peaks = inside[(alike[inside] >= alike[inside - 1]) & (alike[inside] > alike[inside + 1])]
        peaks = peaks[lags[peaks] >= self._decimator.rate / HIGHEST_HZ]
        before, here, after = alike[peaks - 1], alike[peaks], alike[peaks + 1]
        shifts = 0.5 * (before - after) / (before - 2 * here + after)
        heights = here - 0.25 * (before - after) * shifts
        if not peaks.size or heights.max() < CLEAR:
            return None
        first = int(np.argmax(heights >= GOOD_PEAK * heights.max()))
        return float((peaks[first] + shifts[first]) / FINER), float(heights[first])

    def _fit(self, heard: NDArray[np.float64], near: float) -> tuple[float, float] | None:
        """Frequency of the first partial in Hz and B, from all partials, given about the first's frequency."""
        rate = self._decimator.rate
        step = rate / self._transform
        spectrum = np.fft.rfft(heard * self._window, self._transform)
        sloped = np.fft.rfft(heard * self._slope, self._transform)
        numbers = np.arange(1, min(PARTIALS, int(2200.0 / near)) + 1)
        fundamental, stiffness = near, 0.0
        for _ in range(2):  # the first round finds how stiff the string is, the second the high partials
            centres = numbers * fundamental * np.sqrt(1 + stiffness * numbers**2)
            bins = np.rint(centres / step).astype(int)
            found = bins * step - np.imag(sloped[bins] / (spectrum[bins] + 1e-30)) / (2 * pi)
            strength = np.abs(spectrum[bins])
            sure = (np.abs(found - centres) < OFF_CENTRE * near * np.sqrt(numbers)) & (
                strength > 10 ** (FAINTEST_DB / 20) * strength.max()
            )
            if not sure.any() or _is_chord(numbers, strength * sure):
                return None
            fundamental, stiffness = _stiff_string(numbers[sure], found[sure], strength[sure])
        return fundamental * sqrt(1 + stiffness), stiffness


def _window(frames: int, rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A Blackman-Harris window and its derivative by time."""
    phase = 2 * pi * (np.arange(frames) + 0.5) / frames
    window = np.zeros(frames)
    slope = np.zeros(frames)
    for order, weight in enumerate(BLACKMAN_HARRIS):
        signed = weight * (-1) ** order
        window += signed * np.cos(order * phase)
        slope -= signed * order * (2 * pi * rate / frames) * np.sin(order * phase)
    return window, slope


def _is_chord(numbers: NDArray[np.int64], strength: NDArray[np.float64]) -> bool:
    """Whether the partials are those of several notes, which have a common period far below them.

    A string lacks neither its fundamental nor all but one of its odd partials, nor all but multiples of 2 and 3.
    """
    heard = strength > 10 ** (MISSING_DB / 20) * strength.max()
    if numbers.size < 5 or strength[0] > 10 ** (WEAK_FUNDAMENTAL_DB / 20) * strength.max():
        return False
    odd = heard & (numbers % 2 > 0)
    return int(odd.sum()) < 2 or not bool((odd & (numbers % 3 > 0)).any())


def _stiff_string(
    numbers: NDArray[np.int64], found: NDArray[np.float64], strength: NDArray[np.float64]
) -> tuple[float, float]:
    """``f0`` and ``B`` with ``(f(n) / n)^2 = f0^2 (1 + B n^2)``, least squares.

    Weighted by strength only: real partials beat and stray by a few cents whatever their number, more than noise does.
    """
    squares = (found / numbers) ** 2
    weights = strength.copy()
    weights /= weights.sum()
    mean_square = float(weights @ squares)
    if numbers.size == 1:
        return sqrt(mean_square), 0.0
    orders = numbers.astype(float) ** 2
    mean_order = float(weights @ orders)
    spread = float(weights @ (orders - mean_order) ** 2)
    slope = float(weights @ ((orders - mean_order) * (squares - mean_square))) / max(spread, 1e-12)
    base = mean_square - slope * mean_order
    stiffness = min(max(slope / base, -STIFFEST), STIFFEST) if base > 0 else 0.0
    return sqrt(mean_square / (1 + stiffness * mean_order)), stiffness
