"""A delay of a whole number of frames."""

import numpy as np
from numpy.typing import NDArray


class DelayLine:
    """Delays blocks of any length by a constant number of frames.

    Parameters
    ----------
    channels : int
        Channels of the blocks.
    frames : int
        The delay; 0 passes blocks through.
    """

    def __init__(self, channels: int, frames: int) -> None:
        self.latency = frames
        self._ring = np.zeros((channels, frames), np.float32)
        self._position = 0

    def process(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what came in `latency` frames ago: float32 of the shape of `block`, which is left as it is."""
        delay, frames = self.latency, block.shape[1]
        if not delay or not frames:
            return block
        output = np.empty_like(block)
        for start in range(0, frames, delay):
            piece = block[:, start : start + delay]
            self._exchange(piece, output[:, start : start + delay])
        return output

    def content(self) -> NDArray[np.float32]:
        """What is in the line, oldest first: float32, shape (channels, latency)."""
        return np.roll(self._ring, -self._position, axis=1)

    def fill(self, value: float) -> None:
        """Make everything in the line `value`."""
        self._ring.fill(value)

    def reset(self) -> None:
        """Make everything in the line silent."""
        self._ring.fill(0.0)
        self._position = 0

    def _exchange(self, piece: NDArray[np.float32], output: NDArray[np.float32]) -> None:
        """Swap at most `latency` frames with the oldest in the ring, in two parts where it wraps."""
        frames, position = piece.shape[1], self._position
        first = min(frames, self.latency - position)
        rest = frames - first
        output[:, :first] = self._ring[:, position : position + first]
        output[:, first:] = self._ring[:, :rest]
        self._ring[:, position : position + first] = piece[:, :first]
        self._ring[:, :rest] = piece[:, first:]
        self._position = (position + frames) % self.latency
