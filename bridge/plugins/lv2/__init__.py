"""LV2 plugins as processors of a pedalboard chain."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kernel import Lv2Kernel
    from .plugin import Lv2Plugin, load_lv2
    from .state import Lv2State

_HOMES = {"Lv2Kernel": ".kernel", "Lv2Plugin": ".plugin", "Lv2State": ".state", "load_lv2": ".plugin"}
__all__ = ["Lv2Kernel", "Lv2Plugin", "Lv2State", "load_lv2"]


def __getattr__(name: str) -> Any:
    """Import the host when it is first used: listing plugins needs neither pedalboard nor numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
