"""Linear prediction across a gap, in float32 over memory that the caller owns.

One model is estimated from what stands on both sides of the gap at once (Burg's method, its sums running over both
pieces), for every order up to the highest; the orders asked for are kept. Each prolongs the sound from the left and,
backwards, from the right. The functions take addresses, see `memory`.

References
----------
J. P. Burg, "Maximum Entropy Spectral Analysis", 1967.
I. Kauppinen, K. Roth, "Audio Signal Extrapolation - Theory and Applications", DAFx 2002.
"""

from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ..memory import float32_at, float64_at, int64_at

STEADINESS: Final = 1e-6  # noise added to the estimate, over the power of the sound
LARGEST_REFLECTION: Final = 0.999999
SILENCE: Final = 1e-12  # power below which nothing is predicted
LARGEST_RESPONSE: Final = np.float32(1e6)  # of a prediction to an impulse; stable ones stay far below
RENEWAL: Final = 64  # stages after which the recursive sum of the errors is taken anew

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
def estimate(
    left: int, before: int, right: int, behind: int, orders: int, count: int, coefficients: int, powers: int, work: int
) -> None:
    """Estimate predictions of several orders from the two sides of a gap.

    Parameters
    ----------
    left, right : address of float32
        The sound in front of the gap and behind it, `before` and `behind` frames. Both are used up.
    orders : address of int64
        `count` orders, ascending.
    coefficients : address of float32
        Receives, for each order in turn and as far apart as the highest order, ``a[1..order]`` newest frame last, as in
        ``x[n] ~ -sum(a[k] * x[n - k])``.
    powers : address of float64
        Receives the error power a frame of each order, and behind them the power of the sound.
    work : address of float32
        Room for ``before + behind + 2 * (highest order + 1)`` floats.
    """
    wanted = int64_at(orders)
    top = wanted[count - 1]
    back_left, back_right = work, work + 4 * before
    now, last = float32_at(work + 4 * (before + behind)), float32_at(work + 4 * (before + behind + top + 1))
    kept, error_powers = float32_at(coefficients), float64_at(powers)
    source, target = float32_at(left), float32_at(back_left)
    for n in range(before):
        target[n] = source[n]
    source, target = float32_at(right), float32_at(back_right)
    for n in range(behind):
        target[n] = source[n]
    frames = max(1, before + behind)
    power = np.float64(dot(left, left, before)) + np.float64(dot(right, right, behind))
    error = power / frames
    error_powers[count] = error
    for k in range(top + 1):
        now[k] = np.float32(0.0)
        last[k] = np.float32(0.0)
    now[0] = np.float32(1.0)
    compared = 2.0 * power - _edges(left, back_left, 0, before) - _edges(right, back_right, 0, behind)
    floor, steady = SILENCE * frames, STEADINESS * 2.0 * power
    which = 0
    product = np.float64(dot(left + 4, back_left, max(0, before - 1)))
    product += np.float64(dot(right + 4, back_right, max(0, behind - 1)))
    for stage in range(1, top + 1):
        own, other = max(0, before - stage), max(0, behind - stage)
        reflection = 0.0
        if compared > floor:
            reflection = min(max(-2.0 * product / (compared + steady), -LARGEST_REFLECTION), LARGEST_REFLECTION)
            product = np.float64(_advance(left + 4 * stage, back_left, own, reflection))
            product += np.float64(_advance(right + 4 * stage, back_right, other, reflection))
            k32 = np.float32(reflection)
            for k in range(stage + 1):
                last[k] = now[k]
            for k in range(1, stage + 1):
                now[k] = last[k] + k32 * last[stage - k]
        error *= 1.0 - reflection * reflection
        if stage % RENEWAL:
            compared *= 1.0 - reflection * reflection
            compared -= _edges(left, back_left, stage, before) + _edges(right, back_right, stage, behind)
        else:
            compared = np.float64(_error_power(left, back_left, stage + 1, before))
            compared += np.float64(_error_power(right, back_right, stage + 1, behind))
        if stage == wanted[which]:
            for k in range(stage):
                kept[which * top + stage - 1 - k] = now[k + 1]
            error_powers[which] = error
            which += 1


@register_jitable
def prolong(sound: int, coefficients: int, order: int, frames: int, limit: Any) -> None:
    """Continue a sound of `order` frames at `sound` by `frames` more behind them, none beyond `limit`."""
    line, most = float32_at(sound), np.float32(limit)
    for n in range(frames):
        line[order + n] = min(max(-dot(coefficients, sound + 4 * n, order), -most), most)


@register_jitable
def uncertainty(coefficients: int, order: int, frames: int, sums: int, work: int) -> None:
    """Growth of the prediction's error over the frames, in units of its error power: sums of the squared response.

    `sums` receives `frames` floats; `work` has room for ``order + frames``.
    """
    response, total = float32_at(work), 0.0
    out = float32_at(sums)
    for n in range(order):
        response[n] = np.float32(0.0)
    for n in range(frames):
        value = np.float32(1.0) if n == 0 else -dot(coefficients, work + 4 * n, order)
        value = min(max(value, -LARGEST_RESPONSE), LARGEST_RESPONSE)
        response[order + n] = value
        total += np.float64(value) * value
        out[n] = np.float32(total)
