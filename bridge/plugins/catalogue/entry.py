"""A plugin as a list shows it, whatever its kind."""

from dataclasses import dataclass
from typing import Final

from ..identity import PluginKind
from ..lv2.bundles.description import Lv2Description, Lv2Port
from ..vst3.entry import Vst3Entry, Vst3Parameter

_DOUBLED: Final = "Plugin"


@dataclass(frozen=True)
class PluginParameter:
    """A parameter of a plugin.

    Attributes
    ----------
    name : str
        What it is set by: symbol of an LV2 control port, URI of an LV2 parameter without a port, pedalboard's name of
        a VST3 parameter.
    title : str
        What a user reads.
    unit : str
        Symbol of the unit; empty when there is none.
    minimum, maximum : float or None
        None where there is no range.
    default : float, bool, str or None
        What it is at first.
    labels : tuple of (float or None, str)
        Named values; without a number where the name itself is the value.
    is_switch, is_whole, is_logarithmic : bool
        Whether it is off or on, takes whole numbers alone, turns by ratios.
    """

    name: str
    title: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    default: float | bool | str | None = None
    labels: tuple[tuple[float | None, str], ...] = ()
    is_switch: bool = False
    is_whole: bool = False
    is_logarithmic: bool = False


@dataclass(frozen=True)
class CatalogueEntry:
    """A plugin that is installed.

    Attributes
    ----------
    kind : {"lv2", "vst3"}
    identity : str
        What it is loaded by: URI of an LV2 plugin, path of a VST3 file.
    plugin : str
        Which plugin of a VST3 file that holds several; else empty.
    name, author, version, category : str
        As it says of itself.
    audio_inputs, audio_outputs, side_chain_inputs : int
        Channels: of an LV2 plugin its ports, of a VST3 plugin the most that it plays.
    is_effect : bool
        Whether audio goes in and comes out.
    parameter_count : int
    obstacle : str
        Why it does not load: a feature that cannot be served, a crash at its trial; empty when nothing is known
        against it.
    """

    kind: PluginKind
    identity: str
    plugin: str
    name: str
    author: str
    version: str
    category: str
    audio_inputs: int
    audio_outputs: int
    side_chain_inputs: int
    is_effect: bool
    parameter_count: int
    obstacle: str = ""


def category_of(plugin_class: str) -> str:
    """The last part of an LV2 class's URI as words: ``Compressor``; empty for plugins that name none."""
    return plugin_class.removesuffix(_DOUBLED)


def lv2_parameters(description: Lv2Description) -> tuple[PluginParameter, ...]:
    """What can be set of an LV2 plugin: its control ports by index, then parameters without a port."""
    ports = tuple(_of_port(port) for port in description.control_inputs)
    others = tuple(
        PluginParameter(parameter.uri, parameter.name)
        for parameter in description.patch_parameters
        if parameter.is_writable
    )
    return ports + others


def vst3_parameters(entry: Vst3Entry) -> tuple[PluginParameter, ...]:
    """What can be set of a VST3 plugin."""
    return tuple(_of_vst3(parameter) for parameter in entry.parameters)


def _of_port(port: Lv2Port) -> PluginParameter:
    return PluginParameter(
        port.symbol,
        port.name,
        port.unit,
        port.minimum,
        port.maximum,
        port.default,
        tuple((point.value, point.label) for point in port.scale_points),
        is_switch="toggled" in port.properties,
        is_whole="integer" in port.properties,
        is_logarithmic="logarithmic" in port.properties,
    )


def _of_vst3(parameter: Vst3Parameter) -> PluginParameter:
    return PluginParameter(
        parameter.name,
        parameter.title,
        parameter.unit,
        parameter.minimum,
        parameter.maximum,
        parameter.value,
        tuple((None, label) for label in parameter.labels),
        is_switch=isinstance(parameter.value, bool),
    )
