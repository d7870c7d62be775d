"""A preset: a chain of processors with levels, MIDI mappings and metadata."""

import os
from collections.abc import Generator, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, PrivateAttr

from ..models.errors import PresetError
from .control import ControlMapping
from .document import TomlDocument
from .key_lines import KeyPath, field_name
from .nodes import Branch, Builtin, Decibels, Lv2, Node, Parallel, PluginRecord, Record
from .snapshots import Snapshot
from .tempo import NoteValueText, Tempo

if TYPE_CHECKING:
    from pedalboard import Pedalboard

BUILDERS: Final = "ampboard.chain_builders"
LEVELS: Final = "levels"
PATH_FIELDS: Final = ("model", "impulse_response", "state_file")

_DEFAULT_IDS: Final = {"neural": "amp"}

Text = Annotated[str, Field(max_length=4096)]


class Levels(Record):
    """Gain in front of and behind the whole chain."""

    input_db: Decibels = Field(default=0.0, description="Gain in front of the chain in dB.")
    output_db: Decibels = Field(default=0.0, description="Gain behind the chain in dB.")


class Preset(Record):
    """A sound: what a preset file says.

    Two presets are equal when they say the same, wherever they lie.

    Attributes
    ----------
    chain : tuple of Node
        The nodes, in the order the signal passes them.
    path : Path or None
        The file it was read from; relative paths inside are relative to its folder.
    """

    version: Literal[1] = Field(alias="schema", description="Version of the preset format.")
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
    description: Text = ""
    author: Text = ""
    licence: Text = ""
    tags: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    levels: Levels = Levels()
    chain: Annotated[tuple[Node, ...], Field(strict=False, min_length=1)]
    midi: Annotated[tuple[ControlMapping, ...], Field(strict=False, max_length=1024)] = ()
    snapshots: Annotated[tuple[Snapshot, ...], Field(strict=False, max_length=128)] = ()
    tempo: Tempo | None = Field(default=None, description="Quarter notes a minute, until a tap or a clock says more.")
    sync: dict[str, NoteValueText] = Field(
        default_factory=dict,
        description='Parameters that follow the tempo: "delay.delay_seconds" = "1/8 dotted".',
    )

    _path: Path | None = PrivateAttr(None)
    _document: TomlDocument | None = PrivateAttr(None)

    def __eq__(self, other: object) -> bool:
        fields = type(self).model_fields
        return isinstance(other, Preset) and all(getattr(self, name) == getattr(other, name) for name in fields)

    __hash__ = Record.__hash__

    @property
    def path(self) -> Path | None:
        """The file it was read from, if any."""
        return self._path

    @cached_property
    def ids(self) -> Mapping[KeyPath, str]:
        """Identifiers of all nodes and branches by their place in the file; see `names`."""
        return MappingProxyType(_identifiers(self.chain))

    @property
    def nodes(self) -> Mapping[str, Node]:
        """All nodes, those inside branches too, by identifier, in the order of the file."""
        return MappingProxyType(
            {self.ids[path]: item for path, item in walk(self.chain) if not isinstance(item, Branch)}
        )

    def place(self, path: KeyPath) -> str:
        """File, line and field of a part of the preset, for a message; without a file, its name and the field."""
        field = field_name(path)
        if self._document is None:
            return f"{self._path or self.name}: {field}"
        return f"{self._document.path}:{self._document.line(path)}: {field}"

    def resolve(self, name: str) -> Path:
        """Absolute path of a file the preset names: relative to the preset's folder, else to the current one."""
        folder = self._path.parent if self._path else Path()
        return Path(os.path.abspath(folder / name))  # noqa: PTH100 - links are kept as they are

    def build(self) -> "Pedalboard":
        """Make the chain, ready to play.

        Returns
        -------
        pedalboard.Pedalboard

        Raises
        ------
        AmpboardError
            When a part of it cannot be made: the message names it.
        """
        builders = tuple(entry_points(group=BUILDERS, name="pedalboard"))
        if not builders:
            raise PresetError(f"nothing here builds chains (entry point group {BUILDERS!r}): install ampboard")
        return builders[0].load()(self)

    def with_chain(self, chain: tuple[Node, ...], levels: Levels) -> "Preset":
        """A preset whose nodes are set otherwise, finding the same files; the same one when nothing differs."""
        if (chain, levels) == (self.chain, self.levels):
            return self
        preset = self.model_copy(update={"chain": chain, "levels": levels})
        preset._document = None  # its lines are those of the old chain
        return preset

    @property
    def packages(self) -> Mapping[str, tuple[str, ...]]:
        """What has to be installed, as far as the preset says: identifiers of the nodes that need it, by package."""
        needed: dict[str, tuple[str, ...]] = {}
        for name, node in self.nodes.items():
            if isinstance(node, PluginRecord) and node.package:
                needed[node.package] = (*needed.get(node.package, ()), name)
        return MappingProxyType(needed)

    @property
    def midi_channels(self) -> frozenset[int]:
        """The MIDI channels, 1 to 16, that its plugins listen to."""
        listening = [node.midi for node in self.nodes.values() if isinstance(node, Lv2)]
        return frozenset().union(*map(channels_of, listening))

    def save(self, path: str | Path) -> None:
        """Write the preset to a TOML file, whole or not at all; this object stays as it is, to be saved again anywhere.

        Paths inside are rewritten so that they point to the same files from there. Plugin states of more than 4 KiB
        are written beside it, into a folder called as the file with ``.states`` for its suffix.

        Parameters
        ----------
        path : str or Path
            File to write; an existing one is replaced.
        """
        from .saving import write_preset

        write_preset(self, Path(path))


def channels_of(midi: int | bool) -> range:
    """The channels that `Lv2.midi` stands for."""
    if isinstance(midi, bool):
        return range(1, 17 if midi else 1)
    return range(midi, midi + 1)


def named_files(node: Node) -> Generator[tuple[KeyPath, str]]:
    """The files a node names, with their places inside it."""
    for field in PATH_FIELDS:
        if (name := getattr(node, field, None)) is not None:
            yield (field,), name
    if isinstance(node, Lv2):
        for parameter, name in node.files.items():
            yield ("files", parameter), name


def walk(chain: tuple[Node, ...], path: KeyPath = ("chain",)) -> Generator[tuple[KeyPath, Node | Branch]]:
    """All nodes and branches of a chain with their places in the file, outer before inner."""
    for index, node in enumerate(chain):
        place = (*path, index)
        yield place, node
        if isinstance(node, Parallel):
            for number, branch in enumerate(node.branches):
                inside = (*place, "branches", number)
                yield inside, branch
                yield from walk(branch.chain, (*inside, "chain"))


def _identifiers(chain: tuple[Node, ...]) -> dict[KeyPath, str]:
    """Given identifiers, and for the others their kind, numbered from the second on: amp, amp-2, reverb, ..."""
    items = tuple(walk(chain))
    taken = {item.id for _, item in items if item.id} | {LEVELS}
    names: dict[KeyPath, str] = {}
    for path, item in items:
        name = item.id
        if name is None:
            base = _kind(item)
            name = next(
                candidate
                for candidate in (base, *(f"{base}-{n}" for n in range(2, len(items) + 3)))
                if candidate not in taken
            )
            taken.add(name)
        names[path] = name
    return names


def _kind(item: Node | Branch) -> str:
    if isinstance(item, Branch):
        return "branch"
    if isinstance(item, Builtin):
        return _hyphenated(item.plugin)
    return _DEFAULT_IDS.get(item.type, item.type)


def _hyphenated(class_name: str) -> str:
    """NoiseGate becomes noise-gate, MP3Compressor mp3-compressor."""
    words = "".join(
        f"-{c}" if c.isupper() and i and (not class_name[i - 1].isupper() or class_name[i + 1 : i + 2].islower()) else c
        for i, c in enumerate(class_name)
    )
    return words.lower()
