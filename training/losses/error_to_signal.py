"""The error-to-signal ratio, as reports give it."""

import numpy as np
from numpy.typing import ArrayLike


def error_to_signal_ratio(output: ArrayLike, target: ArrayLike) -> float:
    """Sum of squared error over sum of squared target (ESR).

    Players call below 0.01 great, below 0.035 good, below 0.1 usable.

    Parameters
    ----------
    output, target : array of float, same shape
        What the model and the device made of one input.

    References
    ----------
    A. Wright, V. Välimäki, "Perceptual Loss Function for Neural Modeling of Audio Systems", ICASSP 2020.
    """
    wanted = np.asarray(target, np.float64)
    error = np.asarray(output, np.float64) - wanted
    return float(np.sum(error**2) / np.sum(wanted**2))
