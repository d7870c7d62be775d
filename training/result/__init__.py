"""What comes out of a training run: model files, what is known about them, and a page that shows and plays it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .measures import Judgement, judge
    from .report import Progress
    from .verdict import Verdict
    from .writing import Result, write_result

_HOMES = {
    "Judgement": ".measures",
    "Progress": ".report",
    "Result": ".writing",
    "Verdict": ".verdict",
    "judge": ".measures",
    "write_result": ".writing",
}
__all__ = ["Judgement", "Progress", "Result", "Verdict", "judge", "write_result"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
