"""What an engine process is told at its start, and what it answers: JSON lines on its standard input and output."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from .backends import STREAM
from .backends.protocol import Wiring


@dataclass(frozen=True)
class Specification:
    """What to load and where to play.

    Attributes
    ----------
    preset, setlist : str
        One of both: a file or a name in the library.
    backend : str
        ``"auto"``, or a name of `backends.NAMES`.
    wiring : Wiring
        What to open.
    slot : int
        The slot that plays first.
    excluded : tuple of (str, str)
        Plugins (location, plugin; see `PluginIdentity`) that are left out.
    """

    preset: str = ""
    setlist: str = ""
    backend: str = "auto"
    wiring: Wiring = field(default_factory=Wiring)
    slot: int = 0
    excluded: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `asdict` made of it."""
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data["wiring"].items()}
        wiring = Wiring(**given)
        excluded = tuple((str(location), str(plugin)) for location, plugin in data["excluded"])
        fields: dict[str, Any] = {**data, "wiring": wiring, "excluded": excluded}
        return cls(**fields)


@dataclass(frozen=True)
class Facts:
    """What an engine says once it is loaded.

    Attributes
    ----------
    backend : str
        What it plays through.
    sample_rate, block, channels, outputs : int
        How.
    latency : int
        Frames by which the chains are late.
    seconds : float
        Time from the start of the process until all was loaded.
    memory : int
        Bytes the process holds in RAM.
    slots : tuple of dict
        `rig.SlotFacts` as dicts, in the order of the setlist.
    controls : tuple of dict
        `rig.Control` as dicts: the index of a MOVE command, slot, target, low, high, value.
    shared : tuple of int
        For each slot, the first one with the same preset, which its controls are listed under.
    notes : tuple of str
        What the system did not allow: locked memory, real-time priority.
    """

    backend: str
    sample_rate: int
    block: int
    channels: int
    outputs: int
    latency: int
    seconds: float
    memory: int
    slots: tuple[dict[str, Any], ...]
    controls: tuple[dict[str, Any], ...] = field(repr=False)
    shared: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `asdict` made of it."""
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**fields)

    @property
    def measured(self) -> bool:
        """Whether frames, levels and callback times can be told: not by a thread that never meets Python."""
        return self.backend != STREAM

    @property
    def budget(self) -> float:
        """Microseconds a block lasts."""
        return 1e6 * self.block / self.sample_rate


def line(**fields: Any) -> bytes:
    """A line of the talk."""
    return json.dumps(fields, default=asdict).encode() + b"\n"
