"""How loud a model is and how much it compresses, in the numbers that .nam files carry."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...models.model import Model

LEVEL_DB: Final = -14.968  # RMS of NAM's own input
SECONDS: Final = 1.0
GAINS: Final = 11
SEED: Final = 2


@cache
def standard_input(sample_rate: int) -> NDArray[np.float32]:
    """A second of pink noise from 1 Hz, as loud as NAM's, of shape (frames,)."""
    frames = round(SECONDS * sample_rate)
    lines = np.arange(1, frames // 2 + 1)
    spectrum = np.zeros(frames // 2 + 1, np.complex128)
    spectrum[1:] = np.exp(2j * np.pi * np.random.default_rng(SEED).random(len(lines))) / np.sqrt(lines)
    noise = np.fft.irfft(spectrum, frames)
    return (noise * 10 ** (LEVEL_DB / 20) / np.sqrt(np.mean(noise**2))).astype(np.float32)


def nam_loudness(model: Model) -> float | None:
    """Level of what the model makes of `standard_input`: RMS in dBFS, knobs in the middle; None for silence.

    Notes
    -----
    NAM plays a second of pink noise of its own, which we may not ship; ours has its level and spectrum. On the public
    models of the tests the two differ by less than 0.5 dB.
    """
    level = _rms(model, 1.0)
    return 20 * float(np.log10(level)) if level > 0 else None


def nam_gain(model: Model) -> float:
    """How much the model compresses, from 0 (straight) to 1 (one level whatever is played).

    The sum of the output levels at input gains of 0 to 1 in steps of 0.1, between that of a straight line (0) and that
    of a constant (1), as NAM's trainer defines it.
    """
    levels = np.array([_rms(model, gain) for gain in np.linspace(0, 1, GAINS)])
    most = levels[-1] * GAINS
    return float(np.clip((levels.sum() - most / 2) / (most / 2), 0, 1)) if most > 0 else 0.0


def _rms(model: Model, gain: float) -> float:
    played = model.process(np.float32(gain) * standard_input(model.sample_rate))
    return float(np.sqrt(np.mean(np.square(played, dtype=np.float64))))
