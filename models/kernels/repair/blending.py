"""What is put into a gap: its predictions, weighted frame by frame by a small network.

The network sees no sound, only what `filling` says about a frame; it answers with one weight for each prediction.
Weights that sum to less than 1 keep quiet where nothing can be known. Within `EDGE_MILLISECONDS` of a side the sum is
faded into the prediction of the middle order from that side, so that the sound goes on without a step. The functions
take addresses, see `memory`.
"""

import math
from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ...architectures.repair import OWN_FEATURES
from ..memory import float32_at
from .filling import AFTER, BEFORE, BOTH_SIDES, STEP_COST, feature_count

BLENDED_AT_ONCE: Final = 64
BLEND_COST: Final = 150  # of a weight of the network for so many frames, in the units of `filling`
FADE_COST: Final = 400  # of a frame, likewise
EDGE_MILLISECONDS: Final = 0.5


@register_jitable
def _layer(weights: int, inputs: int, outputs: int, fan_in: int, fan_out: int) -> None:
    """A dense layer of `BLENDED_AT_ONCE` frames: the weights of one input after the other, then the biases."""
    w = float32_at(weights)
    for j in range(fan_out):
        out, bias = float32_at(outputs + 4 * BLENDED_AT_ONCE * j), w[fan_in * fan_out + j]
        for n in range(BLENDED_AT_ONCE):
            out[n] = bias
    for i in range(fan_in):
        values = float32_at(inputs + 4 * BLENDED_AT_ONCE * i)
        for j in range(fan_out):
            out, weight = float32_at(outputs + 4 * BLENDED_AT_ONCE * j), w[i * fan_out + j]
            for n in range(BLENDED_AT_ONCE):
                out[n] += weight * values[n]


@register_jitable
def _rectify(values: int, count: int) -> None:
    array = float32_at(values)
    for n in range(BLENDED_AT_ONCE * count):
        array[n] = max(array[n], np.float32(0.0))


@register_jitable
def _nearness(told: float) -> Any:
    """From 0 where a side is `EDGE_MILLISECONDS` away to 1 at it; `told` is the logarithm of the milliseconds."""
    distance = np.float32(math.exp(told)) if told < EDGE_MILLISECONDS else np.float32(EDGE_MILLISECONDS)
    return max(np.float32(0.0), np.float32(1.0) - distance / np.float32(EDGE_MILLISECONDS))


@register_jitable
def blend_cost(count: int, hidden: int) -> int:
    """What a call of `blend` costs, see `predict_some`."""
    return BLEND_COST * hidden * (feature_count(count) + hidden + 2 * count) + FADE_COST * BLENDED_AT_ONCE + STEP_COST


@register_jitable
def blend_floats(count: int, hidden: int) -> int:
    """Floats of work that `blend` takes."""
    return BLENDED_AT_ONCE * (feature_count(count) + 2 * hidden + 2 * count)


@register_jitable
def blend(
    start: int,
    frames: int,
    count: int,
    hidden: int,
    weights: int,
    candidates: int,
    features: int,
    target: int,
    work: int,
) -> int:
    """Weigh the predictions of the next `BLENDED_AT_ONCE` frames of a gap and sum them.

    Parameters
    ----------
    start, frames : int
        Which frame of how many is the first.
    count, hidden : int
        Number of orders, width of the network's two hidden layers.
    weights : address of float32
        The three layers, each the weights of one input after the other and then its biases.
    candidates, features : address of float32
        What `predict_some` wrote.
    target : address of float32
        Receives them; where the gap's first frame is.
    work : address of float32
        See `blend_floats`.

    Returns
    -------
    int
        The frame behind the last.
    """
    width, many = OWN_FEATURES + count, BLENDED_AT_ONCE
    second = weights + 4 * (width + 1) * hidden
    third = second + 4 * (hidden + 1) * hidden
    one = work + 4 * many * width
    two = one + 4 * many * hidden
    told, heard = float32_at(work), float32_at(features)
    end = min(start + many, frames)
    for n in range(many):
        row = width * min(start + n, frames - 1)
        for i in range(width):
            told[i * many + n] = heard[row + i]
    _layer(weights, work, one, width, hidden)
    _rectify(one, hidden)
    _layer(second, one, two, hidden, hidden)
    _rectify(two, hidden)
    _layer(third, two, one, hidden, 2 * count)
    shares, values, out = float32_at(one), float32_at(candidates), float32_at(target)
    middle = count // 2
    for n in range(end - start):
        total = np.float32(0.0)
        for k in range(2 * count):
            total += shares[k * many + n] * values[k * frames + start + n]
        row = width * (start + n)
        before, after = _nearness(heard[row + BEFORE]), heard[row + BOTH_SIDES] * _nearness(heard[row + AFTER])
        near = before + after
        if near > 0.0:
            left, right = values[middle * frames + start + n], values[(count + middle) * frames + start + n]
            edge = (before * left + after * right) / near
            total += min(near, np.float32(1.0)) * (edge - total)
        out[start + n] = total
    return end
