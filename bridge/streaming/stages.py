"""The parts of a stream: runs of processors, branches side by side, mono becoming stereo."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain as chained
from typing import Any, Final, Protocol

import numpy as np
import pedalboard
from pedalboard import Mix, Plugin, PluginContainer

from ...models.errors import AudioError, PluginError
from ..audio import Audio
from ..native.running import RunningKernel
from ..plugins.entering import entered, identity_of
from ..plugins.identity import PluginIdentity
from ..plugins.lv2 import Lv2Kernel
from ..processors.kernel_plugin import KernelPlugin, runs_at
from ..switching.ramp import Gains, Ramp
from .even_gain import EvenGain
from .midi_input import MidiInput

Container = PluginContainer | Sequence[Plugin]
"""What holds plugins in order: a board, a chain inside it, a list."""

BUFFERED: Final[tuple[type[Plugin], ...]] = (
    pedalboard.Resample,
    pedalboard.GSMFullRateCompressor,
    pedalboard.MP3Compressor,
    pedalboard.PitchShift,
)
"""Processors that forget their block size when reset and return frames late: they start from silence instead."""

WIDENING: Final[tuple[type[Plugin], ...]] = (pedalboard.Reverb,)
"""Processors whose two channels differ for the same input: where a mono signal becomes stereo."""

STEREO_AT_MOST: Final[tuple[type[Plugin], ...]] = (pedalboard.Reverb, pedalboard.Convolution)
"""Processors that spoil more than two channels without a word: a reverb leaves all dry, a convolution repeats the first
from the third on."""

STEADY_BLOCKS: Final = 4  # full blocks in a row after which the latency has passed
LONGEST_LATENCY: Final = 2  # seconds
BYPASS_SECONDS: Final = 0.005
REMEDY: Final = "convert the audio to a usual rate, such as 48000 Hz"


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


@dataclass(frozen=True)
class Place:
    """A place in a container: which plugin stands there may change."""

    container: Container
    index: int

    @property
    def plugin(self) -> Plugin:
        """What stands there now."""
        return self.container[self.index]


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


class WatchedChain(pedalboard.Chain):
    """A chain that leaves a note of the foreign plugins in it while they run."""

    def __init__(self, plugins: Container) -> None:
        super().__init__(_members(plugins))
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
        return _crossfaded(block, output, gains)

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
        branches = _members(mix) if isinstance(mix, Mix) else []
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
        return _crossfaded(block, output, gains)

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


def _crossfaded(dry: Audio, wet: Audio, gains: Gains) -> Audio:
    """Between two signals: gains of 1 are the wet one, which is all there is where its start is missing."""
    if wet.shape != dry.shape:
        return wet
    return (dry + (wet - dry) * np.asarray(gains, np.float32)).astype(np.float32, copy=False)


def _is_wet(board: Container) -> bool:
    """Whether anything stands in it: a bypassed node leaves its place empty."""
    return any(True for _ in leaves(board))


def finish(steps: Iterator[None]) -> None:
    """Take all steps at once."""
    for _ in steps:
        pass


def midi_player(plugin: Plugin) -> RunningKernel | None:
    """The kernel of a plugin that takes MIDI."""
    running = KernelPlugin.identify(plugin)
    return running if running and running.kernel.addresses.event else None


def leaves(plugins: Container) -> Iterator[Plugin]:
    """All processors, those inside chains and mixes too."""
    for plugin in _members(plugins):
        if isinstance(plugin, PluginContainer):
            yield from leaves(plugin)
        else:
            yield plugin


def foreign_plugins(plugins: Container) -> tuple[PluginIdentity, ...]:
    """Which VST3 and LV2 plugins are in it."""
    return tuple(identity for plugin in leaves(plugins) if (identity := identity_of(plugin)))


def widens(board: Container) -> bool:
    """Whether two channels of the same sound come out different: the chain has a stereo reverb, or the like."""
    return any(isinstance(plugin, WIDENING) or _spreads(plugin) for plugin in leaves(board))


def _spreads(plugin: Plugin) -> bool:
    """Whether a plugin has two outputs of its own."""
    running = KernelPlugin.identify(plugin)
    return bool(
        running and isinstance(running.kernel, Lv2Kernel) and len(running.kernel.description.audio_outputs) == 2
    )


def _members(container: Container) -> list[Plugin]:
    return [container[index] for index in range(len(container))]


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
        for plugin in _members(container)
    )
