"""What is put into a gap: predictions of several orders from both sides, weighted frame by frame by a small network.

The network sees no sound, only how far a frame is from either side, how much the predictions are worth and how well
they agree; it answers with one weight for each prediction. Weights that sum to less than 1 keep quiet where nothing can
be known. The functions take addresses, see `memory`.
"""

import math
from functools import cache
from typing import Any, Final

import numpy as np
from numba import njit
from numba.extending import register_jitable

from ...architectures.repair import OWN_FEATURES
from ..code_version import code_version
from ..memory import float32_at, float64_at, int64_at
from .prediction import dot, estimate, prolong, uncertainty

EDGE_SECONDS: Final = 0.005  # next to the gap, where levels are compared
LOUDEST: Final = 1.5  # times the loudest frame around the gap
_TINY: Final = 1e-9


@register_jitable
def feature_count(orders: int) -> int:
    """Inputs of the blending network for a number of prediction orders."""
    return OWN_FEATURES + orders


@register_jitable
def work_floats(context: int, top: int, count: int, longest: int) -> int:
    """Floats of work that filling a gap of up to `longest` frames takes, the predictions and features apart."""
    return 2 * (count + 2) + 4 * context + count * top + 3 * longest + 3 * (top + 1)


@register_jitable
def _level(total: float) -> float:
    return 0.5 * math.log(total + _TINY)


@register_jitable
def predict(
    line: int,
    frames: int,
    behind: int,
    orders: int,
    count: int,
    context: int,
    candidates: int,
    features: int,
    rate: float,
    work: int,
) -> None:
    """Predict a gap in every order from both sides, and describe what came of it.

    Parameters
    ----------
    line : address of float32
        The gap's first frame. `context` known frames stand in front of it.
    frames, behind : int
        Length of the gap, and number of known frames that follow it (0: the gap has not ended).
    orders : address of int64
        `count` prediction orders, ascending.
    candidates : address of float32
        Receives ``2 * count`` predictions of `frames` each: from the left in each order, then from the right.
    features : address of float32
        Receives `frames` rows of ``feature_count(count)`` floats.
    rate : float
        Frames a second.
    work : address
        See `work_floats`.
    """
    wanted = int64_at(orders)
    top = wanted[count - 1]
    behind = min(behind, context)
    powers = work
    left = work + 8 * (count + 2)
    right = left + 4 * context
    coefficients = right + 4 * context
    sums = coefficients + 4 * count * top
    lattice = sums + 4 * frames
    known, a, b = float32_at(line), float32_at(left), float32_at(right)
    loudest = np.float32(0.0)
    for n in range(context):
        a[n] = known[n - context]
        loudest = max(loudest, abs(a[n]))
    for n in range(behind):
        b[n] = known[frames + n]
        loudest = max(loudest, abs(b[n]))
    edge = max(1, int(EDGE_SECONDS * rate))
    left_edge, right_edge = min(edge, context), min(edge, behind)
    left_power = np.float64(dot(line - 4 * left_edge, line - 4 * left_edge, left_edge)) / left_edge
    right_power = left_power
    if right_edge > 0:
        shifted = line + 4 * frames
        right_power = np.float64(dot(shifted, shifted, right_edge)) / right_edge
    limit = LOUDEST * loudest
    estimate(left, context, right, behind, orders, count, coefficients, powers, lattice)
    for k in range(count):
        order = wanted[k]
        a = float32_at(lattice)
        for n in range(order):
            a[n] = known[n - order]
        prolong(lattice, coefficients + 4 * k * top, order, frames, limit)
        out = float32_at(candidates + 4 * k * frames)
        for n in range(frames):
            out[n] = a[order + n]
        out = float32_at(candidates + 4 * (count + k) * frames)
        if behind >= order:
            for n in range(order):
                a[n] = known[frames + order - 1 - n]
            prolong(lattice, coefficients + 4 * k * top, order, frames, limit)
            for n in range(frames):
                out[n] = a[order + frames - 1 - n]
        else:
            other = float32_at(candidates + 4 * (count + k - 1 if k > 0 else 0) * frames)
            for n in range(frames):
                out[n] = other[n]
    middle = count // 2
    uncertainty(coefficients + 4 * middle * top, wanted[middle], frames, sums, lattice)
    _describe(
        frames, behind, left_power, right_power, wanted[0], count, middle, candidates, features, rate, sums, powers
    )


@register_jitable
def _describe(
    frames: int,
    behind: int,
    left_power: float,
    right_power: float,
    lowest: int,
    count: int,
    middle: int,
    candidates: int,
    features: int,
    rate: float,
    sums: int,
    powers: int,
) -> None:
    forward, backward = candidates + 4 * (count - 1) * frames, candidates + 4 * (2 * count - 1) * frames
    both_sides = behind >= lowest
    ahead = np.float64(dot(forward, forward, frames)) / frames
    back = np.float64(dot(backward, backward, frames)) / frames
    common = np.float64(dot(forward, backward, frames)) / frames
    errors, growth = float64_at(powers), float32_at(sums)
    power = errors[count]
    likeness = common / (math.sqrt(ahead * back) + _TINY)
    far = _level((ahead + back - 2.0 * common) / (power + _TINY))
    milliseconds = 1000.0 / rate
    width = OWN_FEATURES + count
    for n in range(frames):
        row = float32_at(features + 4 * width * n)
        row[0] = np.float32(math.log((n + 1) * milliseconds))
        row[1] = np.float32(math.log((frames - n) * milliseconds))
        row[2] = np.float32((2 * n + 1) / frames - 1.0)
        row[3] = np.float32(1.0 if both_sides else 0.0)
        row[4] = np.float32(_level(growth[n] * errors[middle] / (power + _TINY)))
        row[5] = np.float32(_level(growth[frames - 1 - n] * errors[middle] / (power + _TINY)))
        row[6] = np.float32(far)
        row[7] = np.float32(likeness)
        row[8] = np.float32(_level(right_power / (power + _TINY)) - _level(left_power / (power + _TINY)))
        row[9] = np.float32(_level(ahead / (power + _TINY)))
        row[10] = np.float32(_level(back / (power + _TINY)))
        for k in range(count):
            row[OWN_FEATURES + k] = np.float32(_level(errors[k] / (power + _TINY)))


@register_jitable
def _layer(weights: Any, inputs: Any, outputs: Any, fan_in: int, fan_out: int) -> None:
    """A dense layer: the weights of one input after the other, then the biases."""
    for j in range(fan_out):
        outputs[j] = weights[fan_in * fan_out + j]
    for i in range(fan_in):
        value = inputs[i]
        for j in range(fan_out):
            outputs[j] += weights[i * fan_out + j] * value


@register_jitable
def _rectify(values: Any, count: int) -> None:
    for j in range(count):
        values[j] = max(values[j], np.float32(0.0))


@register_jitable
def blend(
    frame: int, frames: int, count: int, hidden: int, weights: int, candidates: int, features: int, work: int
) -> Any:
    """Weigh the predictions of one frame of a gap and sum them.

    Parameters
    ----------
    frame, frames : int
        Which frame of how many.
    count, hidden : int
        Number of orders, width of the network's two hidden layers.
    weights : address of float32
        The three layers, each the weights of one input after the other and then its biases.
    candidates, features : address of float32
        What `predict` wrote.
    work : address of float32
        Room for ``2 * hidden + 2 * count`` floats.
    """
    width = OWN_FEATURES + count
    second = weights + 4 * (width + 1) * hidden
    third = second + 4 * (hidden + 1) * hidden
    one, two, shares = float32_at(work), float32_at(work + 4 * hidden), float32_at(work + 8 * hidden)
    values = float32_at(candidates)
    _layer(float32_at(weights), float32_at(features + 4 * width * frame), one, width, hidden)
    _rectify(one, hidden)
    _layer(float32_at(second), one, two, hidden, hidden)
    _rectify(two, hidden)
    _layer(float32_at(third), two, shares, hidden, 2 * count)
    total = np.float32(0.0)
    for k in range(2 * count):
        total += shares[k] * values[k * frames + frame]
    return total


@cache
def compiled_prediction() -> Any:
    """`predict` for callers outside kernels (training), compiled once and cached on disk."""
    version = code_version(__file__)

    @njit(error_model="numpy", cache=True)
    def run(
        line: int,
        frames: int,
        behind: int,
        orders: int,
        count: int,
        context: int,
        candidates: int,
        features: int,
        rate: float,
        work: int,
    ) -> None:
        _ = version
        predict(line, frames, behind, orders, count, context, candidates, features, rate, work)

    return run
