"""A running chain as a preset: what was moved, switched and loaded since it was made is written down."""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pedalboard

from ...presets import Branch, Builtin, Lv2, Neural, Node, Parallel, Preset, Vst3
from ...presets.builtins import builtin_parameters
from ...presets.key_lines import KeyPath
from ...presets.preset import LEVELS
from ...presets.snapshots import BYPASS
from ..plugins.lv2 import Lv2Plugin
from ..plugins.lv2.bundles.vocabulary import last_part
from ..plugins.vst3.state import restore_state, saved_state
from .lv2_node_state import state_document
from .node_processors import make_processor

if TYPE_CHECKING:
    from .building import Chain

RawValues = Mapping[str, float]
"""Parameters of a VST3 plugin by name, 0 to 1, exact."""


@dataclass(frozen=True)
class Vst3Settings:
    """How a VST3 plugin stands: its state, and its parameters, which the state may not know until it has played."""

    state: bytes
    values: RawValues

    @classmethod
    def of(cls, plugin: pedalboard.VST3Plugin) -> "Vst3Settings":
        """Read them."""
        return cls(bytes(plugin.raw_state), _raw_values(plugin))


def preset_of(chain: "Chain") -> Preset:
    """The preset that makes a chain as it stands now; see `Chain.to_preset`."""
    return _Writer(chain).preset()


class _Writer:
    def __init__(self, chain: "Chain") -> None:
        self.chain = chain
        self.old = chain.preset

    def preset(self) -> Preset:
        levels = self.old.levels.model_copy(update=self.moved(LEVELS, ("input_db", "output_db")))
        nodes = tuple(self.node(node, ("chain", index)) for index, node in enumerate(self.old.chain))
        return self.old.with_chain(nodes, levels)

    def node(self, node: Node, path: KeyPath) -> Node:
        name = self.old.ids[path]
        plugin = self.chain.nodes[name]
        match node:
            case Parallel():
                branches = enumerate(node.branches)
                update = {"branches": tuple(self.branch(b, (*path, "branches", index)) for index, b in branches)}
            case Builtin():
                moved = self.moved(name, builtin_parameters(node.plugin))
                update = {"parameters": {**node.parameters, **moved, **_choices(node, plugin)}}
            case Vst3():
                update = self.vst3(node, plugin)
            case Lv2():
                update = self.lv2(node, plugin)
            case Neural():
                moved = self.moved(name)
                fields = {key: value for key, value in moved.items() if key in Neural.model_fields}
                knobs = {key: value for key, value in moved.items() if key not in fields}
                update = {**fields, "knobs": {**node.knobs, **knobs}}
            case _:
                update = self.moved(name)
        return node.model_copy(update={**update, **self.bypass(name)})

    def branch(self, branch: Branch, path: KeyPath) -> Branch:
        nodes = tuple(self.node(node, (*path, "chain", index)) for index, node in enumerate(branch.chain))
        return branch.model_copy(update={"chain": nodes, **self.moved(self.old.ids[path], ("gain_db",))})

    def bypass(self, name: str) -> dict[str, bool]:
        return {BYPASS: self.chain.get_parameter(f"{name}.{BYPASS}") >= 0.5}

    def moved(self, name: str, keys: Any = None) -> dict[str, Any]:
        """The numbers of a node that are not what they were when the chain was made."""
        start = f"{name}."
        found = [t.removeprefix(start) for t in self.chain.controls if t.startswith(start)] if keys is None else keys
        targets = {key: f"{start}{key}" for key in found if key != BYPASS}
        return {
            key: _as_written(self.chain, target)
            for key, target in targets.items()
            if target in self.chain.initial and self.chain.get_parameter(target) != self.chain.initial[target]
        }

    def vst3(self, node: Vst3, plugin: Any) -> dict[str, Any]:
        twin: Any = make_processor(self.old, node)
        present = Vst3Settings.of(plugin)
        if present == Vst3Settings.of(twin):
            return {}
        restore_state(twin, present.state)
        state = _whole_state(twin, present)
        return {"raw_state": base64.b64encode(state).decode(), "state_file": None, "parameters": {}}

    def lv2(self, node: Lv2, plugin: Any) -> dict[str, Any]:
        """What differs from a twin that was just made: controls by name, anything else as a whole state."""
        twin: Any = make_processor(self.old, node)
        before, present = twin.state, plugin.state
        moved = {s: _shortest(value) for s, value in present.controls.items() if value != before.controls[s]}
        parameters = {**node.parameters, **moved}
        document = state_document(plugin, present)
        if document["properties"] == state_document(twin, before)["properties"]:
            return {"parameters": parameters}
        document["controls"] = {s: v for s, v in document["controls"].items() if s not in parameters}
        kept = {name: file for name, file in node.files.items() if not _is_stored(plugin, name, document["properties"])}
        return {"state": document, "state_file": None, "preset": None, "files": kept, "parameters": parameters}


def _is_stored(plugin: Lv2Plugin, name: str, properties: Collection[str]) -> bool:
    """Whether a file a node names is in the plugin's state by now."""
    named = {p.uri for p in plugin.patch_parameters if name in (p.uri, p.name, last_part(p.uri))}
    return any(uri in properties for uri in (name, *named))


def _raw_values(plugin: pedalboard.VST3Plugin) -> RawValues:
    parameters: Mapping[str, Any] = plugin.parameters  # pyright: ignore[reportAttributeAccessIssue]
    return {name: float(parameter.raw_value) for name, parameter in parameters.items()}


def _whole_state(twin: pedalboard.VST3Plugin, wanted: Vst3Settings) -> bytes:
    """The state that holds what the plugin's own leaves out, found on a twin, since that takes a block of sound."""
    missing = {name: value for name, value in _raw_values(twin).items() if value != wanted.values[name]}
    if not missing:
        return wanted.state
    parameters: Mapping[str, Any] = twin.parameters  # pyright: ignore[reportAttributeAccessIssue]
    for name in missing:
        parameters[name].raw_value = wanted.values[name]
    return saved_state(twin)


def _choices(node: Builtin, plugin: Any) -> dict[str, str]:
    """What a builtin's enumerations stand at, where the preset says something else or nothing."""
    known = builtin_parameters(node.plugin)
    present = {key: getattr(plugin, key).name for key, parameter in known.items() if parameter.choices}
    return {key: value for key, value in present.items() if node.parameters.get(key, known[key].default) != value}


def _as_written(chain: "Chain", target: str) -> float:
    """A number as it was set, where nobody set it otherwise: reading it back may round."""
    value = chain.get_parameter(target)
    written, read_back = chain.written.get(target, (value, None))
    if read_back == value:
        return written
    return _shortest(value)


def _shortest(value: float) -> float:
    """A number that only is a 32-bit one with the fewest digits that say which."""
    return float(str(np.float32(value))) if np.float32(value) == value else value
