"""What is taken away from sounds and pictures before a network has to give it back."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MISSING_PART: Final = 5  # one of so many values


def contiguous_gaps(count: int, length: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Choose a contiguous fifth of each frame.

    Parameters
    ----------
    count, length : int
        Frames, and values a frame.
    random : Generator
        Where the gaps lie.

    Returns
    -------
    ndarray of bool, shape (count, length)
        True where a value is missing.
    """
    width = length // MISSING_PART
    starts = random.integers(0, length - width + 1, count)[:, None]
    places = np.arange(length)[None]
    return (places >= starts) & (places < starts + width)


def noise_and_clicks(frames: int, sample_rate: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Draw what a worn recording adds to a sound: hiss that changes its level every half second, and clicks.

    Hiss of -62 to -42 dBFS (RMS), ten clicks a second of one to three frames with peaks from -30 to -10 dBFS.
    """
    step = sample_rate // 2
    levels = 10 ** (random.uniform(-62, -42, -(-frames // step)) / 20)
    noise = np.repeat(levels, step)[:frames] * random.standard_normal(frames)
    count = 10 * frames // sample_rate
    starts = random.integers(0, max(1, frames - 3), count)
    for start, length, level in zip(
        starts, random.integers(1, 4, count), 10 ** (random.uniform(-30, -10, count) / 20), strict=True
    ):
        noise[start : start + length] += level * random.choice([-1.0, 1.0], length)
    return noise


def scattered_gaps(
    frames: int, shortest: int, longest: int, random: np.random.Generator, *, part: float = 1 / MISSING_PART
) -> NDArray[np.bool_]:
    """Choose many gaps of random length in a long sound.

    Parameters
    ----------
    frames : int
        Length of the sound.
    shortest, longest : int
        Fewest and most frames of a gap; lengths are uniform in between.
    random : Generator
        Lengths and places.
    part : float
        Of the time that is missing.

    Returns
    -------
    ndarray of bool, shape (frames,)
        True where a frame is missing. Both ends are undamaged, and between two gaps lies at least one frame.
    """
    lengths: list[int] = []
    while sum(lengths) < part * frames:
        lengths.append(int(random.integers(shortest, longest + 1)))
    whole = frames - sum(lengths)
    cuts = np.sort(random.choice(np.arange(1, whole), len(lengths), replace=False))
    missing = np.zeros(frames, np.bool_)
    before = 0
    for cut, length in zip(cuts, lengths, strict=True):
        missing[cut + before : cut + before + length] = True
        before += length
    return missing
