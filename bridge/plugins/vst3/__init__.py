"""VST3 plugins through pedalboard: tried before they are loaded, with their state and parameters."""

from .entry import Vst3Entry, Vst3Parameter
from .examination import examine_vst3
from .plugin import find_vst3, load_vst3, set_vst3_parameter, vst3_folders
from .preset_file import VstPreset
from .state import load_vst_preset, restore_state, save_vst_preset, saved_state

__all__ = [
    "Vst3Entry",
    "Vst3Parameter",
    "VstPreset",
    "examine_vst3",
    "find_vst3",
    "load_vst3",
    "load_vst_preset",
    "restore_state",
    "save_vst_preset",
    "saved_state",
    "set_vst3_parameter",
    "vst3_folders",
]
