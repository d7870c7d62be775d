"""Saving and restoring what a VST3 plugin is set to."""

from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

import numpy as np
import pedalboard

from ....models.errors import PluginError
from ....models.writing import write_atomically
from ..entering import entered, identity_of
from .preset_file import VstPreset, check_raw_state, is_vst_preset

_BLOCK: Final = 512  # frames
_RATE: Final = 48_000


def restore_state(plugin: pedalboard.VST3Plugin, data: bytes, *, origin: str = "the state") -> None:
    """Bring a plugin into a state it was saved in.

    Parameters
    ----------
    plugin : pedalboard.VST3Plugin
    data : bytes
        What `pedalboard.VST3Plugin.raw_state` gave, or the content of a ``.vstpreset`` file. Only the latter says
        which plugin it is of.
    origin : str
        Where it comes from, for messages.

    Raises
    ------
    PluginError
        When it is damaged or of another plugin.
    """
    if is_vst_preset(data):
        preset, own = VstPreset.from_bytes(data, origin=origin), class_id(plugin)
        if preset.class_id != own:
            raise PluginError(
                f"{origin}: is the state of another plugin (class {preset.class_id}), not of {plugin.name} ({own})"
            )
        data = preset.to_raw_state()  # set as `preset_data` it sounds, but the parameters read as before
    check_raw_state(data, origin=origin)
    with _restoring(plugin):
        plugin.raw_state = data


def saved_state(plugin: pedalboard.VST3Plugin) -> bytes:
    """What a plugin is set to, as `restore_state` takes it: its `raw_state`, with every parameter that was set.

    A parameter reaches the sounding half of a VST3 plugin with the next block only; so this plays a block of silence
    and brings the plugin to rest. Not while it plays.
    """
    _deliver_parameters(plugin)
    return plugin.raw_state


def class_id(plugin: pedalboard.VST3Plugin) -> str:
    """The 32 hexadecimal digits that tell a plugin from all others."""
    return VstPreset.from_bytes(plugin.preset_data, origin=plugin.name).class_id


def load_vst_preset(plugin: pedalboard.VST3Plugin, path: str | Path) -> None:
    """Bring a plugin into the state that a ``.vstpreset`` file holds.

    Raises
    ------
    PluginError
        When the file cannot be read, is damaged, or of another plugin.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise PluginError(f"{path}: cannot be read ({error.strerror}): correct the path") from error
    VstPreset.from_bytes(data, origin=str(path))
    restore_state(plugin, data, origin=str(path))


def save_vst_preset(plugin: pedalboard.VST3Plugin, path: str | Path) -> None:
    """Write what a plugin is set to to a ``.vstpreset`` file, which other hosts read too; see `saved_state`.

    An existing file is replaced.

    Raises
    ------
    PluginError
        When the file cannot be written.
    """
    _deliver_parameters(plugin)
    try:
        write_atomically(Path(path), plugin.preset_data)
    except OSError as error:
        raise PluginError(f"{path}: cannot be written ({error.strerror}): choose another place") from error


def _deliver_parameters(plugin: pedalboard.VST3Plugin) -> None:
    for channels in (2, 1):
        with suppress(ValueError):  # how pedalboard says that it does not play so many channels
            pedalboard.Chain([plugin]).process(np.zeros((channels, _BLOCK), np.float32), _RATE, reset=False)
            break
    plugin.reset()


def _restoring(plugin: pedalboard.VST3Plugin) -> AbstractContextManager[None]:
    identity = identity_of(plugin)
    return entered((identity,) if identity else (), "restoring its state")
