"""Training side of ampboard: capturing devices, and networks that learn them. torch is imported when it is needed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture.capture import Capture
    from .data.material import Excerpt, Material
    from .runs.progress import Progress
    from .runs.sweep import Sweep, sweep
    from .runs.training import TrainedModel, train

_HOMES = {
    "Capture": ".capture.capture",
    "Excerpt": ".data.material",
    "Material": ".data.material",
    "Progress": ".runs.progress",
    "Sweep": ".runs.sweep",
    "TrainedModel": ".runs.training",
    "sweep": ".runs.sweep",
    "train": ".runs.training",
}
__all__ = ["Capture", "Excerpt", "Material", "Progress", "Sweep", "TrainedModel", "sweep", "train"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
