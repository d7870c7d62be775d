"""Losses of filtered sound: what the ear hears better counts more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ...models.errors import ParameterError
from .energy import ErrorToSignal
from .loss import Loss

A_WEIGHTING_SECONDS: Final = 0.005  # length of the filter
A_WEIGHTING_POLES: Final = (20.598997, 107.65265, 737.86223, 12194.217)  # Hz, IEC 61672-1


@dataclass(frozen=True, eq=False)
class Weighted:
    """A loss of output and target behind one FIR filter.

    The filter is heard only where it has all of its input: a window loses as many frames as the filter has taps, less
    one.

    Attributes
    ----------
    taps : ndarray of float64, shape (taps,)
        The filter, newest frame first.
    loss : Loss
        Of what comes out of it.
    """

    taps: NDArray[np.float64]
    loss: Loss

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """See `Loss`; raises `ParameterError` when the window is no longer than the filter."""
        if output.shape[-1] < len(self.taps) + 1:
            raise ParameterError(
                f"a window of {output.shape[-1]} frames is too short for a weighting filter of {len(self.taps)} taps: "
                f"use windows of more than {len(self.taps)} frames, or another loss"
            )
        kernel = torch.from_numpy(self.taps[::-1].copy()).to(output)[None, None]
        heard, wanted = (functional.conv1d(signal[:, None], kernel)[:, 0] for signal in (output, target))
        return self.loss(heard, wanted)


def pre_emphasis(coefficient: float, loss: Callable[[], Loss] = ErrorToSignal) -> Weighted:
    """First-order pre-emphasis, ``y[n] = x[n] - coefficient * x[n - 1]``, in front of the error-to-signal ratio.

    0.85 and 0.95 are usual; the larger, the less bass counts.

    Raises
    ------
    ParameterError
        When the coefficient is outside 0 to 1.

    References
    ----------
    A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems", ICASSP 2020, eq. 3.
    """
    if not 0 < coefficient <= 1:
        raise ParameterError(f"the coefficient of the pre-emphasis is {coefficient:g}: use a value up to 1, as 0.95")
    return Weighted(np.array([1.0, -coefficient]), loss())


def a_weighting(sample_rate: int, loss: Callable[[], Loss] = ErrorToSignal) -> Weighted:
    """A-weighting in front of the error-to-signal ratio: the ear's sensitivity at low level.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    loss : callable
        Makes the loss behind the filter.

    Notes
    -----
    A linear-phase FIR of 5 ms (241 taps at 48 kHz), within 0.5 dB of the curve from 200 Hz up; it weighs 100 Hz 4 dB
    more than the curve and 50 Hz 14 dB more, as no filter of this length can do better.

    References
    ----------
    IEC 61672-1, annex E; A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems",
    ICASSP 2020.
    """
    return Weighted(a_weighting_taps(sample_rate), loss())


def a_weighting_taps(sample_rate: int) -> NDArray[np.float64]:
    """The filter of `a_weighting`, of odd length."""
    from scipy.signal import firwin2

    taps = 2 * round(A_WEIGHTING_SECONDS * sample_rate / 2) + 1
    frequencies = np.linspace(0, sample_rate / 2, 4096)
    return np.asarray(firwin2(taps, frequencies, a_weight(frequencies), fs=sample_rate, nfreqs=8193), np.float64)


def a_weight(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of the A-weighting at frequencies in Hz; 1 at 1 kHz."""

    def curve(f: NDArray[np.float64]) -> NDArray[np.float64]:
        one, two, three, four = (pole**2 for pole in A_WEIGHTING_POLES)
        square = f**2
        return four * square**2 / ((square + one) * np.sqrt((square + two) * (square + three)) * (square + four))

    return curve(frequency) / curve(np.array(1000.0))
