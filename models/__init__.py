"""What a trained model is: its description, its file formats, and the kernels that play it. No torch anywhere."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .description import ModelDescription
    from .errors import (
        AmpboardError,
        AudioError,
        MidiError,
        ModelError,
        ParameterError,
        PluginError,
        PresetError,
    )
    from .model import Model, ModelStream, load_model

_HOMES = {
    "Model": ".model",
    "ModelDescription": ".description",
    "ModelStream": ".model",
    "load_model": ".model",
} | dict.fromkeys(
    (
        "AmpboardError",
        "AudioError",
        "MidiError",
        "ModelError",
        "ParameterError",
        "PluginError",
        "PresetError",
    ),
    ".errors",
)
__all__ = [
    "AmpboardError",
    "AudioError",
    "MidiError",
    "Model",
    "ModelDescription",
    "ModelError",
    "ModelStream",
    "ParameterError",
    "PluginError",
    "PresetError",
    "load_model",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: numba takes half a second that ``ampboard --help`` need not wait."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
