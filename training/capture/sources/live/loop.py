"""What the audio thread does in a live take: play the next frames of the signal, keep what comes back."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LARGEST_BLOCK: Final = 8192
OUT, BACK = range(2)
"""Rows of `PlayLoop.peaks`."""


class PlayLoop:
    """Plays and records; everything it needs is made before, so that a call takes no memory for sound.

    It is the callback and the listener of a backend at once. It is silent until it is `armed`, for connecting ports can
    cost a server a block.

    Parameters
    ----------
    signal : ndarray of float32, shape (frames,)
        What is played.
    tail : int
        Frames that are recorded after its end, for what a device and an interface hold back.
    channels : tuple of int and int
        Channel, counted from 0, that plays and channel that is recorded.
    outputs : int
        Channels that the backend asks for; the others stay silent.

    Attributes
    ----------
    recorded : ndarray of float32, shape (frames + tail,)
        What came back.
    position : int
        Frames that are done.
    peaks : ndarray of float32, shape (2,)
        Loudest frame out and back since somebody set it to zero.
    armed : bool
        Set it once the ports are connected.
    lost : int
        How often sound was lost since then.
    reason : str
        Why the device is gone, if it is.
    calls : int
        How often it was called.
    """

    def __init__(self, signal: NDArray[np.float32], *, tail: int, channels: tuple[int, int], outputs: int) -> None:
        self._played = np.concatenate([signal, np.zeros(tail, np.float32)])
        self._channel, self._back = channels
        self._block = np.zeros((outputs, LARGEST_BLOCK), np.float32)
        self.recorded = np.zeros(self._played.size, np.float32)
        self.recorded[:] = 0.0  # touched now, not under the audio thread
        self.peaks = np.zeros(2, np.float32)
        self.position = 0
        self.armed = False
        self.lost = 0
        self.calls = 0
        self.reason = ""

    @property
    def is_done(self) -> bool:
        """Whether all is played and recorded."""
        return self.position == self._played.size

    def process(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take what came back, return what is played, both (channels, frames); runs on the audio thread."""
        frames = block.shape[1]
        self.calls += 1
        if frames > LARGEST_BLOCK:  # nothing that could be played is this large: the take is lost
            self.lost += 1
            return np.zeros((self._block.shape[0], frames), np.float32)
        out = self._block[:, :frames]
        start = self.position
        count = min(frames, self._played.size - start) if self.armed else 0
        row = out[self._channel]
        row[count:] = 0.0
        back = block[self._back]
        self.peaks[BACK] = max(self.peaks[BACK], back.max(), -back.min())
        if count:
            stop = start + count
            row[:count] = self._played[start:stop]
            self.recorded[start:stop] = back[:count]
            self.peaks[OUT] = max(self.peaks[OUT], row.max(), -row.min())
            self.position = stop
        return out

    def began(self, clock: int) -> None:
        """See `Listener`; the server's clock does not matter here."""

    def xrun(self) -> None:
        """See `Listener`."""
        if self.armed and not self.is_done:
            self.lost += 1

    def gap(self, frames: int) -> None:
        """See `Listener`."""
        self.xrun()

    def ended(self, reason: str) -> None:
        """See `Listener`."""
        self.reason = self.reason or reason
