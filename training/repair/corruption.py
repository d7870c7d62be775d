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
