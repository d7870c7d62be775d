"""A stem that side-chains in a stream hear, in step with the sound."""

from collections.abc import Sequence

import numpy as np

from ..audio import Audio
from ..native.running import RunningKernel
from ..native.side_chain import SideBus
from ..processors import Tap


class StemFeed:
    """Plays a stem to the side-chains of plugins, each block before they play their own.

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
        bus = SideBus("stem")
        for listener in listeners:
            listener.side_chain = bus
        self._tap = Tap(bus)
        self._sample_rate = sample_rate
        self._max_block = max_block
        self._channels = 1

    def play(self, stem: Audio | None, frames: int) -> None:
        """Play the next frames of a stem of any number of channels, or silence."""
        block = np.zeros((self._channels, frames), np.float32) if stem is None else stem
        self._channels = block.shape[0]
        self._tap.process(block, self._sample_rate, buffer_size=self._max_block, reset=False)

    def reset(self) -> None:
        """Begin anew."""
        self._tap.reset()
