"""Our own sound as pedalboard plugins: neural amps, cabinets, tone stacks, and any other kernel."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cabinet import Cabinet
    from .kernel_plugin import KernelPlugin
    from .neural_amp import NeuralAmp
    from .side_chain_tap import Tap
    from .tone import ToneStack

_HOMES = {
    "Cabinet": ".cabinet",
    "KernelPlugin": ".kernel_plugin",
    "NeuralAmp": ".neural_amp",
    "Tap": ".side_chain_tap",
    "ToneStack": ".tone",
}
__all__ = ["Cabinet", "KernelPlugin", "NeuralAmp", "Tap", "ToneStack"]


def __getattr__(name: str) -> Any:
    """Import a processor when it is first used: numba and pedalboard take time that a command line need not wait."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
