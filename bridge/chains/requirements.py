"""Which plugins a preset needs that are not installed, and what to do about it."""

from collections.abc import Callable, Mapping
from typing import Final

from ...models.errors import PluginError
from ...presets import Lv2, Preset, Vst3
from ...presets.nodes import Node, PluginRecord
from ...presets.packages import remedy


def missing_plugins(preset: Preset) -> Mapping[str, str]:
    """What is not installed, by the identifier of the node that needs it: a line that says what to do."""
    found = {name: missing_plugin(node) for name, node in preset.nodes.items()}
    return {name: line for name, line in found.items() if line is not None}


def missing_packages(preset: Preset) -> tuple[str, ...]:
    """The packages a preset names for plugins that are not installed."""
    missing = missing_plugins(preset)
    return tuple(package for package, nodes in preset.packages.items() if missing.keys() & nodes)


def missing_plugin(node: Node) -> str | None:
    """What to do about a node whose plugin is not installed; None when it is, or the node needs none."""
    if not isinstance(node, PluginRecord):
        return None
    try:
        _FINDERS[type(node)](node)
    except PluginError as error:
        return f"{error}; it comes with {node.package}: {remedy(node.package)}" if node.package else str(error)
    return None


def _find_vst3(node: Vst3) -> None:
    from ..plugins.vst3 import find_vst3

    find_vst3(node.path)


def _find_lv2(node: Lv2) -> None:
    from ..plugins.lv2.discovery import describe_lv2

    describe_lv2(node.uri)


_FINDERS: Final[Mapping[type, Callable[..., None]]] = {Vst3: _find_vst3, Lv2: _find_lv2}
