"""Parameter ramps inside compiled kernels.

A ramp walks in a straight line from where it stands to its target, one step a frame, and ends on the target exactly.
All it knows is kept in five float64 words, so its values depend on the frame at which the target changed and not on how
the stream is cut into blocks. `start_ramp` puts it on its target at once: what ``prepare`` and ``reset`` do.
"""

import math
from typing import Final

from numba.extending import register_jitable

from .memory import float32_at, float64_at

RAMP_BYTES: Final = 64
SMOOTHING: Final = 0.02
"""Seconds a gain takes to its new value: long enough not to click, short enough to feel immediate."""

_ASKED, _VALUE, _TARGET, _STEP, _REMAINING = range(5)


@register_jitable
def gain_of(decibels: float) -> float:
    """Gain of a level in dB; exactly 1 at 0 dB."""
    return math.pow(10.0, decibels / 20.0)


@register_jitable
def start_ramp(ramp: int, asked: float, target: float) -> None:
    """Stand on `target` from the next frame on; `asked` is the parameter value it stands for."""
    words = float64_at(ramp)
    words[_ASKED] = asked
    words[_VALUE] = target
    words[_TARGET] = target
    words[_STEP] = 0.0
    words[_REMAINING] = 0.0


@register_jitable
def ramp_asks(ramp: int, asked: float) -> bool:
    """Whether the parameter value differs from the one the ramp is on its way to."""
    return float64_at(ramp)[_ASKED] != asked


@register_jitable
def aim_ramp(ramp: int, asked: float, target: float, frames: float) -> None:
    """Walk to `target` over `frames` frames, from wherever the ramp stands."""
    words = float64_at(ramp)
    words[_ASKED] = asked
    words[_TARGET] = target
    words[_STEP] = (target - words[_VALUE]) / frames
    words[_REMAINING] = frames


@register_jitable
def ramp_moves(ramp: int) -> bool:
    """Whether the ramp is still on its way."""
    return float64_at(ramp)[_REMAINING] > 0.0


@register_jitable
def next_value(ramp: int) -> float:
    """Value of the next frame."""
    words = float64_at(ramp)
    if words[_REMAINING] > 0.0:
        words[_REMAINING] -= 1.0
        words[_VALUE] = words[_VALUE] + words[_STEP] if words[_REMAINING] > 0.0 else words[_TARGET]
    return words[_VALUE]


@register_jitable
def fill_curve(ramp: int, curve: int, frames: int) -> None:
    """Write the next `frames` values to float32 memory at `curve`."""
    values = float32_at(curve)
    if ramp_moves(ramp):
        for i in range(frames):
            values[i] = next_value(ramp)
    else:
        value = float64_at(ramp)[_VALUE]
        for i in range(frames):
            values[i] = value
