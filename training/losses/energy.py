"""Losses of the energy of the error."""

from dataclasses import dataclass
from typing import Final

from torch import Tensor

from ...models.errors import ParameterError

QUIETEST: Final = 1e-5
"""Mean square (-50 dBFS) that a window's own power counts as at least, so that silence does not outweigh all else."""


@dataclass(frozen=True)
class SquaredError:
    """Squared error over the mean power of the whole target; the default.

    ``mean((output - target)²) / power``, the mean over streams of each stream's own ratio. Over a whole recording it
    is the error-to-signal ratio, but quiet windows do not count more than they do there.

    Attributes
    ----------
    power : float or None
        Mean square of the training target, used where the call does not give it.
    """

    power: float | None = None

    def __call__(self, output: Tensor, target: Tensor, *, power: Tensor | float | None = None) -> Tensor:
        """See `Loss`; raises `ParameterError` when neither the call nor the loss knows the power."""
        whole = self.power if power is None else power
        if whole is None:
            raise ParameterError("the loss mse needs the mean power of the training target")
        return ((output - target).square().mean(dim=-1) / whole).mean()


@dataclass(frozen=True)
class ErrorToSignal:
    """The error-to-signal ratio of the window.

    ``sum((output - target)²) / sum(target²)`` over all streams and frames of the window; a target below -50 dBFS
    counts as one of -50 dBFS.

    References
    ----------
    A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems", ICASSP 2020, eq. 1.
    """

    def __call__(self, output: Tensor, target: Tensor, *, power: Tensor | float | None = None) -> Tensor:
        """See `Loss`; the power is the window's own."""
        return (output - target).square().mean() / target.square().mean().clamp_min(QUIETEST)


@dataclass(frozen=True)
class Offset:
    """Direct current that the device does not have.

    ``mean over streams of mean(output - target)² / mean(target²)``; a target below -50 dBFS counts as one of -50 dBFS.

    References
    ----------
    A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems", ICASSP 2020, eq. 2.
    """

    def __call__(self, output: Tensor, target: Tensor, *, power: Tensor | float | None = None) -> Tensor:
        """See `Loss`; the power is the window's own."""
        return (output - target).mean(dim=-1).square().mean() / target.square().mean().clamp_min(QUIETEST)
