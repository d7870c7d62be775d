"""Repair a long sound frame by frame."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]


def overlap_add(
    sound: NDArray[np.float64], repair: Callable[[Frames], Frames], *, frame: int, overlapping: bool
) -> NDArray[np.float64]:
    """Cut a sound into frames, repair them all, and put them together again.

    Parameters
    ----------
    sound : ndarray of float64, shape (frames,)
        What to repair.
    repair : callable
        From frames to frames, shape (count, `frame`).
    frame : int
        Length of a frame, even.
    overlapping : bool
        Frames start every half frame and are weighted by a raised cosine; else they stand side by side.
    """
    hop = frame // 2 if overlapping else frame
    before = frame - hop
    count = -(-(before + sound.size) // hop)
    padded = np.zeros(count * hop + before)
    padded[before : before + sound.size] = sound
    starts = np.arange(count) * hop
    frames = repair(padded[starts[:, None] + np.arange(frame)].astype(np.float32))
    weight = np.sin(np.pi * (np.arange(frame) + 0.5) / frame) ** 2 if overlapping else np.ones(frame)
    out = np.zeros_like(padded)
    for start, repaired in zip(starts, frames, strict=True):
        out[start : start + frame] += weight * repaired
    return out[before : before + sound.size]
