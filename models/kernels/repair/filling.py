"""What may be put into a gap: predictions of several orders from both sides, and what is known about them.

What is known is told to the network of `blending`: how far a frame is from either side, how much the predictions are
worth, how well they agree. Predicting goes in steps of known cost, so that it can be spread over the frames that a gap
waits; what comes out does not depend on how. The functions take addresses, see `memory`.
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
from .prediction import ERROR, ESTIMATE_SUMS, begin_estimate, dot, estimate_stage, keep_order, prolong, uncertainty

EDGE_SECONDS: Final = 0.005  # next to the gap, where levels are compared
LOUDEST: Final = 1.5  # times the loudest frame around the gap
_TINY: Final = 1e-9
BEFORE, AFTER, _, BOTH_SIDES = range(
    4
)  # features: logarithms of the milliseconds to either side, and whether both count

# Costs, each about 0.03 ns on a processor of 2023.
LATTICE_COST: Final = 5  # of a frame in a stage of the lattice
DOT_COST: Final = 2  # of a multiplication in a prediction
FRAME_COST: Final = 40
DESCRIBE_COST: Final = 1300  # of a frame
STEP_COST: Final = 1000
CHUNK_FRAMES: Final = 16  # of a step

# The work starts with eight-byte words: what is to be done next, and what is kept between steps.
PART, POSITION, SERIES, FRAMES, BEHIND, USED = range(6)
LIMIT, LEFT_POWER, RIGHT_POWER, AHEAD, BACK, COMMON, GROWN, SUMS = range(6, 14)
HEAD_WORDS: Final = SUMS + ESTIMATE_SUMS
ESTIMATE, PROLONG, UNCERTAINTY, COMPARE, DESCRIBE, DONE = range(6)


@register_jitable
def feature_count(orders: int) -> int:
    """Inputs of the blending network for a number of prediction orders."""
    return OWN_FEATURES + orders


@register_jitable
def work_floats(context: int, top: int, count: int, longest: int) -> int:
    """Floats of work that predicting a gap of up to `longest` frames takes, predictions and features apart."""
    return 2 * (HEAD_WORDS + count + 2) + 4 * context + count * top + 3 * longest + 3 * (top + 1)


@register_jitable
def _places(work: int, orders: int, count: int, context: int, frames: int) -> Any:
    """Where in the work what is: powers, left, right, coefficients, growth, lattice."""
    powers = work + 8 * HEAD_WORDS
    left = powers + 8 * (count + 2)
    right = left + 4 * context
    coefficients = right + 4 * context
    growth = coefficients + 4 * count * int64_at(orders)[count - 1]
    return powers, left, right, coefficients, growth, growth + 4 * frames


@register_jitable
def _level(total: float) -> float:
    return 0.5 * math.log(total + _TINY)


@register_jitable
def _stages_cost(piece: int, stages: int) -> int:
    """Frames of a piece that the lattice passes in so many stages."""
    some = min(piece, stages)
    return some * piece - some * (some + 1) // 2


@register_jitable
def _begin_cost(behind: int, context: int) -> int:
    return FRAME_COST * (context + behind)


@register_jitable
def prediction_cost(frames: int, behind: int, orders: int, used: int, count: int, context: int) -> int:
    """Most that a prediction can cost, its beginning and all of its steps together."""
    wanted = int64_at(orders)
    top = wanted[used - 1]
    cost = (
        _begin_cost(behind, context)
        + LATTICE_COST * (_stages_cost(context, top) + _stages_cost(behind, top))
        + top * (DOT_COST * (top + 1) + STEP_COST)
    )
    chunks = -(-frames // CHUNK_FRAMES)
    for k in range(count):
        sides = 0 if k >= used else 2 if behind >= wanted[k] else 1
        cost += sides * (frames * (DOT_COST * wanted[k] + FRAME_COST) + chunks * STEP_COST)
        cost += (2 - sides) * (frames * FRAME_COST + STEP_COST)
    cost += frames * (DOT_COST * wanted[min(count // 2, used - 1)] + FRAME_COST) + chunks * STEP_COST
    return cost + (DESCRIBE_COST + FRAME_COST) * frames + chunks * STEP_COST


@register_jitable
def begin_prediction(
    line: int, frames: int, behind: int, orders: int, used: int, count: int, context: int, rate: float, work: int
) -> int:
    """Begin to predict a gap in every order from both sides, and to describe what comes of it.

    Parameters
    ----------
    line : address of float32
        The gap's first frame. `context` known frames stand in front of it.
    frames, behind : int
        Length of the gap, and number of known frames that follow it (0: the gap has not ended).
    orders : address of int64
        `count` prediction orders, ascending; only the first `used` are predicted, the last of them stands for the rest.
    rate : float
        Frames a second.
    work : address
        See `work_floats`.

    Returns
    -------
    int
        What it cost: see `predict_some`.
    """
    behind = min(behind, context)
    powers, left, right, _, _, lattice = _places(work, orders, count, context, frames)
    head, sums = int64_at(work), float64_at(work)
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
    head[PART] = ESTIMATE
    head[POSITION] = 0
    head[SERIES] = 0
    head[FRAMES] = frames
    head[BEHIND] = behind
    head[USED] = used
    sums[LIMIT] = LOUDEST * loudest
    sums[LEFT_POWER] = left_power
    sums[RIGHT_POWER] = right_power
    top = int64_at(orders)[used - 1]
    begin_estimate(left, context, right, behind, top, powers, count, work + 8 * SUMS, lattice)
    return _begin_cost(behind, context)


@register_jitable
def predict_some(
    line: int, orders: int, count: int, context: int, candidates: int, features: int, rate: float, work: int
) -> int:
    """Take one more step of what `begin_prediction` began.

    Parameters
    ----------
    candidates : address of float32
        Receives ``2 * count`` predictions as long as the gap: from the left in each order, then from the right.
    features : address of float32
        Receives a row of ``feature_count(count)`` floats for every frame of the gap.

    Returns
    -------
    int
        What the step cost, in the units of `DOT_COST`; 0 when nothing is left to do.
    """
    head, sums = int64_at(work), float64_at(work)
    frames, used = head[FRAMES], head[USED]
    start = head[POSITION]
    end = min(start + CHUNK_FRAMES, frames)
    part, cost = head[PART], 0
    if part == ESTIMATE:
        cost = _estimate_some(orders, count, context, work)
        if head[POSITION] == int64_at(orders)[used - 1]:
            head[PART], head[POSITION] = PROLONG, 0
    elif part == PROLONG:
        cost = _prolong_some(line, orders, count, context, candidates, work)
        if head[POSITION] == frames:
            head[POSITION] = 0
            head[SERIES] += 1
            if head[SERIES] == 2 * count:
                head[PART] = UNCERTAINTY
    elif part == UNCERTAINTY:
        top = int64_at(orders)[count - 1]
        _, _, _, coefficients, growth, lattice = _places(work, orders, count, context, frames)
        middle = min(count // 2, used - 1)
        order = int64_at(orders)[middle]
        uncertainty(coefficients + 4 * middle * top, order, start, end, growth, work + 8 * GROWN, lattice)
        cost = (end - start) * (DOT_COST * order + FRAME_COST) + STEP_COST
        head[POSITION] = end
        if end == frames:
            head[PART], head[POSITION] = COMPARE, 0
    elif part == COMPARE:
        forward, backward = candidates + 4 * (count - 1) * frames, candidates + 4 * (2 * count - 1) * frames
        sums[AHEAD] = np.float64(dot(forward, forward, frames)) / frames
        sums[BACK] = np.float64(dot(backward, backward, frames)) / frames
        sums[COMMON] = np.float64(dot(forward, backward, frames)) / frames
        cost = FRAME_COST * frames
        head[PART] = DESCRIBE
    elif part == DESCRIBE:
        _describe_some(start, end, orders, count, context, features, rate, work)
        cost = (end - start) * DESCRIBE_COST + STEP_COST
        head[POSITION] = end
        if end == frames:
            head[PART] = DONE
    return cost


@register_jitable
def _estimate_some(orders: int, count: int, context: int, work: int) -> int:
    """One stage of the lattice."""
    head, wanted = int64_at(work), int64_at(orders)
    used, behind = head[USED], head[BEHIND]
    top = wanted[used - 1]
    powers, left, right, coefficients, _, lattice = _places(work, orders, count, context, head[FRAMES])
    stage = head[POSITION] + 1
    head[POSITION] = stage
    estimate_stage(stage, left, context, right, behind, top, work + 8 * SUMS, lattice)
    for k in range(used):
        if wanted[k] == stage:
            keep_order(stage, context, behind, coefficients + 4 * k * wanted[count - 1], lattice)
            error = float64_at(work + 8 * SUMS)[ERROR]
            for other in range(k, count):
                float64_at(powers)[other] = error
    return LATTICE_COST * (max(0, context - stage) + max(0, behind - stage)) + 2 * DOT_COST * stage + STEP_COST


@register_jitable
def _prolong_some(line: int, orders: int, count: int, context: int, candidates: int, work: int) -> int:
    """Some frames of one prediction from one side, or all of one for which another stands."""
    head, wanted = int64_at(work), int64_at(orders)
    frames, used, start = head[FRAMES], head[USED], head[POSITION]
    k, backwards = head[SERIES] // 2, head[SERIES] % 2 != 0
    _, _, _, coefficients, _, lattice = _places(work, orders, count, context, frames)
    out = float32_at(candidates + 4 * (count * (head[SERIES] % 2) + k) * frames)
    if k >= used or (backwards and head[BEHIND] < wanted[k]):
        stands = (count + k - 1 if k > 0 else 0) if backwards else k - 1
        other = float32_at(candidates + 4 * stands * frames)
        for n in range(frames):
            out[n] = other[n]
        head[POSITION] = frames
        return FRAME_COST * frames + STEP_COST
    order, known, sound = wanted[k], float32_at(line), float32_at(lattice)
    end = min(start + CHUNK_FRAMES, frames)
    if start == 0:
        for n in range(order):
            sound[n] = known[frames + order - 1 - n] if backwards else known[n - order]
    limit = float64_at(work)[LIMIT]
    prolong(lattice, coefficients + 4 * k * wanted[count - 1], order, start, end, limit)
    for n in range(start, end):
        out[frames - 1 - n if backwards else n] = sound[order + n]
    head[POSITION] = end
    return (end - start) * (DOT_COST * order + FRAME_COST) + STEP_COST


@register_jitable
def _describe_some(
    start: int, end: int, orders: int, count: int, context: int, features: int, rate: float, work: int
) -> None:
    """Features of the frames `start` to `end`."""
    head, sums = int64_at(work), float64_at(work)
    frames, middle = head[FRAMES], min(count // 2, head[USED] - 1)
    powers, _, _, _, sums_of_response, _ = _places(work, orders, count, context, frames)
    errors, growth = float64_at(powers), float32_at(sums_of_response)
    power = errors[count]
    both_sides = head[BEHIND] >= int64_at(orders)[0]
    ahead, back, common = sums[AHEAD], sums[BACK], sums[COMMON]
    likeness = common / (math.sqrt(ahead * back) + _TINY)
    far = _level(max(0.0, ahead + back - 2.0 * common) / (power + _TINY))
    louder = _level(sums[RIGHT_POWER] / (power + _TINY)) - _level(sums[LEFT_POWER] / (power + _TINY))
    milliseconds = 1000.0 / rate
    level_ahead, level_back = _level(ahead / (power + _TINY)), _level(back / (power + _TINY))
    width = OWN_FEATURES + count
    for n in range(start, end):
        row = float32_at(features + 4 * width * n)
        row[0] = np.float32(math.log((n + 1) * milliseconds))
        row[1] = np.float32(math.log((frames - n) * milliseconds))
        row[2] = np.float32((2 * n + 1) / frames - 1.0)
        row[3] = np.float32(1.0 if both_sides else 0.0)
        row[4] = np.float32(_level(growth[n] * errors[middle] / (power + _TINY)))
        row[5] = np.float32(_level(growth[frames - 1 - n] * errors[middle] / (power + _TINY)))
        row[6] = np.float32(far)
        row[7] = np.float32(likeness)
        row[8] = np.float32(louder)
        row[9] = np.float32(level_ahead)
        row[10] = np.float32(level_back)
        for k in range(count):
            row[OWN_FEATURES + k] = np.float32(_level(errors[k] / (power + _TINY)))


@cache
def compiled_prediction() -> Any:
    """All of a prediction at once for callers outside kernels (training), compiled once and cached on disk."""
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
        begin_prediction(line, frames, behind, orders, count, count, context, rate, work)
        while predict_some(line, orders, count, context, candidates, features, rate, work) > 0:
            pass

    return run
