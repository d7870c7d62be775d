"""Losses of the energy of the error."""

from dataclasses import dataclass
from typing import Final

from torch import Tensor

QUIETEST: Final = 1e-5
"""Mean square (-50 dB) that a window's own power counts as at least, so that silence does not outweigh all else."""


@dataclass(frozen=True)
class SquaredError:
    """Squared error over the mean power of the whole target; the default.

    ``mean((output - target)²) / power``. Over a whole recording it is the error-to-signal ratio; quiet windows do not
    count more than they do there.

    Attributes
    ----------
    power : float
        Mean square of the whole training target; 1 for signals that are scaled to it.
    """

    power: float = 1.0

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """See `Loss`."""
        return (output - target).square().mean() / self.power


@dataclass(frozen=True)
class ErrorToSignal:
    """The error-to-signal ratio of the window.

    ``sum((output - target)²) / sum(target²)`` over all streams and frames of the window; a target below -50 dB
    counts as one of -50 dB.

    References
    ----------
    A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems", ICASSP 2020, eq. 1.
    """

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """See `Loss`."""
        return (output - target).square().mean() / target.square().mean().clamp_min(QUIETEST)


@dataclass(frozen=True)
class Offset:
    """Direct current that the device does not have.

    ``mean over streams of mean(output - target)² / mean(target²)``; a target below -50 dB counts as one of -50 dB.

    References
    ----------
    A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems", ICASSP 2020, eq. 2.
    """

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """See `Loss`."""
        return (output - target).mean(dim=-1).square().mean() / target.square().mean().clamp_min(QUIETEST)
