"""What a network is trained and judged on: pairs of recordings, split into train, validation and test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Excerpt:
    """One unbroken pair of recordings at one setting of the knobs.

    Attributes
    ----------
    name : str
        Of the passage.
    audio, target : ndarray of float32, shape (frames,)
        What went into the device and what came out.
    knobs : tuple of float
        Where they stand, from 0 to 1, in the order of `Material.knobs`.
    """

    name: str
    audio: NDArray[np.float32]
    target: NDArray[np.float32]
    knobs: tuple[float, ...] = ()


@dataclass(frozen=True)
class Material:
    """What a network is trained and judged on.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    train, validation, test : tuple of Excerpt
        No passage is in more than one of them.
    knobs : tuple of str
        Names of the knobs.
    """

    sample_rate: int
    train: tuple[Excerpt, ...]
    validation: tuple[Excerpt, ...]
    test: tuple[Excerpt, ...]
    knobs: tuple[str, ...] = ()
