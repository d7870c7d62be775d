"""The state of an LV2 plugin on its way into a preset and back, with the files that the plugin has made."""

import base64
import binascii
import hashlib
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...models.errors import PluginError
from ...presets.lv2_state import CONTENT, PATH_TYPE
from ..plugins.lv2 import Lv2Plugin, Lv2State


def state_document(plugin: Lv2Plugin, state: Lv2State) -> dict[str, Any]:
    """A state of a plugin as a preset keeps it: complete, for what the plugin wrote into files is gone with it.

    Raises
    ------
    PluginError
        When such a file cannot be read.
    """
    document = state.to_document()
    document["properties"] = {
        key: _with_content(value, plugin.kernel.files_folder) for key, value in document["properties"].items()
    }
    return document


def state_of_document(document: Mapping[str, Any]) -> Lv2State:
    """The state that `state_document` gave; paths are absolute.

    Raises
    ------
    PluginError
        When it is none.
    """
    properties = document.get("properties", {})
    if isinstance(properties, Mapping):
        document = {**document, "properties": {key: _unpacked(value) for key, value in properties.items()}}
    return Lv2State.from_document(document)


def _with_content(value: dict[str, Any], made: Path) -> dict[str, Any]:
    if value["type"] != PATH_TYPE or not value["value"] or not Path(value["value"]).is_relative_to(made):
        return value
    try:
        content = Path(value["value"]).read_bytes()
    except OSError as error:
        raise PluginError(f"{value['value']}: cannot be read: {error.strerror}") from None
    return {**value, "value": Path(value["value"]).name, CONTENT: base64.b64encode(content).decode()}


def _unpacked(value: Any) -> Any:
    """A file that came with its content, written to where the plugin finds it."""
    match value:
        case {"type": str(), "value": str(name), "content": str(text)}:
            pass
        case _:
            return value
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise PluginError(f"the content of {name!r} in the LV2 state is not base64: copy the whole state") from None
    file = Path(_folder().name) / hashlib.sha256(content).hexdigest()[:16] / Path(name).name
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return {"type": value["type"], "value": str(file)}


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where such files lie while the process runs."""
    return tempfile.TemporaryDirectory(prefix="ampboard-states-", ignore_cleanup_errors=True)
