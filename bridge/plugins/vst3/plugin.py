"""VST3 plugins through pedalboard, with their state and parameters."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pedalboard

from ....models.errors import ParameterError, PluginError
from ....presets.builtins import suggestion
from ...native.library import BUNDLE, bundle_path
from ..entering import entered, identity_of
from ..identity import PluginIdentity
from ..trial import load_safely
from .state import restore_state

SUFFIX: Final = ".vst3"

# Steinberg's "Plug-in Locations": the user's folder before the machine's.
_FOLDERS: Final = {
    "linux": ("~/.vst3", "/usr/lib/vst3", "/usr/local/lib/vst3"),
    "darwin": ("~/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/VST3"),
    "win32": (r"%LOCALAPPDATA%\Programs\Common\VST3", r"%COMMONPROGRAMFILES%\VST3"),
}


def vst3_folders() -> tuple[Path, ...]:
    """The folders in which this system keeps VST3 plugins."""
    folders = _FOLDERS.get(sys.platform, _FOLDERS["linux"])
    return tuple(Path(os.path.expandvars(folder)).expanduser() for folder in folders)


def find_vst3(path: str) -> Path:
    """The plugin file or bundle at an absolute path, or of that name in one of the system's VST3 folders.

    A relative path is not looked up beside the preset that names it: what came with a stranger's preset is not run.

    Raises
    ------
    PluginError
        When there is none.
    """
    names = (path,) if Path(path).suffix == SUFFIX else (path, path + SUFFIX)
    folders = (Path(),) if Path(path).is_absolute() else vst3_folders()
    for candidate in (folder / name for folder in folders for name in names):
        if candidate.exists():
            return candidate
    where = "" if Path(path).is_absolute() else f" in {', '.join(map(str, vst3_folders()))}"
    raise PluginError(f"there is no VST3 plugin {path!r}{where}: install it, or give its absolute path")


def load_vst3(
    path: str | Path,
    *,
    plugin_name: str | None = None,
    parameters: Mapping[str, float | bool | str] | None = None,
    raw_state: bytes | None = None,
) -> pedalboard.VST3Plugin:
    """Load an installed VST3 effect; the first time it is tried in a child process.

    Parameters
    ----------
    path : str or Path
        Absolute path, or the name of a file in one of the system's VST3 folders; ``.vst3`` may be left out.
    plugin_name : str, optional
        Which plugin, when the file holds several.
    parameters : mapping, optional
        Values by the names pedalboard gives the parameters; set after the state.
    raw_state : bytes, optional
        The plugin's state, as `pedalboard.VST3Plugin.raw_state` gives it, or the content of a ``.vstpreset`` file.

    Returns
    -------
    pedalboard.VST3Plugin

    Raises
    ------
    PluginError
        When it cannot be found or loaded, has crashed or hung before, or is an instrument; when the state is damaged or
        of another plugin.
    ParameterError
        When it has no such parameter, or refuses a value.
    """
    found = find_vst3(str(path))
    if found.name == BUNDLE and found == bundle_path():  # our own, which knows what was registered in this process
        plugin = _make(found, plugin_name)
    else:
        plugin = load_safely(PluginIdentity.vst3(found, plugin_name), lambda: _make(found, plugin_name))
    if raw_state is not None:
        restore_state(plugin, raw_state, origin=f"the state given for {found}")
    for name, value in (parameters or {}).items():
        set_vst3_parameter(plugin, name, value)
    return plugin


def _make(found: Path, plugin_name: str | None) -> pedalboard.VST3Plugin:
    try:
        plugin = pedalboard.VST3Plugin(str(found), plugin_name=plugin_name)
    except (ImportError, ValueError, RuntimeError) as error:
        raise PluginError(f"{found}: the plugin cannot be loaded: {_one_line(error)}") from None
    if not plugin.is_effect:
        raise PluginError(f"{found}: {plugin.name} is an instrument: a chain takes effects")
    return plugin


def set_vst3_parameter(plugin: pedalboard.VST3Plugin, name: str, value: float | bool | str) -> None:
    """Set a parameter by the name pedalboard gives it, in its own unit.

    Raises
    ------
    ParameterError
        When there is no such parameter, or the plugin refuses the value.
    """
    identity = identity_of(plugin)
    with entered((identity,) if identity else (), "setting its parameters"):
        known: Mapping[str, object] = plugin.parameters  # pyright: ignore[reportAttributeAccessIssue]
        if name not in known:
            raise ParameterError(f"{plugin.name} has no parameter {name!r}: {suggestion(name, known)}")
        try:
            setattr(plugin, name, value)
        except (ValueError, TypeError) as error:
            raise ParameterError(f"{plugin.name}: {name} is {value!r}: {_one_line(error)}") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
