"""Everything that touches a host or a plugin: processors, chains, MIDI, switching, rendering, the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chains import Chain, build_chain
    from .native.side_chain import SideBus
    from .plugins.lv2 import load_lv2
    from .plugins.vst3 import load_vst3
    from .processors import Cabinet, KernelPlugin, NeuralAmp, Tap, ToneStack
    from .rendering import render
    from .switching import ChainSwitcher

_HOMES = {
    "Cabinet": ".processors",
    "Chain": ".chains",
    "ChainSwitcher": ".switching",
    "KernelPlugin": ".processors",
    "NeuralAmp": ".processors",
    "SideBus": ".native.side_chain",
    "Tap": ".processors",
    "ToneStack": ".processors",
    "build_chain": ".chains",
    "load_lv2": ".plugins.lv2",
    "load_vst3": ".plugins.vst3",
    "render": ".rendering",
}
__all__ = [
    "Cabinet",
    "Chain",
    "ChainSwitcher",
    "KernelPlugin",
    "NeuralAmp",
    "SideBus",
    "Tap",
    "ToneStack",
    "build_chain",
    "load_lv2",
    "load_vst3",
    "render",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: hosts and compilers load when something plays, not before."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
