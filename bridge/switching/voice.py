"""A chain on its way in or out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..audio import SILENCE, Audio
from .delay_line import DelayLine
from .ramp import DelayedRamp, Gains, Ramp


class SwitchableChain(Protocol):
    """What the switcher needs of a chain: a strict stream, prepared, such as `StreamingBoard`."""

    latency: int
    channels: int
    outputs: int
    quiet_time: float

    @property
    def tail_seconds(self) -> float:
        """Seconds after which it has rung out for certain; infinite when unknown."""
        ...

    def process(self, block: Audio, stem: Audio | None = None) -> Audio:
        """Play a block (channels, frames); return (outputs, frames), late by `latency` frames.

        `stem` is what side-chains hear.
        """
        ...

    def resetting(self) -> Iterator[None]:
        """Return to rest in steps."""
        ...


@dataclass(eq=False)
class Voice:
    """A chain with its gains: `input` in front, `output` behind, where the signal is aligned to the slowest chain."""

    chain: SwitchableChain
    quiet_frames: int
    latency: int
    input: Ramp = field(init=False)
    output: DelayedRamp = field(init=False)
    align: DelayLine = field(init=False)
    active: bool = False  # it sounds
    used: bool = False  # it is not at rest
    released: bool = False  # it rings on
    leaving: bool = False  # its output fades out for good
    rung: int = 0  # frames since it was released
    limit_frames: int = 0  # frames it may ring
    quiet: int = 0  # frames since its output was last above -90 dBFS
    _resting: Iterator[None] | None = None  # the rest of the way to rest

    def __post_init__(self) -> None:
        self.input = Ramp(0.0)
        self.output = DelayedRamp(0.0, self.latency)
        self.align = DelayLine(self.chain.outputs, self.latency - self.chain.latency)

    def start(self, input_gain: float, output_gain: float) -> None:
        """Begin to sound."""
        self.input.set(input_gain)
        self.output.set(output_gain)
        self.active = self.used = True
        self.released = self.leaving = False

    def resume(self, fade_frames: int, output_frames: int) -> None:
        """Be the selected one."""
        self.input.move(1.0, fade_frames)
        self.output.move(1.0, output_frames)
        self.released = self.leaving = False

    def release(self, fade_frames: int, limit_frames: int) -> None:
        """Hear no more from now on, and ring."""
        if not (self.released and self.input.steady):
            self.input.move(0.0, fade_frames)
        if not self.released:
            self.released, self.rung, self.quiet = True, 0, 0
            self.limit_frames = limit_frames

    def leave(self, gate_frames: int, *, wait: int = 0) -> None:
        """Fade out for good."""
        self.output.move(0.0, gate_frames, wait=wait)
        self.leaving = True

    def listen(self, signal: Audio) -> None:
        """Count how long it has rung, and for how long it has been quiet."""
        frames = signal.shape[1]
        self.rung += frames
        loud = np.flatnonzero(np.abs(signal).max(axis=0) >= SILENCE)
        self.quiet = frames - 1 - int(loud[-1]) if loud.size else self.quiet + frames

    def warm(self, recent: Audio, stem: Audio | None) -> None:
        """Hear what was played before, unheard."""
        self.align.process(self.chain.process(recent, stem))

    @property
    def ready(self) -> bool:
        """Whether it can be brought up without work: it sounds, or is at rest."""
        return self.active or not self.used

    def rest(self, settle_frames: int, step: int) -> bool:
        """Take a step towards rest; False when it is there."""
        if self._resting is None:
            self._resting = self._settling(settle_frames, step)
        for _ in self._resting:
            return True
        self._resting = None
        return False

    def _settling(self, settle_frames: int, step: int) -> Iterator[None]:
        """Return to rest: processors that start with a transient of their own have it now, unheard."""
        yield from self.chain.resetting()
        self.align.reset()
        for start in range(0, settle_frames, step):
            silence = np.zeros((self.chain.channels, min(step, settle_frames - start)), np.float32)
            self.align.process(self.chain.process(silence))
            yield
        self.used = False


def scaled(block: Audio, gains: Gains) -> Audio:
    """The block with its gains; the block itself where they are 1."""
    if isinstance(gains, float):
        return block if gains == 1.0 else block * np.float32(gains)
    return block * gains
