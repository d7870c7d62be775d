"""Devices of plugins by what they are: LV2, VST3, presets, pedalboard's own processors and chains of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ....models.errors import ParameterError, PluginError
from ....presets.builtins import builtin_classes
from ..knob import Knob
from .plugin_device import Instance, PluginDevice

if TYPE_CHECKING:
    import pedalboard

    from ....presets import Preset

Value = float | bool | str
_NONE: Final[Mapping[str, Value]] = MappingProxyType({})


def lv2_device(uri: str, settings: Mapping[str, Value] = _NONE, *, name: str = "") -> PluginDevice:
    """An installed LV2 plugin as a device.

    Parameters
    ----------
    uri : str
        The plugin.
    settings : mapping, optional
        Control inputs by symbol, in their own unit or as one of their labels, that stand otherwise than by default.
    name : str
        What to call it, if not as the plugin calls itself.

    Raises
    ------
    PluginError
        When it is not installed or cannot be loaded.
    ParameterError
        When it has no such control, or a value is out of range.
    """
    from ....bridge.plugins.lv2 import load_lv2

    fixed: dict[str, Any] = dict(settings)
    plugin = load_lv2(uri, **fixed)
    said = plugin.description
    gear = {"source": "LV2 plugin", "gear_make": said.author, "gear_model": said.name, "plugin": uri}
    return _of_plugin(name or said.name, lambda: load_lv2(uri, **fixed), gear | {"plugin_version": said.version})


def vst3_device(path: str | Path, settings: Mapping[str, Value] = _NONE, *, plugin_name: str = "") -> PluginDevice:
    """An installed VST3 plugin as a device.

    Parameters
    ----------
    path : str or Path
        As for `load_vst3`.
    settings : mapping, optional
        Parameters by the names pedalboard gives them that stand otherwise than by default.
    plugin_name : str
        Which plugin, when the file holds several.

    Raises
    ------
    PluginError, ParameterError
        As `load_vst3`.
    """
    from ....bridge.plugins.vst3 import load_vst3

    def make() -> "pedalboard.VST3Plugin":
        return load_vst3(path, plugin_name=plugin_name or None, parameters=settings)

    plugin = make()
    gear = {"gear_make": plugin.manufacturer_name, "gear_model": plugin.name, "plugin_version": plugin.version}
    return _of_plugin(plugin.name, make, {"source": "VST3 plugin", **gear, "plugin": str(path)})


def builtin_device(class_name: str, settings: Mapping[str, Value] = _NONE) -> PluginDevice:
    """One of pedalboard's own processors as a device.

    Parameters
    ----------
    class_name : str
        As ``Distortion``.
    settings : mapping, optional
        Arguments of its constructor.
    """
    if class_name not in builtin_classes():
        raise ParameterError(f"pedalboard has no processor {class_name!r}: use one of {', '.join(builtin_classes())}")
    cls = builtin_classes()[class_name]
    gear = {"source": "pedalboard", "gear_make": "Spotify", "gear_model": class_name}
    return _of_plugin(class_name, lambda: cls(**settings), gear)


def preset_device(preset: "str | Path | Preset") -> PluginDevice:
    """A preset's whole chain as a device; its knobs are called ``node.parameter``.

    Parameters
    ----------
    preset : str, Path or Preset
        A preset, its file, or its name in the library.

    Raises
    ------
    AmpboardError
        When it cannot be read, or its chain cannot be made.
    """
    from ....bridge.chains import build_chain
    from ....presets import Preset, load_preset
    from .panel import chain_panel

    found = preset if isinstance(preset, Preset) else load_preset(preset)

    def make() -> Instance:
        chain = build_chain(found)
        return Instance(chain.board, chain.set_parameter)

    gear = {"source": "preset", "gear_make": found.author, "gear_model": found.name}
    return PluginDevice(found.name, make, chain_panel(build_chain(found)), gear=gear)


def chain_device(name: str, make: "Callable[..., pedalboard.Plugin]", knobs: tuple[Knob, ...] = ()) -> PluginDevice:
    """Whatever plugin or board a function makes, as a device.

    Parameters
    ----------
    name : str
        What to call it.
    make : function
        Takes the settings of all `knobs` by name, each in its own unit; returns a new plugin or board.
    knobs : tuple of Knob
        Where they stand at first.
    """

    def instance() -> Instance:
        rebuilt = _Rebuilt(make, {knob.name: knob.setting for knob in knobs})
        return Instance(rebuilt, rebuilt.write)

    return PluginDevice(name, instance, knobs, gear={"source": "pedalboard", "gear_model": name})


class _Rebuilt:
    """A plugin that is made when it is played, with the settings it then has."""

    def __init__(self, make: Callable[..., Any], settings: dict[str, float]) -> None:
        self._make, self._settings = make, settings

    def write(self, name: str, value: float) -> None:
        self._settings[name] = value

    def process(self, audio: Any, sample_rate: float, *, reset: bool) -> Any:
        return self._make(**self._settings).process(audio, sample_rate, reset=reset)


def _of_plugin(name: str, make: "Callable[[], pedalboard.Plugin]", gear: Mapping[str, str]) -> PluginDevice:
    from ....bridge.chains.controls import plugin_controls
    from .panel import plugin_panel

    def instance() -> Instance:
        plugin = make()
        controls = plugin_controls(plugin)
        return Instance(plugin, lambda knob, value: controls[knob].write(value))

    return PluginDevice(name, instance, plugin_panel(make()), gear={key: text for key, text in gear.items() if text})


def plugin_device(what: str, settings: Mapping[str, Value] = _NONE, *, plugin_name: str = "") -> PluginDevice:
    """The device that a text on the command line means.

    Parameters
    ----------
    what : str
        URI of an LV2 plugin, path or file name of a VST3 plugin, file or name of a preset, or the class name of one of
        pedalboard's processors; sought in this order where more than one could be meant.
    settings : mapping, optional
        Numbers and words of a plugin that stand otherwise than by default; a preset says its own.
    plugin_name : str
        Which plugin of a VST3 file that holds several.

    Raises
    ------
    AmpboardError
        When it cannot be found or made.
    """
    from ....bridge.plugins.vst3 import find_vst3
    from ....presets.library import SUFFIX, list_presets

    if "://" in what or what.startswith("urn:"):
        return lv2_device(what, settings)
    if what.endswith(".vst3"):
        return vst3_device(what, settings, plugin_name=plugin_name)
    if what.endswith(SUFFIX) or what in {entry.name for entry in list_presets()}:
        if settings:
            raise ParameterError(f"{what}: {next(iter(settings))} is no number: write it into the preset")
        return preset_device(what)
    if what in builtin_classes():
        return builtin_device(what, settings)
    try:
        return vst3_device(find_vst3(what), settings, plugin_name=plugin_name)
    except PluginError:
        raise PluginError(
            f"there is no plugin or preset {what!r}: give an LV2 URI or a VST3 file, as `ampboard plugins list` shows, "
            "or a preset, as `ampboard presets list` shows"
        ) from None
