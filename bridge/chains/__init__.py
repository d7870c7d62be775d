"""From a preset to a running chain, and back."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .building import Chain, build_board, build_chain
    from .controls import ChainControl

_HOMES = {
    "Chain": ".building",
    "ChainControl": ".controls",
    "build_board": ".building",
    "build_chain": ".building",
}
__all__ = ["Chain", "ChainControl", "build_board", "build_chain"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
