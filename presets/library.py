"""Where presets lie: those that ship, and the user's own."""

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from platformdirs import user_data_path

from ..models.errors import PresetError
from .builtins import suggestion

FOLDER_VARIABLE: Final = "AMPBOARD_PRESETS"
SUFFIX: Final = ".toml"


@dataclass(frozen=True)
class PresetEntry:
    """A preset in the library: the name it is loaded by, its file, and whose it is."""

    name: str
    path: Path
    origin: Literal["factory", "user"]


def factory_folder() -> Path:
    """The folder of the presets that ship, with their models and cabinets."""
    return Path(str(files(__name__.rpartition(".")[0]) / "factory"))


def user_folder() -> Path:
    r"""The folder of the user's own presets: ``AMPBOARD_PRESETS`` if set, else ``presets`` in ampboard's data folder.

    That is ``~/.local/share/ampboard`` on Linux (XDG), ``~/Library/Application Support/ampboard`` on macOS,
    ``%LOCALAPPDATA%\ampboard`` on Windows. It need not exist.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else user_data_path("ampboard", appauthor=False) / "presets"


def list_presets() -> tuple[PresetEntry, ...]:
    """All presets of the library, by name; a preset of the user hides a factory one of the same name."""
    everything = (*_entries(factory_folder(), "factory"), *_entries(user_folder(), "user"))
    entries = {entry.name: entry for entry in everything}
    return tuple(entries[name] for name in sorted(entries))


def find_preset(name: str) -> Path:
    """The file of the library's preset called `name`.

    Raises
    ------
    PresetError
        When there is none.
    """
    known = {entry.name: entry.path for entry in list_presets()}
    if name not in known:
        raise PresetError(f"no preset is called {name!r}: {suggestion(name, known)}")
    return known[name]


def _entries(folder: Path, origin: Literal["factory", "user"]) -> list[PresetEntry]:
    if not folder.is_dir():
        return []
    return [PresetEntry(file.stem, file, origin) for file in sorted(folder.glob(f"*{SUFFIX}")) if file.is_file()]
