"""One source on its way through the chains."""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain as chained
from typing import Final

import numpy as np

from ...models.errors import AmpboardError, AudioError, ParameterError
from ..audio import Audio
from ..chains import Chain, build_chain
from ..midi.actions import Action, Panic, ParameterAction, PlayMidi, SelectSlot, SetLevel, SetSwitch
from ..midi.mapping import MIN_LEVEL_DB
from ..midi.messages import is_note_on
from ..midi.settings import Move, Settings, Standing
from ..streaming import StreamingChain, widens
from ..switching import ChainSwitcher
from ..switching.dry_chain import DRY, DryChain
from .formats import AudioSource
from .result import SwitchEvent
from .score import Programme, Score
from .side_stem import SideStem
from .tail_trimmer import TailTrimmer

BLOCK: Final = 2048  # frames
READ: Final = 1 << 14  # frames
MOST_CHANNELS: Final = 64
CUT_STEP: Final = 64  # frames between two looks whether a panic has silenced everything


class Take:
    """One source on its way through the chains.

    Attributes
    ----------
    score : Score
        What happens when.
    switches : list of SwitchEvent
        What has been brought up so far.
    frames, latency, tail : int
        Complete once `blocks` has ended.
    remarks : tuple of str
        What a stem for side-chains does not do.
    """

    def __init__(
        self,
        source: AudioSource,
        programme: Programme,
        score: Score,
        *,
        channels: int | None,
        tail_limit: float,
        side_stem: AudioSource | None = None,
    ) -> None:
        self.source = source
        self._side_stem = side_stem
        self._programme = programme
        self.score = score
        self._shared = {slot: programme.first_of(slot) for slot in score.slots}  # slots of one preset share a chain
        built = {slot: build_chain(programme.presets[slot]) for slot in sorted(set(self._shared.values()))}
        stereo = any(widens(chain.board) for chain in built.values())
        self.channels = _outputs(source, channels, stereo=stereo)
        try:
            self._chains = {
                slot: StreamingChain(
                    chain,
                    sample_rate=source.sample_rate,
                    channels=source.channels,
                    outputs=self.channels,
                    max_block=BLOCK,
                )
                for slot, chain in built.items()
            }
        except AmpboardError as error:
            raise type(error)(
                f"{source.path} ({source.channels} channels, {source.sample_rate} Hz): {error}"
            ) from error
        self._settings = Settings(programme.presets, self._standing)
        self._cut = False  # a panic fades everything out
        self._switched = {"mute": False, "bypass": False}
        if moves := [m for frame, action in score.events if frame == 0 for m in self._moves(action)]:
            for move in moves:
                self._chains[move.slot].set_parameter(move.target, move.value)
            for chain in self._chains.values():
                chain.reset()  # what is set at the start holds from the first frame, without a ramp
        switching = programme.switching
        bypassed = any(isinstance(action, SetSwitch) and action.name == "bypass" for _, action in score.events)
        self._switcher = ChainSwitcher(
            {**self._chains, DRY: DryChain(source.channels, self.channels)} if bypassed else self._chains,
            sample_rate=source.sample_rate,
            initial=self._shared[score.initial],
            fade=switching.fade_ms / 1000,
            spillover=switching.spillover,
            tail_limit=min(switching.tail_limit_s, tail_limit),
            stem_channels=side_stem.channels if side_stem else 0,
        )
        self.remarks = tuple(_remarks(built.values(), side_stem))
        self.latency = self._switcher.latency
        self.switches = [SwitchEvent(0, score.initial, programme.presets[score.initial].name)]
        moving = any(isinstance(action, ParameterAction) and frame > 0 for frame, action in score.events)
        certain = math.inf if moving else max(chain.tail_seconds for chain in self._chains.values())
        self._tail = TailTrimmer(
            channels=self.channels,
            sample_rate=source.sample_rate,
            most_frames=round(min(tail_limit, certain) * source.sample_rate),
            quiet_frames=round(max(c.quiet_time for c in self._chains.values()) * source.sample_rate),
        )

    @property
    def most_frames(self) -> int:
        """Upper bound of the frames that come."""
        return self.source.frames + self._tail.most_frames

    def blocks(self) -> Iterator[Audio]:
        """The output: latency trimmed, float32 of shape (channels, frames), the tail as long as it sounds."""
        position = 0
        stem = SideStem(self._side_stem) if self._side_stem else None
        behind = self.latency + self._tail.most_frames
        silence = (
            np.zeros((self.source.channels, min(BLOCK, behind - start)), np.float32)
            for start in range(0, behind, BLOCK)
        )
        for block in chained(self.source.blocks(READ), silence):
            output = self._play(block, stem.take(block.shape[1]) if stem else None, position)
            first = position - self.latency  # frame of the source that comes out first
            position += block.shape[1]
            output = output[:, max(-first, 0) :]
            first = max(first, 0)
            body = max(min(self.source.frames - first, output.shape[1]), 0)
            if body:
                yield output[:, :body]
            if body < output.shape[1]:
                yield from self._tail.take(output[:, body:])
            if first + output.shape[1] >= self.source.frames and self._tail.ended:
                return

    def _play(self, block: Audio, stem: Audio | None, position: int) -> Audio:
        parts = []
        for first, last, actions in self.score.pieces(position, block.shape[1]):
            for action in actions:
                self._act(action, first)
            piece = slice(first - position, last - position)
            parts += self._sound(block[:, piece], None if stem is None else stem[:, piece])
        output = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        if not np.isfinite(output.sum(dtype=np.float64)):
            playing = self.switches[-1].preset
            raise AudioError(
                f"{self.source.path}: preset {playing!r} put out something that is not a number near frame {position}: "
                "check its plugins"
            )
        return output

    def _sound(self, block: Audio, stem: Audio | None) -> Iterator[Audio]:
        """Play a piece; after a panic the slot comes back as soon as everything is silent."""
        start, frames = 0, block.shape[1]
        while start < frames:
            if self._cut and not self._switcher.sounding:
                self._cut = False
                self._switcher.switch(self._selected)
            end = min(start + CUT_STEP, frames) if self._cut else frames
            yield self._switcher.process(block[:, start:end], None if stem is None else stem[:, start:end])
            start = end

    @property
    def _selected(self) -> int:
        """The chain that plays, or would but for a panic."""
        return DRY if self._switched["bypass"] else self._shared[self.switches[-1].slot]

    def _act(self, action: Action, frame: int) -> None:
        match action:
            case SelectSlot(slot):
                if slot != self.switches[-1].slot:
                    self.switches.append(SwitchEvent(frame, slot, self._programme.presets[slot].name))
                self._switched["bypass"] = False
                self._bring_up()
            case SetLevel(name, level):
                self._switcher.set_level(name, level)
            case SetSwitch(name, on):
                self._switch(name, on=not self._switched[name] if on is None else on)
            case Panic():
                self._switcher.cut()
                self._cut = True
            case PlayMidi(message):
                self._send(message)
            case _ if frame > 0:
                for move in self._moves(action):
                    make = partial(self._chains[move.slot].set_parameter, move.target, move.value)
                    self._switcher.change(move.slot, move.target, make)
            case _:
                pass

    def _switch(self, name: str, *, on: bool) -> None:
        self._switched[name] = on
        if name == "bypass":
            self._bring_up()
        else:
            self._switcher.set_level(name, MIN_LEVEL_DB if on else 0.0)

    def _bring_up(self) -> None:
        if not self._cut:
            self._switcher.switch(self._selected)

    def _send(self, message: bytes) -> None:
        """Notes begin in the chain that plays; they end, and controllers move, in all."""
        playing = self._chains[self._shared[self.switches[-1].slot]]
        for chain in (playing,) if is_note_on(message) else self._chains.values():
            chain.send_midi(message)

    def _moves(self, action: Action) -> tuple[Move, ...]:
        return self._settings.moves(action) if isinstance(action, ParameterAction) else ()

    def _standing(self, slot: int, target: str) -> Standing | None:
        """How a parameter stands; None for a slot that never plays."""
        chain = self._chains.get(slot)
        if chain is None or target not in chain.chain.controls:
            return None
        return Standing(*chain.chain.parameter_range(target), chain.chain.get_parameter(target))


def _remarks(chains: Iterable[Chain], stem: AudioSource | None) -> Iterator[str]:
    listening = [chain.preset.name for chain in chains if chain.stem_listeners]
    if listening and stem is None:
        yield f"preset {listening[0]!r} has a side-chain that hears a stem, and none was given: it hears silence"
    elif stem is not None and not listening:
        yield f'{stem.path}: no side-chain hears it: say side_chain = "stem" on a node of the preset'


def _outputs(source: AudioSource, channels: int | None, *, stereo: bool) -> int:
    if source.channels > MOST_CHANNELS:
        raise AudioError(f"{source.path}: {source.channels} channels are too many: at most {MOST_CHANNELS}")
    if channels is None:
        return 2 if source.channels == 1 and stereo else source.channels
    if channels != source.channels and (source.channels, channels) != (1, 2):
        raise ParameterError(
            f"{source.path}: {source.channels} channels cannot become {channels}: only mono becomes stereo"
        )
    return channels
