"""What a preset must hold beyond its schema: processors that exist, files that are there, mappings that hit."""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Final

from .builtins import builtin_parameters, plugin_problem, suggestion
from .control_checks import control_problems
from .document import Problem
from .key_lines import KeyPath
from .lv2_state import SUFFIXES
from .nodes import (
    INPUT,
    SIDE_CHAIN_SOURCES,
    STEM,
    Branch,
    Builtin,
    Cabinet,
    Lv2,
    Neural,
    Node,
    Parallel,
    Repair,
    Vst3,
)
from .preset import LEVELS, Preset, named_files, walk

MAX_NODES: Final = 256
MAX_PARALLEL_DEPTH: Final = 8


def content_hash(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits, as presets keep it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def preset_problems(preset: Preset) -> Generator[Problem]:
    """Everything that is wrong with a preset, with its place."""
    items = tuple(walk(preset.chain))
    if len(items) > MAX_NODES:
        yield Problem(("chain",), f"{len(items)} nodes and branches: use at most {MAX_NODES}")
        return
    yield from _depth_problems(items)
    yield from _identifier_problems(items)
    for path, item in items:
        if isinstance(item, Builtin):
            yield from _builtin_problems(path, item)
        elif isinstance(item, Neural):
            for name in sorted(item.knobs.keys() & Neural.model_fields.keys()):
                yield Problem((*path, "knobs", name), f"{name} is no knob of the model: set it on the node itself")
        elif isinstance(item, Vst3):
            yield from _raw_state_problems(path, item)
        elif isinstance(item, Lv2):
            yield from _lv2_state_problems(path, item)
            yield from _side_chain_problems(preset, path, item)
        if not isinstance(item, Branch):
            yield from _file_problems(preset, path, item)
    yield from control_problems(preset)


def _depth_problems(items: Iterable[tuple[KeyPath, Node | Branch]]) -> Generator[Problem]:
    for path, item in items:
        if isinstance(item, Parallel) and path.count("branches") >= MAX_PARALLEL_DEPTH:
            yield Problem(path, f"parallel nodes are nested more than {MAX_PARALLEL_DEPTH} deep: flatten the branches")


def _identifier_problems(items: Iterable[tuple[KeyPath, Node | Branch]]) -> Generator[Problem]:
    counts = Counter(item.id for _, item in items if item.id)
    seen: set[str] = set()
    for path, item in items:
        if item.id == LEVELS:
            yield Problem((*path, "id"), f"{LEVELS!r} is the name of the preset's own levels: use another")
        elif item.id and counts[item.id] > 1 and item.id in seen:
            yield Problem((*path, "id"), f"{item.id!r} is taken by an earlier node: use another")
        seen.add(item.id or "")


def _builtin_problems(path: KeyPath, node: Builtin) -> Generator[Problem]:
    if problem := plugin_problem(node.plugin):
        yield Problem((*path, "plugin"), problem)
        return
    known = builtin_parameters(node.plugin)
    for name, value in node.parameters.items():
        place = (*path, "parameters", name)
        if name not in known:
            yield Problem(place, f"{node.plugin} has no such parameter: {suggestion(name, known)}")
        elif problem := known[name].problem(value):
            yield Problem(place, problem)


def _raw_state_problems(path: KeyPath, node: Vst3) -> Generator[Problem]:
    if node.raw_state is None:
        return
    if node.state_file is not None:
        yield Problem((*path, "state_file"), "the node has a raw_state too: keep one of them")
    try:
        base64.b64decode(node.raw_state)
    except binascii.Error:
        yield Problem((*path, "raw_state"), "not base64: copy the whole state, or keep it in a state_file")


def _lv2_state_problems(path: KeyPath, node: Lv2) -> Generator[Problem]:
    if node.state_file is None:
        return
    if node.state is not None:
        yield Problem((*path, "state_file"), "the node has a state too: keep one of them")
    if Path(node.state_file).suffix not in SUFFIXES:
        yield Problem((*path, "state_file"), f"{node.state_file!r} is neither TOML nor JSON: use .toml or .json")


def _side_chain_problems(preset: Preset, path: KeyPath, node: Lv2) -> Generator[Problem]:
    """A side-chain hears what sounded before: no later node, and none that the node itself is a part of."""
    source = node.side_chain
    if source is None:
        return
    place = (*path, "side_chain")
    places = {preset.ids[other]: other for other, item in walk(preset.chain) if not isinstance(item, Branch)}
    if source in SIDE_CHAIN_SOURCES:
        if source in places:
            yield Problem(place, f"{source!r} means {SIDE_CHAIN_SOURCES[source]}: give the node another id")
        return
    order = [name for name, other in places.items() if path[: len(other)] != other]
    earlier = [name for name in order if places[name] < path]
    if source not in places:
        known = dict.fromkeys((*earlier, INPUT, STEM))
        yield Problem(place, f"no node is called {source!r}: {suggestion(source, known)}")
    elif source not in earlier:
        yield Problem(place, f"{source!r} does not sound before this node: use {', '.join((*earlier, INPUT, STEM))}")


def _file_problems(preset: Preset, path: KeyPath, node: Node) -> Generator[Problem]:
    for place, name in named_files(node):
        file = preset.resolve(name)
        if not file.is_file():
            yield Problem((*path, *place), f"there is no file {str(file)!r}: correct the path (relative to the preset)")
        elif isinstance(node, (Neural, Cabinet, Repair)) and node.sha256:
            yield from _hash_problems(path, str(place[0]), file, node.sha256)


def _hash_problems(path: KeyPath, field: str, file: Path, expected: str) -> Generator[Problem]:
    try:
        found = content_hash(file)
    except OSError as error:
        yield Problem((*path, field), f"{str(file)!r} cannot be read: {error.strerror}")
        return
    if found != expected:
        yield Problem(
            (*path, "sha256"),
            f"{file.name} is not the file this preset was made with: put that one back, or set sha256 to {found}",
        )
