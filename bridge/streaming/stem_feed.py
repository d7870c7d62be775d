"""A stem that side-chains in a stream hear, in step with the sound."""

from collections.abc import Sequence

import numpy as np

from ..audio import Audio
from ..native.running import RunningKernel


class StemFeed:
    """Plays a stem to the side-chains of plugins, a block ahead of their own.

    Parameters
    ----------
    listeners : sequence of RunningKernel
        Who hears it.
    sample_rate : int
        Frames a second.
    max_block : int
        Most frames of a block.
    """

    def __init__(self, listeners: Sequence[RunningKernel], sample_rate: int, max_block: int) -> None:
        from ..processors.side_bus import SideBus

        self._bus = SideBus()
        for listener in listeners:
            listener.side_chain = self._bus
        self._channels = max(listener.kernel.side_inputs for listener in listeners)
        self._sample_rate = sample_rate
        self._max_block = max_block
        self.reset()

    def play(self, stem: Audio | None, frames: int) -> None:
        """Play the next frames, or silence."""
        block = np.zeros((self._channels, frames), np.float32) if stem is None else spread(stem, self._channels)
        self._bus.tap.process(block, self._sample_rate, buffer_size=self._max_block, reset=False)

    def reset(self) -> None:
        """Begin anew."""
        self._bus.tap.reset()
        self.play(None, 0)


def spread(audio: Audio, channels: int) -> Audio:
    """Audio on another number of channels: one is heard on all, several are averaged to one, else the first are taken.

    Channels that are missing are silent.
    """
    present = audio.shape[0]
    if present == channels:
        return audio
    if present == 1:
        return np.repeat(audio, channels, axis=0)
    if channels == 1:
        return audio.mean(axis=0, keepdims=True, dtype=np.float32)
    missing = np.zeros((max(channels - present, 0), audio.shape[1]), np.float32)
    return np.concatenate([audio[:channels], missing])
