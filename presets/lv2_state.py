"""The files that the state of an LV2 node names: ``{type = "atom:Path", value = "cabinet.wav"}`` among its properties.

A file that the plugin has made itself comes with its ``content`` in base64, and its value is no path but a name.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ..models.errors import PresetError

PATH_TYPE: Final = "atom:Path"
CONTENT: Final = "content"
SUFFIXES: Final = (".toml", ".json")


def with_paths(document: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """The same state with its paths changed by `place`."""
    if "properties" not in document:
        return dict(document)
    properties: Mapping[str, Any] = document["properties"]
    return {**document, "properties": {key: _placed(value, place) for key, value in properties.items()}}


def read_state_file(path: Path) -> dict[str, Any]:
    """Read a state from a TOML or JSON file; its paths become absolute, for they are relative to the file.

    Raises
    ------
    PresetError
        When it cannot be read or is neither.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document: Any = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise PresetError(f"{path}: the state cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path}: the state cannot be read: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("properties", {}), dict):
        raise PresetError(f"{path}: not the state of an LV2 plugin: use a table of plugin, controls and properties")
    return with_paths(document, lambda name: str(path.parent / name))


def _placed(value: Any, place: Callable[[str], str]) -> Any:
    match value:
        case {"type": "atom:Path", "value": str(name), **rest} if name and CONTENT not in rest:
            return {**value, "value": place(name)}
        case _:
            return value
