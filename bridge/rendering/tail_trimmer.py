"""Where a render ends: what rings on behind the source is kept as long as it sounds."""

from collections.abc import Iterator

import numpy as np

from ..audio import SILENCE, Audio
from ..switching.ramp import raised_cosine

FADE_SECONDS = 0.02


class TailTrimmer:
    """Lets a tail through up to the last frame at or above -90 dBFS.

    Parameters
    ----------
    channels : int
        Channels of the blocks.
    sample_rate : int
        Frames a second.
    most_frames : int
        Longest tail; the last 20 ms before that are faded out.
    quiet_frames : int
        Frames below -90 dBFS after which nothing more is expected.
    """

    def __init__(self, *, channels: int, sample_rate: int, most_frames: int, quiet_frames: int) -> None:
        self.most_frames = most_frames
        self._quiet_frames = quiet_frames
        self._held: Audio = np.zeros((channels, 0), np.float32)  # quiet so far: kept only if something follows
        self._frames = 0
        fade = min(round(FADE_SECONDS * sample_rate), most_frames)
        self._fade = raised_cosine(fade)[::-1].astype(np.float32)

    @property
    def ended(self) -> bool:
        """Whether no more is needed."""
        return self._frames >= self.most_frames or self._held.shape[1] >= self._quiet_frames

    def take(self, block: Audio) -> Iterator[Audio]:
        """Take the next block of the tail; give what is known to be worth keeping."""
        block = self._faded(block[:, : self.most_frames - self._frames])
        self._frames += block.shape[1]
        block = np.concatenate([self._held, block], axis=1)
        loud = np.flatnonzero(np.abs(block).max(axis=0) >= SILENCE)
        kept = int(loud[-1]) + 1 if loud.size else 0
        self._held = block[:, kept:]
        if kept:
            yield block[:, :kept]

    def _faded(self, block: Audio) -> Audio:
        """Apply what falls on this block of the fade in front of the limit."""
        into = self._frames + block.shape[1] - (self.most_frames - len(self._fade))
        if into <= 0 or not block.shape[1]:
            return block
        faded = block.copy()
        part = min(into, block.shape[1])
        faded[:, block.shape[1] - part :] *= self._fade[into - part : into]
        return faded
