"""How far a model is from its device: the error-to-signal ratio, and what a network is trained to make small.

Measuring needs numpy alone; torch is imported when the first loss of a network is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .error_to_signal import error_to_signal_ratio

if TYPE_CHECKING:
    from .aliasing import AliasedTones
    from .catalogue import LOSSES, parse_loss
    from .energy import ErrorToSignal, Offset, SquaredError
    from .loss import Loss, LossSum, NetworkLoss
    from .spectral import MultiResolutionStft
    from .weighting import Weighted, a_weighting, pre_emphasis

_HOMES = {
    "LOSSES": ".catalogue",
    "AliasedTones": ".aliasing",
    "ErrorToSignal": ".energy",
    "Loss": ".loss",
    "LossSum": ".loss",
    "MultiResolutionStft": ".spectral",
    "NetworkLoss": ".loss",
    "Offset": ".energy",
    "SquaredError": ".energy",
    "Weighted": ".weighting",
    "a_weighting": ".weighting",
    "parse_loss": ".catalogue",
    "pre_emphasis": ".weighting",
}
__all__ = [
    "LOSSES",
    "AliasedTones",
    "ErrorToSignal",
    "Loss",
    "LossSum",
    "MultiResolutionStft",
    "NetworkLoss",
    "Offset",
    "SquaredError",
    "Weighted",
    "a_weighting",
    "error_to_signal_ratio",
    "parse_loss",
    "pre_emphasis",
]


def __getattr__(name: str) -> Any:
    """Import a loss when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
