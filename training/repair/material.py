"""What the experiment's network learns from: frames of 784 values between 0 and 1."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FRAME = 784

Frames = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Frames of one draw, each of shape (count, 784), values from 0 to 1.

    Attributes
    ----------
    whole : ndarray of float32
        What the network is to give back.
    clean : ndarray of float32
        The same without the material's own noise: what results are measured against.
    """

    whole: Frames
    clean: Frames


class Material(Protocol):
    """A source of frames.

    `missing` is the value that a missing part takes: silence, or black. `labels` name the kinds of frames.
    """

    missing: float
    labels: tuple[str, ...]

    def training(self, count: int, random: np.random.Generator) -> Examples:
        """Draw frames to train on."""
        ...

    def testing(self, count: int, random: np.random.Generator) -> Examples:
        """Draw frames that are not trained on."""
        ...

    def gallery(self, random: np.random.Generator) -> Examples:
        """One frame of each kind, in the order of `labels`, for pictures."""
        ...

    def signal(self, frames: Frames) -> NDArray[np.float64]:
        """Signal that frames stand for, in which silence (or black) is zero."""
        ...
