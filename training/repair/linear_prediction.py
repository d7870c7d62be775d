"""Linear prediction from both sides of a gap: the classical repair that the networks are compared with.

A model of the sound on each side is estimated by Burg's method, the left one runs forward and the right one backward
into the gap, and the two are crossfaded.

References
----------
J. P. Burg, "Maximum Entropy Spectral Analysis", 1967.
I. Kauppinen, K. Roth, "Audio Signal Extrapolation - Theory and Applications", DAFx 2002.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

ORDER: Final = 64
FEWEST: Final = 10  # known frames a side needs
CONTEXT: Final = 1024  # frames on each side
LINEAR_PREDICTION: Final = "linear prediction of order 64 from both sides"

Sound = NDArray[np.float64]


def gaps_of(missing: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First frame of each gap, and the first behind it."""
    edges = np.diff(np.concatenate([[0], missing.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def interpolate(
    sound: NDArray[np.floating], missing: NDArray[np.bool_], *, order: int = ORDER, context: int = CONTEXT
) -> Sound:
    """Fill gaps by linear prediction from both sides, crossfaded with constant sum.

    Parameters
    ----------
    sound : ndarray of float, shape (frames,)
        Values inside gaps are not looked at.
    missing : ndarray of bool, shape (frames,)
        Where the gaps are.
    order : int
        Of the prediction.
    context : int
        Frames on each side that the prediction is estimated from; repaired gaps on the left belong to it, on the right
        it ends at the next gap.

    Returns
    -------
    ndarray of float64
        The repaired sound.
    """
    repaired = np.where(missing, 0.0, sound).astype(np.float64)
    gaps = gaps_of(missing)
    for number, (start, end) in enumerate(gaps):
        following = gaps[number + 1][0] if number + 1 < len(gaps) else repaired.size
        before = repaired[max(0, start - context) : start]
        behind = repaired[end : min(end + context, following)][::-1].copy()
        forward = _prolonged(before, end - start, order)
        backward = _prolonged(behind, end - start, order)[::-1]
        fade = np.cos(np.pi / 2 * (np.arange(end - start) + 0.5) / (end - start)) ** 2
        if before.size < FEWEST or behind.size < FEWEST:  # one side alone
            fade = np.full_like(fade, before.size >= FEWEST)
        loudest = 1.5 * max(np.abs(before).max(initial=0.0), np.abs(behind).max(initial=0.0))
        repaired[start:end] = np.clip(fade * forward + (1 - fade) * backward, -loudest, loudest)
    return repaired


def _prolonged(known: Sound, frames: int, order: int) -> Sound:
    order = min(order, known.size // 3)
    if order == 0:
        return np.zeros(frames)
    return _prolong(known, burg(known, order), frames)


@njit(cache=True, fastmath=True)
def burg(sound: Sound, order: int) -> Sound:
    """Estimate the coefficients of a linear prediction: ``sum(a[k] * x[n - k]) = error[n]`` with ``a[0] = 1``."""
    frames = sound.size
    forward, backward = sound.copy(), sound.copy()
    coefficients, previous = np.zeros(order + 1), np.zeros(order + 1)
    coefficients[0] = 1.0
    for stage in range(1, order + 1):
        product, power = 0.0, 1e-12
        for n in range(stage, frames):
            product += forward[n] * backward[n - 1]
            power += forward[n] * forward[n] + backward[n - 1] * backward[n - 1]
        reflection = -2.0 * product / power
        for k in range(stage + 1):
            previous[k] = coefficients[k] + reflection * coefficients[stage - k]
        for k in range(stage + 1):
            coefficients[k] = previous[k]
        for n in range(frames - 1, stage - 1, -1):
            ahead, behind = forward[n], backward[n - 1]
            forward[n] = ahead + reflection * behind
            backward[n] = behind + reflection * ahead
    return coefficients


@njit(cache=True, fastmath=True)
def _prolong(known: Sound, coefficients: Sound, frames: int) -> Sound:
    order = coefficients.size - 1
    sound = np.empty(order + frames)
    sound[:order] = known[known.size - order :]
    for n in range(order, order + frames):
        total = 0.0
        for k in range(1, order + 1):
            total -= coefficients[k] * sound[n - k]
        sound[n] = total
    return sound[order:]
