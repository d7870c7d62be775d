"""The preset and setlist formats, the library, and the presets that ship."""

from .control import ControlMapping
from .document import InvalidDocument
from .library import PresetEntry, find_preset, list_presets
from .loading import check_preset, load_preset
from .nodes import Branch, Builtin, Cabinet, Lv2, Neural, Node, Parallel, Repair, Tone, Vst3
from .preset import Levels, Preset
from .setlist import Setlist, Slot, Switching, load_setlist
from .snapshots import Snapshot

__all__ = [
    "Branch",
    "Builtin",
    "Cabinet",
    "ControlMapping",
    "InvalidDocument",
    "Levels",
    "Lv2",
    "Neural",
    "Node",
    "Parallel",
    "Preset",
    "PresetEntry",
    "Repair",
    "Setlist",
    "Slot",
    "Snapshot",
    "Switching",
    "Tone",
    "Vst3",
    "check_preset",
    "find_preset",
    "list_presets",
    "load_preset",
    "load_setlist",
]
