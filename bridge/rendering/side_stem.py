"""A stem that side-chains hear beside the file that is rendered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from ...models.errors import AudioError
from ..audio import Audio
from .formats import AudioSource

READ: Final = 1 << 14  # frames


class SideStem:
    """An audio file read in step with another: silent when it ends sooner, cut when it lasts longer.

    Parameters
    ----------
    source : AudioSource
        The file.
    """

    def __init__(self, source: AudioSource) -> None:
        self.channels = source.channels
        self._blocks: Iterator[Audio] = source.blocks(READ)
        self._pending: Audio = np.zeros((source.channels, 0), np.float32)

    def take(self, frames: int) -> Audio:
        """Return the next frames: float32 of shape (channels, frames)."""
        parts, waiting = [self._pending], self._pending.shape[1]
        while waiting < frames:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros((self.channels, frames - waiting), np.float32)
            parts.append(block)
            waiting += block.shape[1]
        joined = np.concatenate(parts, axis=1)
        self._pending = joined[:, frames:]
        return joined[:, :frames]


def open_side_stem(path: str | Path, source: AudioSource) -> AudioSource:
    """Look at the file that side-chains hear while `source` is rendered.

    Raises
    ------
    AudioError
        When it cannot be read, or has another sample rate: it is not converted.
    """
    stem = AudioSource.open(path)
    if stem.sample_rate != source.sample_rate:
        raise AudioError(
            f"{stem.path} has {stem.sample_rate} Hz, {source.path} {source.sample_rate} Hz: "
            "convert the side-chain to the rate of the file it goes with"
        )
    return stem
