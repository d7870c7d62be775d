"""Loudness and true peak, measured while the audio passes.

Source: ITU-R BS.1770-4, annexes 1 (programme loudness) and 2 (true peak); B. De Man, *Evaluation of implementations of
the EBU R128 loudness measurement*, AES 145 (2018), on its filters at other rates than 48 kHz.
"""

import math
from typing import Final

import numpy as np
import pyloudnorm
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from ..audio import Audio

HOP_SECONDS: Final = 0.1  # blocks of 400 ms overlap by three quarters
HOPS_PER_BLOCK: Final = 4
ABSOLUTE_GATE: Final = -70.0  # LUFS
RELATIVE_GATE: Final = -10.0  # LU
OFFSET: Final = -0.691  # makes 0 dBFS at 997 Hz in one channel -3.01 LUFS
SURROUND_WEIGHT: Final = 1.41
K_WEIGHTING: Final = (
    (3.99984385397, 0.7071752369554193, 1681.9744509555319, "high_shelf_DeMan"),
    (0.0, 0.5003270373253953, 38.13547087613982, "high_pass_DeMan"),
)
"""Gain (dB), Q, frequency (Hz) and kind of the two filters: at 48 kHz the coefficients of the standard."""

OVERSAMPLED_RATE: Final = 176_400  # Hz: from here on sample peaks are true peaks


class LoudnessMeter:
    """Integrated loudness of audio that comes in blocks.

    Parameters
    ----------
    sample_rate : int
        Frames a second.
    channels : int
        Channels; the fourth and fifth of five count as surrounds, any other number counts all the same.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        filters = [
            pyloudnorm.IIRfilter(gain, q, fc, sample_rate, kind)
            for gain, q, fc, kind in K_WEIGHTING
            if fc < sample_rate / 2  # above that it has no effect on what can be there
        ]
        self._filters = [(f.b, f.a) for f in filters]
        self._memories = [np.zeros((channels, 2)) for _ in filters]
        self._weights = np.array([1, 1, 1, SURROUND_WEIGHT, SURROUND_WEIGHT]) if channels == 5 else np.ones(channels)
        self._sample_rate = sample_rate
        self._frame = 0
        self._hops = [0.0]  # weighted energy of each 100 ms; the last is growing

    def add(self, block: Audio) -> None:
        """Let a block pass: float32 of shape (channels, frames)."""
        weighted = block.astype(np.float64)
        for index, (b, a) in enumerate(self._filters):
            weighted, self._memories[index] = lfilter(b, a, weighted, axis=1, zi=self._memories[index])
        energy = self._weights @ np.square(weighted)
        start = 0
        while start < len(energy):
            end = min(len(energy), start + self._edge(len(self._hops)) - self._frame)
            self._hops[-1] += float(energy[start:end].sum())
            self._frame += end - start
            start = end
            if self._frame == self._edge(len(self._hops)):
                self._hops.append(0.0)

    def integrated(self) -> float:
        """Loudness so far in LUFS; minus infinity for silence and for less than 400 ms."""
        hops = np.array(self._hops[:-1])
        if len(hops) < HOPS_PER_BLOCK:
            return -math.inf
        block_frames = HOPS_PER_BLOCK * HOP_SECONDS * self._sample_rate
        powers = np.convolve(hops, np.ones(HOPS_PER_BLOCK), "valid") / block_frames
        powers = powers[powers > _power(ABSOLUTE_GATE)]
        powers = powers[powers > _power(_loudness(powers) + RELATIVE_GATE)]
        return _loudness(powers)

    def _edge(self, hop: int) -> int:
        """Frame at which the hop of that number (from 1) ends."""
        return int(hop * HOP_SECONDS * self._sample_rate)


class PeakMeter:
    """Sample peak and true peak of audio that comes in blocks, four times oversampled (twice from 88.2 kHz on).

    Parameters
    ----------
    sample_rate : int
        Frames a second.
    channels : int
        Channels.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        factor = next(f for f in (1, 2, 4) if f * sample_rate >= OVERSAMPLED_RATE or f == 4)
        self._oversampler = (
            soxr.ResampleStream(sample_rate, factor * sample_rate, channels, dtype="float32") if factor > 1 else None
        )
        self._channels = channels
        self._peak = 0.0
        self._true_peak = 0.0

    def add(self, block: Audio) -> None:
        """Let a block pass: float32 of shape (channels, frames)."""
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        self._oversample(np.ascontiguousarray(block.T), last=False)

    def finish(self) -> None:
        """Nothing comes any more: count what the oversampling still holds."""
        self._oversample(np.zeros((0, self._channels), np.float32), last=True)

    @property
    def peak(self) -> float:
        """Sample peak in dBFS; minus infinity for silence."""
        return decibels(self._peak)

    @property
    def true_peak(self) -> float:
        """True peak in dBTP, complete once finished; never below the sample peak."""
        return decibels(max(self._true_peak, self._peak))

    def _oversample(self, interleaved: Audio, *, last: bool) -> None:
        if self._oversampler is not None:
            dense = self._oversampler.resample_chunk(interleaved, last=last)
            self._true_peak = max(self._true_peak, float(np.abs(dense).max(initial=0.0)))


def decibels(amplitude: float) -> float:
    """``20 log10(amplitude)``; minus infinity for 0."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def _power(loudness: float) -> float:
    return 10 ** ((loudness - OFFSET) / 10)


def _loudness(powers: NDArray[np.float64]) -> float:
    mean = float(powers.mean()) if len(powers) else 0.0
    return OFFSET + 10 * math.log10(mean) if mean > 0 else -math.inf
