"""Capturing a device: the test signal, recordings of what the device made of it, alignment, checks, and the folder."""

from importlib import import_module
from typing import Any

_ROOMS = {
    "Capture": "capture",
    "Finding": "capture",
    "Passage": "capture",
    "Take": "capture",
    "Layout": "layouts",
    "join_captures": "making",
    "make_capture": "making",
    "make_signal": "signal.test_signal",
    "cut_into_clips": "layouts.cutting",
    "read_regions": "layouts.regions",
    "recognise": "layouts.recognition",
    "read_pair": "recordings",
    "read_recording": "recordings",
}

__all__ = [*_ROOMS]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_ROOMS[name]}", __name__), name)
