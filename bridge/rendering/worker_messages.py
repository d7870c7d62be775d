"""What a worker and its parent say to each other, beside `Entrance`."""

from dataclasses import dataclass
from pathlib import Path

from .result import RenderResult
from .stem import StemJob


@dataclass(frozen=True)
class Start:
    """What the parent asks for first: note there who is called."""

    trail: Path


@dataclass(frozen=True)
class Order:
    """What the parent asks for: render the stem into that file."""

    job: StemJob
    path: Path


@dataclass(frozen=True)
class Progressed:
    """So many frames are done, of so many."""

    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """The file is written."""

    result: RenderResult


@dataclass(frozen=True)
class Failed:
    """Something given is not usable; or, with a trace, the program is wrong."""

    error: Exception
    trace: str = ""
