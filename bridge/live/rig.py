"""All chains of a show, built and ready, with the tables that name their controls and nodes by number."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import pedalboard

from ...models.errors import AmpboardError, ParameterError

from ..audio import Audio
from ..chains import build_chain
from ..processors.kernel_plugin import KernelPlugin
from ..rendering.score import Programme
from ..streaming import StreamingChain
from ..streaming.board import BYPASS
from ..switching import ChainSwitcher
from .memory_use import resident_bytes

DRY: Final = -1
"""The slot of the dry signal."""


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


@dataclass(frozen=True)
class NodeName:
    """A node of a chain, as a crash would name it."""

    slot: int
    node: str
    kind: str


@dataclass
class NodeTable:
    """Numbers the nodes, so that a word of shared memory can tell which is being called.

    Foreign plugins are called one by one, others together.
    """

    word: memoryview
    place: int
    names: list[NodeName] = field(default_factory=list)
    _nodes: dict[int, tuple[int, str]] = field(default_factory=dict)

    def add(self, slot: int, nodes: Mapping[str, pedalboard.Plugin]) -> None:
        """Know the nodes of a chain, before it is made a stream."""
        self._nodes = {id(plugin): (slot, name) for name, plugin in nodes.items()}

    def alone(self, plugin: pedalboard.Plugin) -> bool:
        """See `Watch`."""
        return isinstance(plugin, pedalboard.VST3Plugin) and not _own(plugin)

    def number(self, plugins: Sequence[pedalboard.Plugin]) -> int:
        """See `Watch`."""
        known = [self._nodes[id(plugin)] for plugin in plugins if id(plugin) in self._nodes]
        kind = "foreign" if any(self.alone(plugin) for plugin in plugins) else "own"
        slot = known[0][0] if known else 0
        self.names.append(NodeName(slot, ", ".join(name for _, name in known), kind))
        return len(self.names)

    def enter(self, number: int) -> None:
        """See `Watch`."""
        self.word[self.place] = number


def _own(plugin: pedalboard.Plugin) -> bool:
    running = KernelPlugin.identify(plugin)
    return running is not None


class DryChain:
    """The signal as it is, on as many outputs as the chains have."""

    latency = 0
    quiet_time = 0.0
    tail_seconds = 0.0

    def __init__(self, channels: int, outputs: int) -> None:
        self.channels = channels
        self.outputs = outputs

    def process(self, block: Audio) -> Audio:
        """Return the block, one channel spread to all outputs."""
        return block if self.channels == self.outputs else np.repeat(block, self.outputs, axis=0)

    def resetting(self) -> "Sequence[None]":
        """Nothing is remembered."""
        return ()


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
    excluded : sequence of (int, str)
        Nodes (slot, identifier) that are left out, bypassed from the start.
    watch : NodeTable, optional
        Told which nodes are being called.

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
        excluded: Sequence[tuple[int, str]] = (),
        watch: NodeTable | None = None,
    ) -> None:
        self.layout = layout
        self.shared = tuple(programme.first_of(slot) for slot in range(len(programme.presets)))
        if not 0 <= initial < len(self.shared):
            raise ParameterError(f"there is no slot {initial}: use 0 to {len(self.shared) - 1}")
        self._chains: dict[int, StreamingChain] = {}
        facts: list[SlotFacts] = []
        for slot, first in enumerate(self.shared):
            began, memory = time.perf_counter(), resident_bytes()
            if first == slot:
                self._chains[slot] = self._load(programme, slot, excluded, watch)
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
        self.begin(initial, ())
        self._targets = [(slot, target) for slot, stream in self._chains.items() for target in stream.chain.controls]
        self.controls = tuple(
            Control(index, slot, target, *self._range(slot, target), self._chains[slot].chain.get_parameter(target))
            for index, (slot, target) in enumerate(self._targets)
        )

    def begin(self, slot: int, excluded: Sequence[tuple[int, str]]) -> None:
        """Start with another slot, and without the nodes of `excluded`, from rest."""
        for other, node in excluded:
            self._chains[other].set_parameter(f"{node}{BYPASS}", 1.0)
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

    def _load(
        self, programme: Programme, slot: int, excluded: Sequence[tuple[int, str]], watch: NodeTable | None
    ) -> StreamingChain:
        preset, layout = programme.presets[slot], self.layout
        chain = build_chain(preset)
        for other, node in excluded:
            if other == slot:
                chain.set_parameter(f"{node}{BYPASS}", 1.0)
        if watch:
            watch.add(slot, chain.nodes)
        try:
            return StreamingChain(
                chain,
                sample_rate=layout.sample_rate,
                channels=layout.channels,
                outputs=layout.outputs,
                max_block=layout.block,
                watch=watch,
            )
        except AmpboardError as error:
            raise type(error)(f"preset {preset.name!r} at {layout.sample_rate} Hz: {error}") from error
