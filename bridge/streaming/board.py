"""A pedalboard, and the chain of a preset, as strict streams."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from ...models.errors import ParameterError, PluginError
from ..audio import Audio
from ..chains.tails import echo_seconds
from ..midi.messages import channel
from .board_contents import Container, leaves, widens
from .glide import GLIDE_STEP, Glide
from .run import finish
from .stages import Queue, stages
from .stem_feed import StemFeed

if TYPE_CHECKING:
    from ..chains import Chain

__all__ = ["MAX_BLOCK", "StreamingBoard", "StreamingChain", "widens"]

MAX_BLOCK: Final = 512  # frames
SHORTEST_QUIET: Final = 0.5  # seconds
BYPASS: Final = ".bypass"


class StreamingBoard:
    """A `pedalboard.Pedalboard` that plays block by block.

    The output equals one offline call of the board, delayed by `latency`, bit for bit at any split into blocks, for
    every built-in but the following. Convolution: within 1e-7 of the input's peak (its block size changes its
    rounding). Resample, MP3Compressor, GSMFullRateCompressor: the same at every split; the first two equal an offline
    call in blocks of `max_block` that starts with two seconds of silence. PitchShift: its sound depends on the split,
    and it has a second of latency.

    Parameters
    ----------
    board : pedalboard.Pedalboard or sequence of pedalboard.Plugin
        The chain; parameters of its plugins may be changed between blocks. Nobody else must play it.
    sample_rate : int
        Frames a second.
    channels : int
        Channels that come in.
    outputs : int, optional
        Channels that go out: as many as come in, or 2 for 1, where the signal becomes stereo in front of the first
        processor that spreads it (a reverb), and everything before runs once.
    max_block : int
        Most frames the processors see at once; larger blocks are cut.
    apart : bool
        Whether each processor is called by itself, so that one that is bypassed fades out and in over 5 ms.

    Attributes
    ----------
    latency : int
        Frames by which the output is late.
    quiet_time : float
        Seconds the output must stay silent before the chain has rung out: longer than its longest echo.

    Raises
    ------
    ParameterError
        When a number is out of range.
    AudioError
        When a processor of ours does not run at the sample rate, or a stereo one would get more than two channels.
    PluginError
        When another processor refuses the number of channels or the rate, or one never returns anything.
    """

    def __init__(
        self,
        board: Container,
        *,
        sample_rate: int,
        channels: int,
        outputs: int | None = None,
        max_block: int = MAX_BLOCK,
        apart: bool = False,
    ) -> None:
        self.sample_rate = sample_rate
        self.channels = channels
        self.outputs = channels if outputs is None else outputs
        if sample_rate <= 0 or channels <= 0 or max_block <= 0:
            raise ParameterError(
                f"sample_rate {sample_rate}, channels {channels}, max_block {max_block}: each must be above 0"
            )
        if self.outputs != channels and (channels, self.outputs) != (1, 2):
            raise ParameterError(f"{channels} channels cannot become {self.outputs}: only 1 can become 2")
        self._board = board
        self._max_block = max_block
        self._stages = stages(board, sample_rate, channels, self.outputs, max_block, apart=apart)
        self.latency = sum(stage.latency for stage in self._stages)
        self._queue = self._empty_queue()
        self._midi = [midi for stage in self._stages for midi in stage.midi]
        self._position = 0  # frames that came in
        self._feed: StemFeed | None = None
        self.quiet_time = max([SHORTEST_QUIET, *(echo_seconds(plugin) + 0.1 for plugin in leaves(board))])

    @property
    def tail_seconds(self) -> float:
        """Upper bound of the time it rings on after its input has ended; infinite, since pedalboard tells none."""
        return math.inf

    def process(self, block: Audio, stem: Audio | None = None) -> Audio:
        """Play a block.

        Parameters
        ----------
        block : ndarray of float32, shape (channels, frames)
            Any number of frames.
        stem : ndarray of float32, shape (any channels, frames), optional
            What the side-chains hear that listen to a stem; silence when left out.

        Returns
        -------
        ndarray of float32, shape (outputs, frames)
            May be `block` itself when nothing is in the chain.
        """
        if block.shape[1] <= self._max_block:
            return self._piece(block, stem)
        slices = [slice(i, i + self._max_block) for i in range(0, block.shape[1], self._max_block)]
        pieces = [self._piece(block[:, part], None if stem is None else stem[:, part]) for part in slices]
        return np.concatenate(pieces, axis=1)

    def send_midi(self, message: bytes) -> None:
        """Hand a channel message to the plugins that take MIDI; they hear it with the first frame of the next block."""
        for midi in self._midi:
            midi.put(self._position, message)

    def reset(self) -> None:
        """Return to rest, as after construction; plugins that take MIDI keep the positions of their controllers."""
        finish(self.resetting())

    def resetting(self) -> Iterator[None]:
        """Return to rest in steps, none longer than playing a block of `max_block` frames; not to be played between."""
        self._position = 0
        if self._feed:
            self._feed.reset()
        for stage in self._stages:
            yield from stage.resetting()
        self._queue = self._empty_queue()

    def refresh(self) -> None:
        """Notice that places of the board hold another plugin than before, or none: a bypass.

        What stays plays on undisturbed. The latency is not counted anew.
        """
        for stage in self._stages:
            stage.refresh()

    def _empty_queue(self) -> Queue:
        """Silence in place of the frames that will be missing at the start."""
        return Queue(self.outputs, sum(stage.missing for stage in self._stages))

    def _piece(self, block: Audio, stem: Audio | None) -> Audio:
        frames = block.shape[1]
        if self._feed:
            self._feed.play(stem, frames)
        self._position += frames
        for stage in self._stages:
            if block.shape[1]:
                block = stage.process(block)
        if not self._queue.available and block.shape[1] == frames:
            return block
        self._queue.append(block)
        if self._queue.available < frames:
            raise PluginError("the latency of the chain grew while playing: set its parameters before the start")
        return self._queue.take(frames)


class StreamingChain(StreamingBoard):
    """The chain of a preset, played block by block; see `StreamingBoard`.

    Parameters
    ----------
    chain : Chain
        As `build_chain` makes it.
    sample_rate, channels, outputs, max_block
        See `StreamingBoard`.

    Notes
    -----
    Parameters that are set while it plays glide there without zipper noise, and bypassed nodes fade out and in, at any
    split into blocks alike.
    """

    def __init__(
        self,
        chain: "Chain",
        *,
        sample_rate: int,
        channels: int,
        outputs: int | None = None,
        max_block: int = MAX_BLOCK,
    ) -> None:
        super().__init__(
            chain.board,
            sample_rate=sample_rate,
            channels=channels,
            outputs=outputs,
            max_block=max_block,
            apart=True,
        )
        self.chain = chain
        self._glides: dict[str, Glide] = {}
        self._until_step = 0  # frames
        self._playing = False
        if chain.stem_listeners:
            self._feed = StemFeed(chain.stem_listeners, sample_rate, max_block)

    @property
    def tail_seconds(self) -> float:
        """Upper bound of the time it rings on after its input has ended, at its present settings."""
        return self.chain.tail_seconds

    def send_midi(self, message: bytes) -> None:
        """Hand a channel message to the nodes that listen to its channel; see `StreamingBoard.send_midi`."""
        for midi in self._midi:
            if channel(message) in self.chain.midi_channels.get(midi.plugin, ()):
                midi.put(self._position, message)

    def set_parameter(self, target: str, value: float) -> None:
        """Set a parameter from the next block on; see `Chain.set_parameter`."""
        control = self.chain.controls.get(target)
        if control and control.glide and self._playing:
            steps = math.ceil(control.glide * self.sample_rate / GLIDE_STEP)
            self._glides[target] = Glide.between(control.read(), control.check(target, value), steps)
            return
        self.chain.set_parameter(target, value)
        if target.endswith(BYPASS):
            self.refresh()

    def process(self, block: Audio, stem: Audio | None = None) -> Audio:
        """Play a block; see `StreamingBoard.process`."""
        self._playing = True
        if not self._glides or not block.shape[1]:
            return super().process(block, stem)
        parts: list[Audio] = []
        start, frames = 0, block.shape[1]
        while start < frames:
            self._step()
            end = min(start + self._until_step, frames) if self._glides else frames
            parts.append(super().process(block[:, start:end], None if stem is None else stem[:, start:end]))
            self._until_step -= min(end - start, self._until_step)
            start = end
        return np.concatenate(parts, axis=1)

    def resetting(self) -> Iterator[None]:
        """Return to rest in steps; parameters arrive where they were on their way to."""
        for target, glide in self._glides.items():
            self.chain.set_parameter(target, glide.goal)
        self._glides.clear()
        self._until_step = 0
        yield from super().resetting()
        self._playing = False

    def _step(self) -> None:
        """Move on what glides, where a step is due."""
        if self._until_step > 0:
            return
        for target, glide in list(self._glides.items()):
            self.chain.set_parameter(target, glide.next())
            if glide.arrived:
                del self._glides[target]
        self._until_step = GLIDE_STEP if self._glides else 0
