"""Measures a sine, so that a level known in dBu tells what full scale is at an interface."""

from dataclasses import dataclass
from math import log10, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...models.errors import AudioError

REFERENCE_VOLTS: Final = sqrt(0.6)
"""RMS volts of 0 dBu: 1 mW in 600 ohms, 0.7746 V."""

LEAST_SECONDS: Final = 1.0
CLIPPED: Final = 0.9999
LEAST_DBFS: Final = -60.0
MOST_RESIDUE_DB: Final = -30.0
MOST_DRIFT_DB: Final = 0.1
_LOWEST_HZ: Final = 20.0


@dataclass(frozen=True)
class SineLevel:
    """A sine as it was recorded.

    Attributes
    ----------
    frequency : float
        In Hz.
    dbfs : float
        Its level, a sine that just reaches full scale being 0 dB.
    residue_db : float
        RMS of all that is not the sine, against the sine.
    drift_db : float
        How far its level differs between the quarters of the recording.
    """

    frequency: float
    dbfs: float
    residue_db: float
    drift_db: float

    def interface_dbu(self, source_dbu: float) -> float:
        """Level in dBu of full scale at the interface, given that of the sine at its input."""
        return source_dbu - self.dbfs


def volts_to_dbu(volts_rms: float) -> float:
    """Level in dBu of a voltage as a meter shows it, RMS: ``20 log10(V / 0.7746)``."""
    return 20 * log10(volts_rms / REFERENCE_VOLTS)


def measure_sine(audio: NDArray[np.floating], sample_rate: float) -> SineLevel:
    """Fit a sine to a recording.

    Parameters
    ----------
    audio : ndarray, shape (frames,)
        At least a second of the sine alone.
    sample_rate : float
        In Hz.

    Raises
    ------
    AudioError
        When it is too short, clips, is too faint, or is no steady sine: the message says what to do.

    Notes
    -----
    The frequency is the vertex of a parabola through the logarithmic spectrum under a Gaussian-like (Blackman-Harris)
    window, refined by the phase between both halves; the level is a least-squares fit (IEEE Std 1057, three-parameter
    sine fit), exact for a steady sine whatever its phase.
    """
    signal = np.asarray(audio, np.float64)
    if signal.size < LEAST_SECONDS * sample_rate:
        raise AudioError(f"{signal.size / sample_rate:.2f} s of sine: record at least {LEAST_SECONDS:g} s")
    if not np.isfinite(signal).all():
        raise AudioError("the recording holds numbers that are not finite: record it again")
    if np.abs(signal).max() >= CLIPPED:
        raise AudioError("the sine reaches full scale and clips: turn the gain down and measure again")
    signal = signal - signal.mean()
    rms = sqrt(float(signal @ signal) / signal.size)
    if rms * sqrt(2) < 10 ** (LEAST_DBFS / 20):
        raise AudioError(f"the input is below {LEAST_DBFS:g} dBFS: check the cable and the channel, or play it louder")
    frequency = _frequency(signal, sample_rate)
    fitted, amplitude = _fit(signal, frequency, sample_rate)
    residue = signal - fitted
    residue_db = 20 * log10(max(sqrt(float(residue @ residue) / signal.size), 1e-12) / (amplitude / sqrt(2)))
    parts = [_fit(part, frequency, sample_rate)[1] for part in np.array_split(signal, 4)]
    drift_db = 20 * log10(max(parts) / max(min(parts), 1e-12))
    if residue_db > MOST_RESIDUE_DB:
        raise AudioError(f"noise and distortion are {residue_db:.0f} dB against the sine: play a clean sine alone")
    if drift_db > MOST_DRIFT_DB:
        raise AudioError(f"the level changes by {drift_db:.2f} dB: keep generator and gain untouched and measure again")
    return SineLevel(frequency, 20 * log10(amplitude), residue_db, drift_db)


def _frequency(signal: NDArray[np.float64], sample_rate: float) -> float:
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(signal.size)))
    first = int(_LOWEST_HZ * signal.size / sample_rate)
    peak = min(max(int(np.argmax(spectrum[first:])) + first, 1), spectrum.size - 2)
    before, here, after = np.log(spectrum[peak - 1 : peak + 2] + 1e-30)
    near = (peak + 0.5 * (before - after) / (before - 2 * here + after)) * sample_rate / signal.size
    half = signal.size // 2
    turn = np.exp(-2j * pi * near * np.arange(half) / sample_rate) * np.hanning(half)
    phases = np.angle([signal[:half] @ turn, signal[half : 2 * half] @ turn])
    ahead = (phases[1] - phases[0] - 2 * pi * near * half / sample_rate + pi) % (2 * pi) - pi
    return float(near + ahead * sample_rate / (2 * pi * half))


def _fit(signal: NDArray[np.float64], frequency: float, sample_rate: float) -> tuple[NDArray[np.float64], float]:
    phase = 2 * pi * frequency * np.arange(signal.size) / sample_rate
    basis = np.stack([np.cos(phase), np.sin(phase), np.ones(signal.size)])
    weights = np.linalg.solve(basis @ basis.T, basis @ signal)
    return weights @ basis, float(np.hypot(weights[0], weights[1]))
