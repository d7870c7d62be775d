"""What moves a preset while it plays must fit it: MIDI mappings, snapshots, parameters that follow the tempo."""

import math
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from typing import Final

from .builtins import BuiltinParameter, builtin_parameters, plugin_problem, suggestion
from .control import ControlMapping
from .document import Problem
from .key_lines import KeyPath
from .midi_sources import BANK_SELECT, COMMANDS
from .nodes import Branch, Builtin, Cabinet, Node, Parallel, Repair, Tone
from .preset import LEVELS, Preset, walk
from .snapshots import BYPASS, find_snapshot
from .tempo import NoteValue

# Parameters that can be moved, for the kinds of nodes whose parameters the file alone determines.
_FIXED_PARAMETERS: Final[dict[type, tuple[str, ...]]] = {
    Branch: ("gain_db",),
    Cabinet: (BYPASS, "output_db"),
    Parallel: (BYPASS,),
    Repair: (BYPASS, "mix", "threshold", "denoise"),
    Tone: (BYPASS, "bass", "mid", "treble"),
}
_LEVEL_PARAMETERS: Final = ("input_db", "output_db")

_FOR_PARAMETERS: Final = ("minimum", "maximum", "pickup")
"""Fields that mean nothing to a command."""

Items = Mapping[str, Node | Branch]


def control_problems(preset: Preset) -> Generator[Problem]:
    """Everything that is wrong with a preset's mappings, snapshots and synchronised parameters."""
    items = _items(preset)
    for index, mapping in enumerate(preset.midi):
        yield from _mapping_problems(preset, items, ("midi", index), mapping)
    yield from _snapshot_problems(preset, items)
    yield from _sync_problems(preset, items)


def setlist_mapping_problems(presets: Sequence[Preset], path: KeyPath, mapping: ControlMapping) -> Generator[Problem]:
    """What is wrong with a mapping that holds for all presets of a setlist: it has to fit one of them at least."""
    found = [list(_mapping_problems(preset, _items(preset), path, mapping)) for preset in presets]
    if all(found):
        yield from min(found, key=lambda problems: problems[0].path[-1] == "target")


def has_node(preset: Preset, target: str) -> bool:
    """Whether the node or branch of a target is in a preset."""
    node = target.partition(".")[0]
    return node == LEVELS or node in preset.ids.values()


def _items(preset: Preset) -> Items:
    return {preset.ids[place]: item for place, item in walk(preset.chain)}


def _mapping_problems(preset: Preset, items: Items, path: KeyPath, mapping: ControlMapping) -> Generator[Problem]:
    if mapping.source.field in ("cc", "cc14") and mapping.number in BANK_SELECT:
        yield Problem((*path, mapping.source.field), f"{mapping.title} selects banks: use another control")
    if mapping.pickup and mapping.switching:
        yield Problem((*path, "pickup"), "a switch has no position to pick up: leave pickup or mode out")
    if mapping.is_command:
        yield from _command_problems(preset, path, mapping)
        return
    if mapping.name is not None:
        yield Problem((*path, "name"), 'names a snapshot: say target = "snapshot"')
    if problem := _target_problem(items, mapping.target):
        yield Problem((*path, "target"), problem)
        return
    builtin = _builtin_of(items, mapping.target)
    for field in ("minimum", "maximum"):
        value = getattr(mapping, field)
        if builtin and builtin.range and value is not None and (problem := builtin.problem(value)):
            yield Problem((*path, field), problem)
    if mapping.curve == "logarithmic":
        low, high = mapping.ends((builtin and builtin.range) or (math.nan, math.nan))
        if low <= 0.0 or high <= 0.0:
            yield Problem((*path, "curve"), f"a logarithmic curve from {low:g} to {high:g}: set both ends above 0")


def _command_problems(preset: Preset, path: KeyPath, mapping: ControlMapping) -> Generator[Problem]:
    command = COMMANDS.get(mapping.target)
    if command is None:
        remedy = suggestion(mapping.target, COMMANDS)
        yield Problem((*path, "target"), f"{mapping.target!r} is neither node.parameter nor a command: {remedy}")
        return
    for field in _FOR_PARAMETERS:
        if getattr(mapping, field) not in (None, False):
            yield Problem((*path, field), f"means nothing to {mapping.target}: leave it out")
    if command.takes == "position" and mapping.switching:
        yield Problem((*path, "target"), f"{mapping.target} takes a pedal or knob, not a switch")
    if mapping.name is None:
        if mapping.target == "snapshot" and mapping.source.mode:
            yield Problem((*path, "target"), f"{mapping.title} says no number: name the snapshot with name")
        return
    if mapping.target != "snapshot":
        yield Problem((*path, "name"), 'names a snapshot: say target = "snapshot"')
    elif find_snapshot(preset.snapshots, mapping.name) is None:
        remedy = suggestion(mapping.name, dict.fromkeys(snapshot.name for snapshot in preset.snapshots))
        yield Problem((*path, "name"), f"no snapshot is called {mapping.name!r}: {remedy}")


def _snapshot_problems(preset: Preset, items: Items) -> Generator[Problem]:
    names = Counter(snapshot.name for snapshot in preset.snapshots)
    seen: set[str] = set()
    for index, snapshot in enumerate(preset.snapshots):
        path: KeyPath = ("snapshots", index)
        if names[snapshot.name] > 1 and snapshot.name in seen:
            yield Problem((*path, "name"), f"an earlier snapshot is called {snapshot.name!r} too: use another name")
        seen.add(snapshot.name)
        for target, value in snapshot.values.items():
            place = (*path, "values", target)
            if problem := _target_problem(items, target):
                yield Problem(place, problem)
            elif target in preset.sync:
                yield Problem(place, "follows the tempo (sync): leave it out of the snapshots")
            elif problem := _value_problem(items, target, value):
                yield Problem(place, problem)
        for field in ("bypass", "on"):
            for number, node in enumerate(getattr(snapshot, field)):
                place = (*path, field, number)
                if problem := _target_problem(items, f"{node}.{BYPASS}"):
                    yield Problem(place, problem)
                elif field == "on" and node in snapshot.bypass:
                    yield Problem(place, f"{node!r} is under bypass too: keep one of them")
                elif f"{node}.{BYPASS}" in snapshot.values:
                    yield Problem(place, f"{node}.{BYPASS} is under values too: keep one of them")


def _sync_problems(preset: Preset, items: Items) -> Generator[Problem]:
    for target, text in preset.sync.items():
        path = ("sync", target)
        if problem := _target_problem(items, target):
            yield Problem(path, problem)
        elif NoteValue.parse(text).unit_of(target) is None:
            yield Problem(path, f"the unit of {target} is not known: say it, as in {text + ' ms'!r} (s, ms, Hz, bpm)")


def _target_problem(items: Items, target: str) -> str | None:
    """What is wrong with ``node.parameter``; None where only the plugin or the model knows, too."""
    node, _, parameter = target.partition(".")
    if node not in items and node != LEVELS:
        return f"no node is called {node!r}: {suggestion(node, {**items, LEVELS: None})}"
    names = _parameter_names(items.get(node))
    if names is not None and parameter not in names:
        return f"{node!r} has no parameter {parameter!r}: {suggestion(parameter, dict.fromkeys(names))}"
    builtin = _builtin_of(items, target)
    if builtin and builtin.choices:
        return f"{parameter} is a choice, not a number: it cannot be moved"
    return None


def _value_problem(items: Items, target: str, value: float | bool) -> str | None:
    builtin = _builtin_of(items, target)
    if builtin:
        return builtin.problem(value)
    if target.endswith(f".{BYPASS}") and value not in (False, True):
        return f"{value:g} is not a switch: use true or false"
    return None


def _builtin_of(items: Items, target: str) -> BuiltinParameter | None:
    node, _, parameter = target.partition(".")
    item = items.get(node)
    if isinstance(item, Builtin) and not plugin_problem(item.plugin):
        return builtin_parameters(item.plugin).get(parameter)
    return None


def _parameter_names(item: Node | Branch | None) -> tuple[str, ...] | None:
    """Names a target may use; None where only the plugin or the model knows."""
    if item is None:
        return _LEVEL_PARAMETERS
    if isinstance(item, Builtin):
        return None if plugin_problem(item.plugin) else (BYPASS, *builtin_parameters(item.plugin))
    return _FIXED_PARAMETERS.get(type(item))
