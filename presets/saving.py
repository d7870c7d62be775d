"""Writing a preset, with what is too large to stand in it."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomli_w

from ..models.errors import PresetError
from ..models.writing import write_atomically
from .lv2_state import read_state_file, with_paths
from .nodes import Branch, Lv2, Node, Vst3
from .preset import PATH_FIELDS, walk

if TYPE_CHECKING:
    from .key_lines import KeyPath
    from .preset import Preset

MOST_EMBEDDED: Final = 4096
"""Bytes of a plugin's state that stand in the preset itself."""

STATES_SUFFIX: Final = ".states"

_STATE_NAME: Final = re.compile(r"[a-z][a-z0-9-]*-[0-9a-f]{12}\.\w+")


def write_preset(preset: "Preset", target: Path) -> None:
    """Write a preset and its large states.

    State files carry a hash of their content in their names: a new one never replaces an old one, so that the file that
    is there finds its states until the new one has taken its place, at once.
    """
    saving = _Saving(preset, Path(os.path.abspath(target)))  # noqa: PTH100 - links are kept as they are
    content = tomli_w.dumps(saving.document()).encode()
    for path, state in saving.states.items():
        write_atomically(path, state)
    write_atomically(target, content)
    saving.remove_old_states()


@dataclass
class _Saving:
    preset: "Preset"
    target: Path
    states: dict[Path, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return states_folder(self.target)

    def document(self) -> dict[str, Any]:
        """The preset as the file will say it; `states` holds the files it refers to."""
        data = self.preset.model_dump(mode="python", by_alias=True, exclude_none=True, exclude_defaults=True)
        for path, node in walk(self.preset.chain):
            if not isinstance(node, Branch):
                dumped = _at(data, path)
                self.rebase(dumped)
                self.move_state(self.preset.ids[path], node, dumped)
        return data

    def rebase(self, dumped: dict[str, Any]) -> None:
        """Make the relative paths of a node relative to the new folder."""
        if self.preset.path is None:
            return
        tables: Generator[tuple[dict[str, Any], str]] = (
            (table, key)
            for table, keys in ((dumped, PATH_FIELDS), (dumped.get("files", {}), tuple(dumped.get("files", {}))))
            for key in keys
        )
        for table, key in tables:
            if key in table and not Path(table[key]).is_absolute():
                table[key] = self.relative(self.preset.resolve(table[key]))

    def move_state(self, name: str, node: Node, dumped: dict[str, Any]) -> None:
        """Let a large state, or one that lies in the preset's own folder, go to the new folder."""
        match node:
            case Vst3(raw_state=str(text)) if len(state := base64.b64decode(text)) > MOST_EMBEDDED:
                del dumped["raw_state"]
                dumped["state_file"] = self.keep(name, ".bin", state)
            case Lv2(state=dict(document)):
                self.move_lv2_state(name, with_paths(document, lambda path: str(self.preset.resolve(path))), dumped)
            case Lv2(state_file=str(file)) if self.is_own(file):
                self.move_lv2_state(name, read_state_file(self.preset.resolve(file)), dumped)
            case Vst3(state_file=str(file)) if self.is_own(file):
                found = self.preset.resolve(file)
                try:
                    dumped["state_file"] = self.keep(name, found.suffix, found.read_bytes())
                except OSError as error:
                    raise PresetError(f"{found}: the state of {name!r} cannot be read: {error.strerror}") from None
            case _:
                pass

    def move_lv2_state(self, name: str, document: Mapping[str, Any], dumped: dict[str, Any]) -> None:
        """Write a state, whose paths are absolute, where it fits."""
        state = _json(with_paths(document, lambda path: _relative(path, self.folder)))
        dumped.pop("state", None)
        dumped.pop("state_file", None)
        if len(state) > MOST_EMBEDDED:
            dumped["state_file"] = self.keep(name, ".json", state)
        else:
            dumped["state"] = with_paths(document, self.relative)

    def keep(self, name: str, suffix: str, state: bytes) -> str:
        file = self.folder / f"{name}-{hashlib.sha256(state).hexdigest()[:12]}{suffix}"
        self.states[file] = state
        return self.relative(file)

    def is_own(self, file: str) -> bool:
        """Whether a state was written by an earlier save of the preset."""
        path = self.preset.path
        return path is not None and self.preset.resolve(file).parent == states_folder(Path(os.path.abspath(path)))  # noqa: PTH100

    def relative(self, file: str | Path) -> str:
        return _relative(file, self.target.parent)

    def remove_old_states(self) -> None:
        if self.folder.is_dir():
            for file in self.folder.iterdir():
                if file not in self.states and _STATE_NAME.fullmatch(file.name):
                    file.unlink(missing_ok=True)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()


def states_folder(preset_file: Path) -> Path:
    """Where the large states of a preset lie."""
    return preset_file.with_suffix(STATES_SUFFIX)


def _relative(file: str | Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return Path(file).as_posix()


def _at(data: Any, path: "KeyPath") -> Any:
    for part in path:
        data = data[part]
    return data


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
