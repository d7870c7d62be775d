"""Stems through chains, offline: files in, files out, switched and moved by MIDI; and their mix."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .engine import render
    from .formats import OutputFormat
    from .mixing import MixResult, Stem, mix
    from .result import LostStem, LostStemsError, RenderResult, SwitchEvent

__all__ = [
    "LostStem",
    "LostStemsError",
    "MixResult",
    "OutputFormat",
    "RenderResult",
    "Stem",
    "SwitchEvent",
    "mix",
    "render",
]

_MODULES: Final = {
    "LostStem": ".result",
    "LostStemsError": ".result",
    "MixResult": ".mixing",
    "OutputFormat": ".formats",
    "RenderResult": ".result",
    "Stem": ".mixing",
    "SwitchEvent": ".result",
    "mix": ".mixing",
    "render": ".engine",
}


def __getattr__(name: str) -> Any:
    """Import on first use: numba and scipy take their time."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
