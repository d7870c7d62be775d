"""The dry signal as a chain: what a bypass of everything switches to."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ..audio import Audio

DRY: Final = -1
"""The slot of the dry signal."""


class DryChain:
    """The signal as it is, on as many outputs as the chains have."""

    latency = 0
    quiet_time = 0.0
    tail_seconds = 0.0

    def __init__(self, channels: int, outputs: int) -> None:
        self.channels = channels
        self.outputs = outputs

    def process(self, block: Audio, stem: Audio | None = None) -> Audio:
        """Return the block, one channel spread to all outputs."""
        return block if self.channels == self.outputs else np.repeat(block, self.outputs, axis=0)

    def resetting(self) -> Iterator[None]:
        """Nothing is remembered."""
        return iter(())
