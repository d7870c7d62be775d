"""Linear prediction across a gap, in float32 over memory that the caller owns.

One model is estimated from what stands on both sides of the gap at once (Burg's method, its sums running over both
pieces), for every order up to the highest; the orders asked for are kept. Each prolongs the sound from the left and,
backwards, from the right. Everything goes in steps, so that the caller decides how much is done at a time; the result
does not depend on it. The functions take addresses, see `memory`.

References
----------
J. P. Burg, "Maximum Entropy Spectral Analysis", 1967.
I. Kauppinen, K. Roth, "Audio Signal Extrapolation - Theory and Applications", DAFx 2002.
"""

from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ..memory import float32_at, float64_at

STEADINESS: Final = 1e-6  # noise added to the estimate, over the power of the sound
LARGEST_REFLECTION: Final = 0.999999
SILENCE: Final = 1e-12  # power below which nothing is predicted
LARGEST_RESPONSE: Final = np.float32(1e6)  # of a prediction to an impulse; stable ones stay far below
RENEWAL: Final = 64  # stages after which the recursive sum of the errors is taken anew

# What is kept between stages.
ERROR, COMPARED, PRODUCT, FLOOR, STEADY = range(5)
ESTIMATE_SUMS: Final = 5

# Sums may be taken in any order: the same machine code runs however a stream is cut, so results do not depend on it.
FAST: Final = {"reassoc", "contract", "nsz", "arcp"}


@register_jitable(fastmath=FAST)
def dot(one: int, other: int, frames: int) -> Any:
    """Sum of the products of two float32 arrays."""
    a, b = float32_at(one), float32_at(other)
    total = np.float32(0.0)
    for n in range(frames):
        total += a[n] * b[n]
    return total


@register_jitable(fastmath=FAST)
def _advance(forward: int, backward: int, frames: int, reflection: float) -> Any:
    """One stage of the lattice; returns the product of the errors that the next stage compares."""
    f, b, k = float32_at(forward), float32_at(backward), np.float32(reflection)
    product, earlier = np.float32(0.0), np.float32(0.0)
    for n in range(frames):
        ahead, behind = f[n], b[n]
        f[n] = ahead + k * behind
        product += f[n] * earlier
        earlier = behind + k * ahead
        b[n] = earlier
    return product


@register_jitable
def _edges(forward: int, backward: int, stage: int, frames: int) -> float:
    """Power at the ends of a piece, which the next stage's sums leave out."""
    if frames <= stage:
        return 0.0
    first = np.float64(float32_at(forward)[stage])
    final = np.float64(float32_at(backward)[frames - 1 - stage])
    return first * first + final * final


@register_jitable
def _error_power(forward: int, backward: int, stage: int, frames: int) -> float:
    """Sum over the errors that a stage (from 1) compares."""
    if frames <= stage:
        return 0.0
    shifted = forward + 4 * stage
    return dot(shifted, shifted, frames - stage) + dot(backward, backward, frames - stage)


@register_jitable
def begin_estimate(
    left: int, before: int, right: int, behind: int, top: int, powers: int, last: int, sums: int, work: int
) -> None:
    """Begin to estimate predictions from the two sides of a gap: what `estimate_stage` continues.

    Parameters
    ----------
    left, right : address of float32
        The sound in front of the gap and behind it, `before` and `behind` frames. Both are used up.
    top : int
        The highest order.
    powers : address of float64
        Receives the power of a frame of the sound at `last`.
    sums : address of float64
        `ESTIMATE_SUMS` values that are kept between stages.
    work : address of float32
        Room for ``before + behind + 2 * (top + 1)`` floats, kept between stages.
    """
    back_left, back_right = work, work + 4 * before
    now = float32_at(work + 4 * (before + behind))
    own = float64_at(sums)
    source, target = float32_at(left), float32_at(back_left)
    for n in range(before):
        target[n] = source[n]
    source, target = float32_at(right), float32_at(back_right)
    for n in range(behind):
        target[n] = source[n]
    frames = max(1, before + behind)
    power = np.float64(dot(left, left, before)) + np.float64(dot(right, right, behind))
    for k in range(2 * (top + 1)):
        now[k] = np.float32(0.0)
    now[0] = np.float32(1.0)
    product = np.float64(dot(left + 4, back_left, max(0, before - 1)))
    product += np.float64(dot(right + 4, back_right, max(0, behind - 1)))
    own[ERROR] = power / frames
    own[COMPARED] = 2.0 * power - _edges(left, back_left, 0, before) - _edges(right, back_right, 0, behind)
    own[PRODUCT] = product
    own[FLOOR] = SILENCE * frames
    own[STEADY] = STEADINESS * 2.0 * power
    float64_at(powers)[last] = own[ERROR]


@register_jitable
def estimate_stage(stage: int, left: int, before: int, right: int, behind: int, top: int, sums: int, work: int) -> None:
    """Go from order ``stage - 1`` to order `stage` (from 1 to `top`); arguments as in `begin_estimate`."""
    back_left, back_right = work, work + 4 * before
    now, last = float32_at(work + 4 * (before + behind)), float32_at(work + 4 * (before + behind + top + 1))
    own = float64_at(sums)
    reach_left, reach_right = max(0, before - stage), max(0, behind - stage)
    compared, reflection = own[COMPARED], 0.0
    if compared > own[FLOOR]:
        reflection = -2.0 * own[PRODUCT] / (compared + own[STEADY])
        reflection = min(max(reflection, -LARGEST_REFLECTION), LARGEST_REFLECTION)
        own[PRODUCT] = np.float64(_advance(left + 4 * stage, back_left, reach_left, reflection))
        own[PRODUCT] += np.float64(_advance(right + 4 * stage, back_right, reach_right, reflection))
        k32 = np.float32(reflection)
        for k in range(stage + 1):
            last[k] = now[k]
        for k in range(1, stage + 1):
            now[k] = last[k] + k32 * last[stage - k]
    own[ERROR] *= 1.0 - reflection * reflection
    if stage % RENEWAL:
        compared *= 1.0 - reflection * reflection
        compared -= _edges(left, back_left, stage, before) + _edges(right, back_right, stage, behind)
    else:
        compared = np.float64(_error_power(left, back_left, stage + 1, before))
        compared += np.float64(_error_power(right, back_right, stage + 1, behind))
    own[COMPARED] = compared


@register_jitable
def keep_order(stage: int, before: int, behind: int, coefficients: int, work: int) -> None:
    """Copy the prediction that `estimate_stage` reached: ``a[1..stage]``, newest frame last.

    It is used as in ``x[n] ~ -sum(a[k] * x[n - k])``.
    """
    now, kept = float32_at(work + 4 * (before + behind)), float32_at(coefficients)
    for k in range(stage):
        kept[stage - 1 - k] = now[k + 1]


@register_jitable
def prolong(sound: int, coefficients: int, order: int, start: int, end: int, limit: Any) -> None:
    """Continue a sound of `order` frames at `sound` behind them, none beyond `limit`: its frames `start` to `end`."""
    line, most = float32_at(sound), np.float32(limit)
    for n in range(start, end):
        line[order + n] = min(max(-dot(coefficients, sound + 4 * n, order), -most), most)


@register_jitable
def uncertainty(coefficients: int, order: int, start: int, end: int, growth: int, total: int, work: int) -> None:
    """Growth of the prediction's error over the frames `start` to `end`, in units of its error power.

    These are sums of the squared response to an impulse. `growth` is the address of float32; `total` (a float64) and
    `work` (``order + frames`` floats) are kept between calls.
    """
    response, out, grown = float32_at(work), float32_at(growth), float64_at(total)
    if start == 0:
        grown[0] = 0.0
        for n in range(order):
            response[n] = np.float32(0.0)
    for n in range(start, end):
        value = np.float32(1.0) if n == 0 else -dot(coefficients, work + 4 * n, order)
        value = min(max(value, -LARGEST_RESPONSE), LARGEST_RESPONSE)
        response[order + n] = value
        grown[0] += np.float64(value) * value
        out[n] = np.float32(grown[0])
