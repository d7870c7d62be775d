"""The parts of a stream: runs of processors, branches side by side, mono becoming stereo."""

from collections.abc import Iterator, Sequence
from itertools import chain as chained
from typing import Protocol

import numpy as np
from pedalboard import Mix, PluginContainer

from ..audio import Audio
from ..switching.ramp import Ramp
from .board_contents import Container, foreign_plugins, members, widens
from .midi_input import MidiInput
from .run import BYPASS_SECONDS, Place, Run, crossfaded, midi_player


class Stage(Protocol):
    """Part of a stream.

    A stage returns fewer frames than came in until its latency has passed, so that the stages behind it begin with the
    signal, as they do offline: a chorus there starts its cycle with the first frame.
    """

    latency: int
    missing: int  # frames of the latency that are left out at the start; the others come as silence

    @property
    def midi(self) -> Sequence[MidiInput]:
        """The MIDI of its plugins that take it."""
        ...

    def process(self, block: Audio) -> Audio:
        """Return at most as many frames as came in."""
        ...

    def resetting(self) -> Iterator[None]:
        """Return to rest in steps, none longer than playing a block."""
        ...

    def refresh(self) -> None:
        """Take the plugins anew from where they stand."""
        ...


class Queue:
    """Frames that wait, after `silent` frames of silence."""

    def __init__(self, channels: int, silent: int = 0) -> None:
        self._frames: Audio = np.zeros((channels, silent), np.float32)

    @property
    def available(self) -> int:
        """How many frames wait."""
        return self._frames.shape[1]

    def append(self, block: Audio) -> None:
        """Let a block wait."""
        if block.shape[1]:
            self._frames = np.concatenate([self._frames, block], axis=1) if self.available else block

    def take(self, frames: int) -> Audio:
        """Take the oldest frames out."""
        taken, self._frames = self._frames[:, :frames], self._frames[:, frames:]
        return taken


class Parallel:
    """Branches that hear the same input, aligned to the slowest and summed: pedalboard's Mix, exact in blocks."""

    def __init__(
        self, place: Place, sample_rate: int, channels: int, max_block: int, *, delay: int = 0, apart: bool = False
    ) -> None:
        self._place = place
        self._channels = channels
        self._fade_frames = round(BYPASS_SECONDS * sample_rate) if apart else 0
        self._wetness = Ramp(1.0)
        self._playing = False
        mix = place.plugin
        branches = members(mix) if isinstance(mix, Mix) else []
        self._branches = [
            stages([branch], sample_rate, channels, channels, max_block, delay=delay, apart=apart)
            for branch in branches
        ]
        self.midi = [midi for stage in chained.from_iterable(self._branches) for midi in stage.midi]
        self._align()

    def process(self, block: Audio) -> Audio:
        """Return the sum of what all branches have ready; the block itself when bypassed."""
        self._playing = True
        if self._wetness.steady and not self._wetness.target:
            return block
        output = self._sum(block)
        if self._wetness.steady:
            return output
        gains = self._wetness.next(block.shape[1])
        return crossfaded(block, output, gains)

    def _sum(self, block: Audio) -> Audio:
        """What all branches have ready."""
        if not self._branches:
            return np.zeros_like(block)
        for queue, branch in zip(self._queues, self._branches, strict=True):
            output = block
            for stage in branch:
                if output.shape[1]:
                    output = stage.process(output)
            queue.append(output)
        frames = min(block.shape[1], *(queue.available for queue in self._queues))
        total = np.zeros((self._channels, frames), np.float32)
        for queue in self._queues:
            total += queue.take(frames)
        return total

    def resetting(self) -> Iterator[None]:
        """Return to rest."""
        self._playing = False
        self._wetness.set(float(isinstance(self._place.plugin, Mix)))
        for stage in chained.from_iterable(self._branches):
            yield from stage.resetting()
        self._align()

    def refresh(self) -> None:
        """Notice a bypass, of the whole or inside."""
        wet = float(isinstance(self._place.plugin, Mix))
        if wet != self._wetness.target and self._playing and self._fade_frames:
            self._wetness.move(wet, self._fade_frames)
        elif wet != self._wetness.target:
            self._wetness.set(wet)
        for stage in chained.from_iterable(self._branches):
            stage.refresh()

    def _align(self) -> None:
        """Let faster branches wait for the slowest: those that leave their latency out at the start need not."""
        latencies = [sum(stage.latency for stage in branch) for branch in self._branches]
        missing = [sum(stage.missing for stage in branch) for branch in self._branches]
        early = [latency - left_out for latency, left_out in zip(latencies, missing, strict=True)]
        latest = max(early, default=0)
        self.latency = latest + max(missing, default=0)
        self.missing = max(missing, default=0)
        self._queues = [Queue(self._channels, latest - frames) for frames in early]


class Widening:
    """One channel becomes two."""

    latency = 0
    missing = 0
    midi: Sequence[MidiInput] = ()

    def process(self, block: Audio) -> Audio:
        """Return the channel twice."""
        return np.repeat(block, 2, axis=0)

    def resetting(self) -> Iterator[None]:
        """Nothing is remembered."""
        return iter(())

    def refresh(self) -> None:
        """Nothing can change."""


def stages(
    container: Container,
    sample_rate: int,
    channels: int,
    outputs: int,
    max_block: int,
    *,
    delay: int = 0,
    apart: bool = False,
) -> list[Stage]:
    """Cut a chain into stages: branches apart, what is between them together; see `StreamingBoard`.

    `delay` frames of silence come before the sound. `apart`: each processor is a stage of its own.
    """
    found: list[Stage] = []
    pending: list[Place] = []

    def silent() -> int:
        return delay + sum(stage.latency - stage.missing for stage in found)

    def close() -> None:
        if pending:
            found.append(Run(tuple(pending), sample_rate, channels, max_block, delay=silent(), fades=apart))
            pending.clear()

    for place in _places(container, apart=apart):
        if channels < outputs and widens([place.plugin]):
            close()
            found.append(Widening())
            channels = outputs
        if isinstance(place.plugin, Mix):
            close()
            found.append(Parallel(place, sample_rate, channels, max_block, delay=silent(), apart=apart))
        elif apart or foreign_plugins([place.plugin]):  # on its own, so that it is known who has crashed
            close()
            pending.append(place)
            close()
        else:
            if midi_player(place.plugin):
                close()
            pending.append(place)
    close()
    if channels < outputs:
        found.append(Widening())
    return found


def _places(container: Container, *, apart: bool) -> Iterator[Place]:
    """The places of a chain; chains in it that hold branches or foreign plugins are dissolved, others are one place.

    `apart`: all are dissolved but for empty ones, which stand for a bypassed node.
    """
    for index in range(len(container)):
        plugin = container[index]
        if isinstance(plugin, PluginContainer) and not isinstance(plugin, Mix) and _is_dissolved(plugin, apart=apart):
            yield from _places(plugin, apart=apart)
        else:
            yield Place(container, index)


def _is_dissolved(chain: PluginContainer, *, apart: bool) -> bool:
    return (apart and len(chain) > 0) or _has_branches(chain) or bool(foreign_plugins(chain))


def _has_branches(container: PluginContainer) -> bool:
    return any(
        isinstance(plugin, Mix) or (isinstance(plugin, PluginContainer) and _has_branches(plugin))
        for plugin in members(container)
    )
