"""Pure tones whose harmonics and aliases fall on different lines of a spectrum.

A tone of an odd number of periods in a power of two of frames: its harmonics below half the sample rate are multiples
of that number, and those above it fold back onto lines that are none.
"""

import numpy as np
from numpy.typing import NDArray

GUARD = 2  # lines beside a harmonic that count as the harmonic: where the Hann window and slow drift spread it


def periods(frequency: float, sample_rate: int, frames: int) -> int:
    """The odd number of periods in `frames` whose tone is nearest to a frequency in Hz."""
    return 2 * int(frequency * frames / sample_rate / 2) + 1


def tone(count: int, frames: int, *, settling: int = 0, level: float = 1.0) -> NDArray[np.float32]:
    """A sine of `count` periods in `frames`, after `settling` frames of the same; peak `level`."""
    time = np.arange(-settling, frames)
    return (level * np.sin(2 * np.pi * (count * time % frames) / frames)).astype(np.float32)


def alias_lines(count: int, frames: int) -> NDArray[np.bool_]:
    """Lines of the spectrum, shape (frames / 2 + 1,), that neither a harmonic nor direct current explains."""
    lines = np.arange(frames // 2 + 1)
    distance = np.abs((lines + count // 2) % count - count // 2)
    return distance > GUARD


def sounding_lines(frames: int) -> NDArray[np.bool_]:
    """Lines of the spectrum that are sound and not direct current."""
    return np.arange(frames // 2 + 1) > GUARD


def aliasing_to_signal(output: NDArray[np.floating], count: int) -> float:
    """Energy on lines that no harmonic explains, over all energy but direct current.

    Parameters
    ----------
    output : ndarray of float, shape (frames,)
        What the device or model makes of a tone of `count` periods in so many frames, once it has settled.
    count : int
        The periods.

    References
    ----------
    R. Sato, J. O. Smith III, "Aliasing Reduction in Neural Amp Modeling by Smoothing Activations", 2025
    (arXiv:2505.04082), aliasing-to-signal ratio: theirs is over the harmonics' energy and a prime number of frames;
    this one, over everything, stays below 1, and a power of two with an odd count separates the lines as well.
    """
    frames = len(output)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frames) / frames)
    energy = np.abs(np.fft.rfft(np.asarray(output, np.float64) * window)) ** 2
    whole = float(energy[sounding_lines(frames)].sum())
    return float(energy[alias_lines(count, frames)].sum()) / whole if whole > 0 else 0.0
