"""All chains of a show, built and ready, with the tables that name their controls and nodes by number."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pedalboard

from ...models.errors import AmpboardError, ParameterError
from ..audio import Audio
from ..chains import build_chain
from ..midi.messages import is_note_on
from ..plugins.entering import identity_of
from ..rendering.score import Programme
from ..streaming import StreamingChain
from ..switching import ChainSwitcher
from ..switching.dry_chain import DRY, DryChain
from .memory_use import resident_bytes

PluginPlace = tuple[str, str]
"""Where a foreign plugin comes from: location and plugin of its `PluginIdentity`."""


@dataclass(frozen=True)
class Layout:
    """How the engine's audio is cut: frames a second, frames a block, channels in and out."""

    sample_rate: int
    block: int
    channels: int
    outputs: int


@dataclass(frozen=True)
class SlotFacts:
    """What loading a slot's preset took.

    Attributes
    ----------
    slot : int
        Index in the setlist.
    preset : str
        Its name.
    seconds : float
        Time it took to build and prewarm; 0 where an earlier slot has the same preset.
    memory : int
        Bytes by which the process grew.
    """

    slot: int
    preset: str
    seconds: float
    memory: int


@dataclass(frozen=True)
class Control:
    """A number of a chain that can be moved: `index` in the table, the slot whose chain it is, its target and range."""

    index: int
    slot: int
    target: str
    low: float
    high: float
    value: float


class Rig:
    """The chains of a setlist or of one preset, made for a `Layout`.

    Parameters
    ----------
    programme : Programme
        What to play.
    layout : Layout
        How.
    initial : int
        The slot that plays first.
    excluded : sequence of (str, str)
        Plugins (location, plugin; see `PluginIdentity`) that are left out.

    Attributes
    ----------
    switcher : ChainSwitcher
        Plays the chains.
    shared : tuple of int
        For each slot, the first slot with the same preset: they share a chain.
    controls : tuple of Control
        Everything that can be moved.
    facts : tuple of SlotFacts
        What loading took.

    Raises
    ------
    AmpboardError
        When a preset cannot be made, or does not run at the sample rate: it is named.
    """

    def __init__(
        self,
        programme: Programme,
        layout: Layout,
        *,
        initial: int,
        excluded: Sequence[PluginPlace] = (),
    ) -> None:
        self.layout = layout
        self.shared = tuple(programme.first_of(slot) for slot in range(len(programme.presets)))
        if not 0 <= initial < len(self.shared):
            raise ParameterError(f"there is no slot {initial + 1}: use 1 to {len(self.shared)}")
        self._chains: dict[int, StreamingChain] = {}
        facts: list[SlotFacts] = []
        for slot, first in enumerate(self.shared):
            began, memory = time.perf_counter(), resident_bytes()
            if first == slot:
                self._chains[slot] = self._load(programme, slot)
                facts.append(
                    SlotFacts(
                        slot,
                        programme.presets[slot].name,
                        time.perf_counter() - began,
                        max(resident_bytes() - memory, 0),
                    )
                )
            else:
                facts.append(SlotFacts(slot, programme.presets[slot].name, 0.0, 0))
        self.facts = tuple(facts)
        self._switching = programme.switching
        self.begin(initial, excluded)
        self._targets = [(slot, target) for slot, stream in self._chains.items() for target in stream.chain.controls]
        self.controls = tuple(
            Control(index, slot, target, *self._range(slot, target), self._chains[slot].chain.get_parameter(target))
            for index, (slot, target) in enumerate(self._targets)
        )

    def begin(self, slot: int, excluded: Sequence[PluginPlace]) -> None:
        """Start with another slot, and without the plugins of `excluded`, from rest."""
        for chain in self._chains.values():
            if _remove(chain.chain.board, frozenset(excluded)):
                chain.refresh()
        for chain in self._chains.values():
            chain.reset()
        layout, switching = self.layout, self._switching
        dry = DryChain(layout.channels, layout.outputs)
        self.switcher = ChainSwitcher(
            {**self._chains, DRY: dry},
            sample_rate=layout.sample_rate,
            initial=self.shared[slot],
            fade=switching.fade_ms / 1000,
            spillover=switching.spillover,
            tail_limit=switching.tail_limit_s,
            history=0.0,
            step=layout.block,
        )

    def board(self, slot: int) -> pedalboard.Pedalboard:
        """The chain of a slot, for who plays it without the switcher."""
        return self._chains[self.shared[slot]].chain.board

    def send_midi(self, slot: int, message: bytes) -> None:
        """Hand a channel message to the plugins that take MIDI: notes begin in a slot's chain, all else is for all."""
        playing = self.shared[slot]
        for number in (playing,) if is_note_on(message) else self._chains:
            self.switcher.change(number, f"MIDI {message.hex()}", partial(self._chains[number].send_midi, message))

    def play(self, block: Audio) -> tuple[Audio, bool]:
        """Play a block; silence, and True, where a chain put out something that is not a number."""
        output = self.switcher.process(block)
        if np.isfinite(output.sum(dtype=np.float64)):
            return output, False
        return np.zeros_like(output), True

    def move(self, index: int, value: float) -> bool:
        """Set a control by its index in the table; False when it does not exist or the value is out of its range."""
        if not 0 <= index < len(self._targets):
            return False
        slot, target = self._targets[index]
        low, high = self._range(slot, target)
        if not low <= value <= high:
            return False
        self.switcher.change(slot, target, partial(self._chains[slot].set_parameter, target, value))
        return True

    def _range(self, slot: int, target: str) -> tuple[float, float]:
        return self._chains[slot].chain.parameter_range(target)

    def _load(self, programme: Programme, slot: int) -> StreamingChain:
        preset, layout = programme.presets[slot], self.layout
        try:
            return StreamingChain(
                build_chain(preset),
                sample_rate=layout.sample_rate,
                channels=layout.channels,
                outputs=layout.outputs,
                max_block=layout.block,
            )
        except AmpboardError as error:
            raise type(error)(f"preset {preset.name!r} at {layout.sample_rate} Hz: {error}") from error


def _remove(container: Any, excluded: frozenset[PluginPlace]) -> bool:
    """Take plugins out of a board, also where they stand in branches; whether there were any."""
    removed = False
    for index in range(len(container)):
        plugin = container[index]
        identity = identity_of(plugin)
        if identity and (identity.location, identity.plugin) in excluded:
            container[index] = pedalboard.Chain([])
            removed = True
        elif isinstance(plugin, pedalboard.PluginContainer):
            removed |= _remove(plugin, excluded)
    return removed
