"""Consecutive processors, run by pedalboard in one call."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pedalboard
from pedalboard import Plugin

from ...models.errors import AudioError, PluginError
from ..audio import Audio
from ..native.running import RunningKernel
from ..plugins.entering import entered
from ..processors.kernel_plugin import KernelPlugin, runs_at
from ..switching.ramp import Gains, Ramp
from .board_contents import BUFFERED, STEREO_AT_MOST, Container, foreign_plugins, leaves, members
from .even_gain import EvenGain
from .midi_input import MidiInput

STEADY_BLOCKS: Final = 4  # full blocks in a row after which the latency has passed
LONGEST_LATENCY: Final = 2  # seconds
BYPASS_SECONDS: Final = 0.005
REMEDY: Final = "convert the audio to a usual rate, such as 48000 Hz"


@dataclass(frozen=True)
class Place:
    """A place in a container: which plugin stands there may change."""

    container: Container
    index: int

    @property
    def plugin(self) -> Plugin:
        """What stands there now."""
        return self.container[self.index]


class WatchedChain(pedalboard.Chain):
    """A chain that leaves a note of the foreign plugins in it while they run."""

    def __init__(self, plugins: Container) -> None:
        super().__init__(members(plugins))
        self._foreign = foreign_plugins(plugins)

    def process(self, *arguments: Any, **options: Any) -> Audio:
        """Play; see `pedalboard.Plugin.process`."""
        with entered(self._foreign, "processing"):
            return super().process(*arguments, **options)

    def reset(self) -> None:
        """Bring all to rest."""
        with entered(self._foreign, "being reset"):
            super().reset()


class Run:
    """Consecutive processors, run by pedalboard in one call; only the first may take MIDI."""

    def __init__(
        self,
        places: Sequence[Place],
        sample_rate: int,
        channels: int,
        max_block: int,
        *,
        delay: int = 0,
        fades: bool = False,
    ) -> None:
        self._places = places
        self._sample_rate = sample_rate
        self._max_block = max_block
        self._silence = np.zeros((channels, max_block), np.float32)
        self._board = self._gather()
        self._buffered = any(isinstance(plugin, BUFFERED) for plugin in leaves(self._board))
        self._names = ", ".join(type(place.plugin).__name__ for place in places)
        player = midi_player(places[0].plugin)
        self.midi = [MidiInput(player, delay)] if player else []
        self._wet: pedalboard.Chain | None = None  # the one processor, while it fades out or in
        self._wetness = Ramp(1.0)
        self._fades = fades and len(places) == 1  # when it is bypassed
        self._playing = False
        gain = places[0].plugin
        self._even = EvenGain(gain) if self._fades and isinstance(gain, pedalboard.Gain) else None
        self.latency = 0
        self.missing = 0
        finish(self.resetting())

    def process(self, block: Audio) -> Audio:
        """Return what pedalboard returns."""
        for midi in self.midi:
            midi.deliver(block.shape[1], listening=midi.plugin in self._kernels)
        if self._even and not self._playing:
            self._even.reset()
        self._playing = True
        if self._wet is not None:
            return self._fade(block, self._wet)
        output = self._board.process(block, self._sample_rate, buffer_size=self._max_block, reset=False)
        return self._even.even(output) if self._even and self._wetness.target else output

    def _fade(self, block: Audio, wet: pedalboard.Chain) -> Audio:
        """Pass from the processor to what it gets, or back."""
        output = wet.process(block, self._sample_rate, buffer_size=self._max_block, reset=False)
        gains = self._wetness.next(block.shape[1])
        if self._wetness.steady:
            self._wet = None
        return crossfaded(block, output, gains)

    def resetting(self) -> Iterator[None]:
        """Return to rest: prepared for the largest block, its latency known."""
        self._playing = False
        if self._even:
            self._even.reset()
        self._wet = None
        self._wetness.set(float(_is_wet(self._board)))
        refusals = self._refusals()
        try:
            missing = yield from self._fill()
        except (RuntimeError, ValueError) as error:  # what pedalboard raises for a refused layout or rate
            raise PluginError(f"{self._names}: cannot play {self._silence.shape[0]} channels: {error}") from error
        if self._refusals() > refusals:
            raise AudioError(f"{self._names}: does not run at {self._sample_rate} Hz: {REMEDY}")
        for midi in self.midi:
            midi.reset()
        held = self._max_block if self._buffered else 0  # they return up to a block late
        self.latency = missing + held
        self.missing = held if self._buffered else missing

    def refresh(self) -> None:
        """Play what stands in the places now; instances that stay keep their state."""
        before, self._board = self._board, self._gather()
        self._tell_layout()
        wet = float(_is_wet(self._board))
        if wet == self._wetness.target:
            return
        if self._playing and self._fades:
            self._wet = self._board if wet else self._wet or before
            self._wetness.move(wet, round(BYPASS_SECONDS * self._sample_rate))
        else:
            self._wetness.set(wet)

    def _gather(self) -> pedalboard.Chain:
        board = pedalboard.Chain([place.plugin for place in self._places])
        channels = self._silence.shape[0]
        for plugin in leaves(board):
            if channels > 2 and isinstance(plugin, STEREO_AT_MOST):
                name = type(plugin).__name__
                raise AudioError(f"{name} plays at most 2 channels, not {channels}: split the audio into stereo files")
        found = (KernelPlugin.identify(plugin) for plugin in leaves(board))
        self._kernels = [running for running in found if running is not None]
        for running in self._kernels:
            if running.kernel.channels[1] < channels:
                raise AudioError(
                    f"{running.kernel.name} plays at most {running.kernel.channels[1]} channels, not {channels}: "
                    "split the audio into files of so many"
                )
            if not runs_at(running.kernel, self._sample_rate):
                raise AudioError(f"{running.kernel.name} does not run at {self._sample_rate} Hz: {REMEDY}")
        return WatchedChain(board)

    def _refusals(self) -> int:
        """How often its kernels have refused a sample rate or a number of channels; they are silent then."""
        return sum(running.counters().refusals for running in self._kernels)

    def _tell_layout(self) -> None:
        self._rest(0)

    def _rest(self, frames: int) -> int:
        """Play silence; return how many frames come out."""
        silence = self._silence[:, :frames]
        return self._board.process(silence, self._sample_rate, buffer_size=self._max_block, reset=False).shape[1]

    def _fill(self) -> Generator[None, None, int]:
        """Play silence until as much comes out as goes in; return how many frames did not."""
        self._rest(self._max_block)  # a plugin's first call ever does not count its latency
        yield
        self._board.reset()
        missing = steady = 0
        blocks = max(-(-LONGEST_LATENCY * self._sample_rate // self._max_block), 2 * STEADY_BLOCKS)
        for _ in range(blocks):
            yield
            short = self._max_block - self._rest(self._max_block)
            missing += short
            steady = 0 if short else steady + 1
            if not self._buffered and steady >= (STEADY_BLOCKS if missing else 1):
                break
        if not steady:
            raise PluginError(f"{self._names}: returns no steady stream: it cannot play in blocks")
        if not self._buffered:
            self._board.reset()
            self._tell_layout()
        return missing


def crossfaded(dry: Audio, wet: Audio, gains: Gains) -> Audio:
    """Between two signals: gains of 1 are the wet one, which is all there is where its start is missing."""
    if wet.shape != dry.shape:
        return wet
    return (dry + (wet - dry) * np.asarray(gains, np.float32)).astype(np.float32, copy=False)


def _is_wet(board: Container) -> bool:
    """Whether anything stands in it: a bypassed node leaves its place empty."""
    return any(True for _ in leaves(board))


def midi_player(plugin: Plugin) -> RunningKernel | None:
    """The kernel of a plugin that takes MIDI."""
    running = KernelPlugin.identify(plugin)
    return running if running and running.kernel.addresses.event else None


def finish(steps: Iterator[None]) -> None:
    """Take all steps at once."""
    for _ in steps:
        pass
