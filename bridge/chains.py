"""From a preset to a running chain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pedalboard

from ..models.errors import AmpboardError, ParameterError, PresetError
from ..presets import Branch, Neural, Node, Parallel, Preset, Repair, check_preset
from ..presets.builtins import RANGES, suggestion
from ..presets.checks import BYPASS
from ..presets.key_lines import KeyPath
from ..presets.preset import LEVELS
from .chain_controls import SWITCH, ChainControl, attribute_control, plugin_controls
from .node_processors import make_processor
from .tails import LONGEST, tail_seconds

_GAIN_RANGE: Final = RANGES["gain_db"]


@dataclass
class Chain:
    """A preset made real.

    Attributes
    ----------
    board : pedalboard.Pedalboard
        What to process audio with: input level, the nodes, output level.
    nodes : mapping of str to pedalboard.Plugin
        The processor of each node by its identifier; a parallel node's is a `pedalboard.Mix`. These are the objects to
        use: indexing `board` may return another wrapper of the same plugin.
    controls : mapping of str to ChainControl
        Every number that can be moved while it plays, by target: ``amp.input_db``, ``reverb.bypass``,
        ``levels.output_db``.
    """

    board: pedalboard.Pedalboard
    nodes: Mapping[str, pedalboard.Plugin]
    controls: Mapping[str, ChainControl]
    _stages: Sequence["_Stage"] = field(repr=False)

    def set_parameter(self, target: str, value: float) -> None:
        """Set a parameter; heard from the next block on.

        Parameters
        ----------
        target : str
            ``node.parameter``; every node has ``bypass`` (0 or 1), the whole chain ``levels.input_db`` and
            ``levels.output_db``.
        value : float
            In the parameter's own unit.

        Raises
        ------
        ParameterError
            When there is no such target, or the value is out of its range or not finite.
        """
        control = self._control(target)
        control.write(control.check(target, value))

    def get_parameter(self, target: str) -> float:
        """Present value of a parameter; see `set_parameter`."""
        return self._control(target).read()

    def parameter_range(self, target: str) -> tuple[float, float]:
        """Smallest and largest value of a parameter; see `set_parameter`."""
        return self._control(target).range

    @property
    def tail_seconds(self) -> float:
        """Upper bound of the time the chain rings on after its input has ended, at its present settings."""
        return min(LONGEST, sum(stage.tail() for stage in self._stages))

    @property
    def latency(self) -> int:
        """Frames by which nodes that report a latency delay the sound, known once audio was processed.

        pedalboard compensates it inside a call; streaming with ``reset=False`` has to take it into account.
        """
        return sum(stage.latency() for stage in self._stages)

    def _control(self, target: str) -> ChainControl:
        if target not in self.controls:
            raise ParameterError(f"the chain has no parameter {target!r}: {suggestion(target, self.controls)}")
        return self.controls[target]


@dataclass(frozen=True)
class _Stage:
    """A processor in its place, with what a host asks of it."""

    plugin: pedalboard.Plugin
    tail: Callable[[], float]
    latency: Callable[[], int]


def build_chain(preset: Preset) -> Chain:
    """Make the chain of a preset.

    Plugins can only be made on the thread that made the first one: build chains on one thread, play them on any.

    Raises
    ------
    AmpboardError
        When a processor cannot be made, or a MIDI mapping does not fit it: file and field are named.
    """
    check_preset(preset)
    return _Builder(preset).build()


def build_board(preset: Preset) -> pedalboard.Pedalboard:
    """Make the chain of a preset and return its board; what `Preset.build` calls."""
    return build_chain(preset).board


class _Builder:
    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.nodes: dict[str, pedalboard.Plugin] = {}
        self.controls: dict[str, ChainControl] = {}

    def build(self) -> Chain:
        levels = self.preset.levels
        first, last = pedalboard.Gain(levels.input_db), pedalboard.Gain(levels.output_db)
        self.controls[f"{LEVELS}.input_db"] = attribute_control(first, "gain_db", _GAIN_RANGE)
        self.controls[f"{LEVELS}.output_db"] = attribute_control(last, "gain_db", _GAIN_RANGE)
        stages = self.chain(self.preset.chain, ("chain",))
        board = pedalboard.Pedalboard([first, *(stage.plugin for stage in stages), last])
        self.add_bypasses(self.preset.chain, ("chain",), stages, board, offset=1)
        self.check_mappings()
        return Chain(board, self.nodes, self.controls, stages)

    def chain(self, nodes: Sequence[Node], path: KeyPath) -> list[_Stage]:
        return [self.stage(node, (*path, index)) for index, node in enumerate(nodes)]

    def stage(self, node: Node, path: KeyPath) -> _Stage:
        name = self.preset.ids[path]
        if isinstance(node, Parallel):
            stage = self.parallel(node, path)
        else:
            plugin = self.processor(node, path)
            self.controls.update({f"{name}.{key}": control for key, control in plugin_controls(plugin).items()})
            stage = _Stage(plugin, lambda: tail_seconds(plugin), lambda: _latency(plugin))
        self.nodes[name] = stage.plugin
        return stage

    def processor(self, node: Node, path: KeyPath) -> pedalboard.Plugin:
        try:
            return make_processor(self.preset, node)
        except AmpboardError as error:
            raise type(error)(f"{self.preset.place(path)}: {error}") from error

    def parallel(self, node: Parallel, path: KeyPath) -> _Stage:
        branches = [self.branch(branch, (*path, "branches", index)) for index, branch in enumerate(node.branches)]
        return _Stage(
            pedalboard.Mix([branch.plugin for branch in branches]),
            lambda: max(branch.tail() for branch in branches),
            lambda: max(branch.latency() for branch in branches),
        )

    def branch(self, branch: Branch, path: KeyPath) -> _Stage:
        gain = pedalboard.Gain(branch.gain_db)
        self.controls[f"{self.preset.ids[path]}.gain_db"] = attribute_control(gain, "gain_db", _GAIN_RANGE)
        inside = (*path, "chain")
        stages = self.chain(branch.chain, inside)
        chain = pedalboard.Chain([*(stage.plugin for stage in stages), gain])
        self.add_bypasses(branch.chain, inside, stages, chain, offset=0)
        return _Stage(
            chain, lambda: sum(stage.tail() for stage in stages), lambda: sum(stage.latency() for stage in stages)
        )

    def add_bypasses(
        self,
        nodes: Sequence[Node],
        path: KeyPath,
        stages: Sequence[_Stage],
        container: Any,
        *,
        offset: int,
    ) -> None:
        for index, (node, stage) in enumerate(zip(nodes, stages, strict=True)):
            name = self.preset.ids[*path, index]
            if isinstance(node, Neural | Repair):
                bypass = self.dry_bypass(name)
            else:
                bypass = _swap_bypass(container, offset + index, stage.plugin)
            self.controls[f"{name}.{BYPASS}"] = bypass
            bypass.write(float(node.bypass))

    def dry_bypass(self, name: str) -> ChainControl:
        """Bypass of an amp or a repair by its own mix and level: smooth, and the dry signal keeps the amp's latency."""
        dry = {f"{name}.mix": 0.0, f"{name}.output_db": 0.0}
        targets = {target: value for target, value in dry.items() if target in self.controls}
        inner = {target: self.controls[target] for target in targets}
        kept: dict[str, float] = {}  # what the controls were set to, while bypassed

        def switch(value: float) -> None:
            if value >= 0.5 and not kept:
                kept.update({target: control.read() for target, control in inner.items()})
                for target, dry in targets.items():
                    inner[target].write(dry)
            elif value < 0.5 and kept:
                for target, control in inner.items():
                    control.write(kept[target])
                kept.clear()

        def shielded(target: str, control: ChainControl) -> ChainControl:
            def write(value: float) -> None:
                if kept:
                    kept[target] = value
                else:
                    control.write(value)

            return ChainControl(lambda: kept.get(target, control.read()), write, control.range)

        self.controls.update({target: shielded(target, control) for target, control in inner.items()})
        return ChainControl(lambda: float(bool(kept)), switch, SWITCH)

    def check_mappings(self) -> None:
        for index, mapping in enumerate(self.preset.midi):
            place = self.preset.place(("midi", index))
            if mapping.target not in self.controls:
                remedy = suggestion(mapping.target, self.controls)
                raise PresetError(f"{place}: the chain has no parameter {mapping.target!r}: {remedy}")
            control = self.controls[mapping.target]
            ends = mapping.ends(control.range)
            if mapping.curve == "logarithmic" and min(ends) <= 0.0:
                low, high = ends
                raise PresetError(f"{place}: a logarithmic curve from {low:g} to {high:g}: set both ends above 0")
            for value in ends:
                try:
                    control.check(mapping.target, value)
                except ParameterError as error:
                    raise PresetError(f"{place}: {error}") from None


def _swap_bypass(container: Any, index: int, plugin: pedalboard.Plugin) -> ChainControl:
    """Bypass by taking the plugin out of its container; it comes back at rest."""
    bypassed = False

    def switch(value: float) -> None:
        nonlocal bypassed
        if (value >= 0.5) == bypassed:
            return
        bypassed = not bypassed
        if not bypassed:
            plugin.reset()
        container[index] = pedalboard.Chain([]) if bypassed else plugin

    return ChainControl(lambda: float(bypassed), switch, SWITCH)


def _latency(plugin: pedalboard.Plugin) -> int:
    return int(plugin.reported_latency_samples) if isinstance(plugin, pedalboard.VST3Plugin) else 0
