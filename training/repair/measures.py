"""How much better a repaired sound is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


def signal_to_noise_db(sound: ArrayLike, clean: ArrayLike) -> float:
    """Power of the clean signal over the power of what is added to it, in dB."""
    wanted = np.asarray(clean, np.float64)
    error = np.asarray(sound, np.float64) - wanted
    return float(10 * np.log10(np.sum(wanted**2) / max(float(np.sum(error**2)), 1e-30)))


@dataclass(frozen=True)
class RepairQuality:
    """Signal-to-noise ratios of a repaired sound against the clean one, in dB.

    Attributes
    ----------
    overall, in_gaps, outside : float
        Of the whole sound, of what was missing, and of the rest.
    """

    overall: float
    in_gaps: float
    outside: float

    def __str__(self) -> str:
        return " / ".join(map(decibels, (self.overall, self.in_gaps, self.outside))) + " dB"


def decibels(value: float) -> str:
    """A level with one decimal, and no sign before zero."""
    return f"{round(value, 1) + 0.0:.1f}"


def repair_quality(sound: ArrayLike, clean: ArrayLike, missing: NDArray[np.bool_]) -> RepairQuality:
    """Measure a repaired sound; all three arguments have one shape, `missing` is True inside gaps."""
    repaired, wanted = np.asarray(sound, np.float64), np.asarray(clean, np.float64)
    return RepairQuality(
        signal_to_noise_db(repaired, wanted),
        signal_to_noise_db(repaired[missing], wanted[missing]),
        signal_to_noise_db(repaired[~missing], wanted[~missing]),
    )
