"""How a plugin is used: lines to copy into a preset and into a script."""

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..vst3 import vst3_folders
from .entry import CatalogueEntry, PluginParameter

_SHOWN: Final = 2


def preset_lines(entry: CatalogueEntry, parameters: Sequence[PluginParameter]) -> str:
    """A node of a preset, in TOML, with a parameter or two at its default."""
    lines = ["[[chain]]", f'type = "{entry.kind}"']
    lines.append(f"{'uri' if entry.kind == 'lv2' else 'path'} = {_quoted(_place(entry))}")
    if entry.plugin:
        lines.append(f"plugin = {_quoted(entry.plugin)}")
    shown = [f"{parameter.name} = {_short(parameter.default)!r}" for parameter in _examples(parameters)]
    return "\n".join([*lines, f"parameters = {{ {', '.join(shown)} }}"] if shown else lines)


def script_line(entry: CatalogueEntry, parameters: Sequence[PluginParameter]) -> str:
    """A call of `load_lv2` or `load_vst3`, with a parameter or two at its default."""
    shown = {parameter.name: _short(parameter.default) for parameter in _examples(parameters)}
    arguments = [repr(_place(entry))]
    if entry.plugin:
        arguments.append(f"plugin_name={entry.plugin!r}")
    if entry.kind == "lv2":
        arguments += (f"{name}={value!r}" for name, value in shown.items())
    elif shown:
        arguments.append(f"parameters={shown!r}")
    return f"load_{entry.kind}({', '.join(arguments)})"


def _place(entry: CatalogueEntry) -> str:
    """The shortest text that the plugin is found by, on other systems too."""
    if entry.kind == "vst3" and Path(entry.identity).parent in vst3_folders():
        return Path(entry.identity).name
    return entry.identity


def _examples(parameters: Sequence[PluginParameter]) -> list[PluginParameter]:
    """Those that are plain numbers with a default, and whose names need no quotes."""
    plain = (p for p in parameters if isinstance(p.default, float) and re.fullmatch(r"[A-Za-z_]\w*", p.name))
    return [parameter for parameter in plain if not parameter.labels][:_SHOWN]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _short(value: object) -> float:
    """The shortest number that is the same in 32 bits, in which plugins keep it."""
    number = struct.unpack("f", struct.pack("f", value))[0]
    texts = (f"{number:.{digits}g}" for digits in range(1, 10))
    return next(float(text) for text in texts if struct.unpack("f", struct.pack("f", float(text)))[0] == number)
