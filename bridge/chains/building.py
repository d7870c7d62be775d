"""From a preset to a running chain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import pedalboard

from ...models.errors import AmpboardError, ParameterError, PluginError, PresetError
from ...presets import Branch, Lv2, Neural, Node, Parallel, Preset, Repair, check_preset
from ...presets.builtins import RANGES, suggestion
from ...presets.control import ControlMapping
from ...presets.key_lines import KeyPath
from ...presets.nodes import INPUT, STEM, PluginRecord
from ...presets.preset import LEVELS, channels_of, walk
from ...presets.snapshots import BYPASS
from ..midi.settings import synced_values
from ..native.running import RunningKernel
from ..native.side_chain import SideBus
from ..processors import Tap
from ..processors.kernel_plugin import KernelPlugin
from .bypasses import dry_bypass, own_bypass, swap_bypass
from .capture import preset_of
from .controls import ChainControl, attribute_control, enabling_control, plugin_controls
from .node_processors import make_processor
from .requirements import missing_plugin
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
    preset : Preset
        What it was made from.
    initial : mapping of str to float
        Controls by target as they stood when it was made, but for those of installed plugins.
    written : dict of str to (float, float)
        What `set_parameter` has set, and what could be read back.
    """

    board: pedalboard.Pedalboard
    nodes: Mapping[str, pedalboard.Plugin]
    controls: Mapping[str, ChainControl]
    preset: Preset
    initial: Mapping[str, float] = field(repr=False)
    _stages: Sequence["_Stage"] = field(repr=False)
    written: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False)

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
        number = control.check(target, value)
        control.write(number)
        self.written[target] = number, control.read()

    def get_parameter(self, target: str) -> float:
        """Present value of a parameter; see `set_parameter`."""
        return self._control(target).read()

    def parameter_range(self, target: str) -> tuple[float, float]:
        """Smallest and largest value of a parameter; see `set_parameter`."""
        return self._control(target).range

    def to_preset(self) -> Preset:
        """The preset that makes this chain as it stands now.

        What was moved, bypassed, or loaded into its plugins since it was made is written down: numbers as they were
        set, plugin states whole. What was not is said as before. The chain may play meanwhile.

        Returns
        -------
        Preset
            Files are named as before, relative to the same folder; `Preset.save` writes it.

        Raises
        ------
        AmpboardError
            When an installed plugin cannot be loaded once more: what has changed is found by comparing it with a twin.
            It needs the thread that made the chain.
        """
        return preset_of(self)

    @cached_property
    def midi_channels(self) -> Mapping[RunningKernel, range]:
        """The MIDI channels, 1 to 16, that its plugins listen to."""
        listening = {name: node.midi for name, node in self.preset.nodes.items() if isinstance(node, Lv2) and node.midi}
        return {_running(self.nodes[name]): channels_of(midi) for name, midi in listening.items()}

    @cached_property
    def stem_listeners(self) -> Sequence[RunningKernel]:
        """Plugins whose side-chain hears a stem of the render."""
        nodes = self.preset.nodes.items()
        return [_running(self.nodes[name]) for name, n in nodes if isinstance(n, Lv2) and n.side_chain == STEM]

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
    """A processor in its place, with what a host asks of it.

    `tap` follows it and lets a side-chain hear it.
    """

    plugin: pedalboard.Plugin
    tail: Callable[[], float]
    latency: Callable[[], int]
    tap: pedalboard.Plugin | None = None

    @property
    def plugins(self) -> list[pedalboard.Plugin]:
        return [self.plugin] if self.tap is None else [self.plugin, self.tap]


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
        heard = {item.side_chain for _, item in walk(preset.chain) if isinstance(item, Lv2)}
        self.buses = {source: SideBus(source) for source in heard if source not in (None, STEM)}

    def build(self) -> Chain:
        levels = self.preset.levels
        first, last = pedalboard.Gain(levels.input_db), pedalboard.Gain(levels.output_db)
        self.controls[f"{LEVELS}.input_db"] = attribute_control(first, "gain_db", _GAIN_RANGE)
        self.controls[f"{LEVELS}.output_db"] = attribute_control(last, "gain_db", _GAIN_RANGE)
        front = [first, Tap(self.buses[INPUT])] if INPUT in self.buses else [first]
        stages = self.chain(self.preset.chain, ("chain",))
        board = pedalboard.Pedalboard([*front, *_plugins(stages), last])
        self.add_bypasses(self.preset.chain, ("chain",), stages, board, offset=len(front))
        self.check_controls()
        foreign = {name for name, node in self.preset.nodes.items() if isinstance(node, PluginRecord)}
        return Chain(
            board,
            self.nodes,
            self.controls,
            self.preset,
            initial={t: c.read() for t, c in self.controls.items() if t.partition(".")[0] not in foreign},
            _stages=stages,
        )

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
            if isinstance(node, Lv2):
                self.check_listening(node, _running(plugin), path)
                if node.side_chain in self.buses:
                    _running(plugin).side_chain = self.buses[node.side_chain]
        self.nodes[name] = stage.plugin
        return replace(stage, tap=Tap(self.buses[name])) if name in self.buses else stage

    def processor(self, node: Node, path: KeyPath) -> pedalboard.Plugin:
        try:
            return make_processor(self.preset, node)
        except AmpboardError as error:
            missing = missing_plugin(node) if isinstance(error, PluginError) else None
            raise type(error)(f"{self.preset.place(path)}: {missing or error}") from error

    def check_listening(self, node: Lv2, running: RunningKernel, path: KeyPath) -> None:
        kernel = running.kernel
        if node.midi and not kernel.addresses.event:
            raise PresetError(f"{self.preset.place((*path, 'midi'))}: {kernel.name} takes no MIDI: leave it out")
        if node.side_chain and not kernel.side_inputs:
            place = self.preset.place((*path, "side_chain"))
            raise PresetError(f"{place}: {kernel.name} hears no side-chain: leave it out")

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
        chain = pedalboard.Chain([*_plugins(stages), gain])
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
        position = offset
        for index, (node, stage) in enumerate(zip(nodes, stages, strict=True)):
            name = self.preset.ids[*path, index]
            if isinstance(node, Neural):
                bypass = dry_bypass(self.controls, {f"{name}.mix": 0.0, f"{name}.output_db": 0.0})
            elif isinstance(node, Repair):
                bypass = dry_bypass(self.controls, {f"{name}.mix": 0.0})
            elif enabled := enabling_control(stage.plugin):
                bypass = own_bypass(enabled)
            else:
                bypass = swap_bypass(container, position, stage.plugin)
            self.controls[f"{name}.{BYPASS}"] = bypass
            if node.bypass:
                bypass.write(1.0)
            position += len(stage.plugins)

    def check_controls(self) -> None:
        """Mappings, snapshots and synchronised parameters must fit the chain; the latter follow the preset's tempo."""
        for index, mapping in enumerate(self.preset.midi):
            if not mapping.is_command:
                self.check_mapping(self.preset.place(("midi", index)), mapping)
        for index, snapshot in enumerate(self.preset.snapshots):
            for target, value in snapshot.values.items():
                place = self.preset.place(("snapshots", index, "values", target))
                self.check_value(place, self.control(place, target), target, float(value))
        for target in self.preset.sync:
            self.control(self.preset.place(("sync", target)), target)
        if self.preset.tempo is not None:
            limits = {target: self.controls[target].range for target in self.preset.sync}
            for target, value in synced_values(self.preset.sync, self.preset.tempo, limits).items():
                self.controls[target].write(value)

    def check_mapping(self, place: str, mapping: ControlMapping) -> None:
        control = self.control(place, mapping.target)
        ends = mapping.ends(control.range)
        if mapping.curve == "logarithmic" and min(ends) <= 0.0:
            low, high = ends
            raise PresetError(f"{place}: a logarithmic curve from {low:g} to {high:g}: set both ends above 0")
        for value in ends:
            self.check_value(place, control, mapping.target, value)

    def control(self, place: str, target: str) -> ChainControl:
        if target not in self.controls:
            remedy = suggestion(target, self.controls)
            raise PresetError(f"{place}: the chain has no parameter {target!r}: {remedy}")
        return self.controls[target]

    @staticmethod
    def check_value(place: str, control: ChainControl, target: str, value: float) -> None:
        try:
            control.check(target, value)
        except ParameterError as error:
            raise PresetError(f"{place}: {error}") from None


def _plugins(stages: Sequence[_Stage]) -> list[pedalboard.Plugin]:
    return [plugin for stage in stages for plugin in stage.plugins]


def _running(plugin: pedalboard.Plugin) -> RunningKernel:
    running = KernelPlugin.identify(plugin)
    if running is None:
        raise ParameterError(f"{plugin}: neither a side-chain nor MIDI can be led to it: use an LV2 plugin")
    return running


def _latency(plugin: pedalboard.Plugin) -> int:
    return int(plugin.reported_latency_samples) if isinstance(plugin, pedalboard.VST3Plugin) else 0
