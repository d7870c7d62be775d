"""Training side of ampboard: capturing devices, and networks that learn them. torch is imported when it is needed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture.capture import Capture
    from .data.material import Excerpt, Material
    from .runs.course import Progress
    from .runs.outcome import TrainedModel
    from .runs.sweep import Sweep, sweep
    from .runs.training import train

_HOMES = {
    "Capture": ".capture.capture",
    "Excerpt": ".data.material",
    "Material": ".data.material",
    "Progress": ".runs.course",
    "Sweep": ".runs.sweep",
    "TrainedModel": ".runs.outcome",
    "sweep": ".runs.sweep",
    "train": ".runs.training",
}
__all__ = ["Capture", "Excerpt", "Material", "Progress", "Sweep", "TrainedModel", "sweep", "train"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
