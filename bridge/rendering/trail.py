"""Which foreign plugin a worker process is inside of: written down where its death does not reach.

The worker tells its parent of each plugin once, with a number, and from then on notes the number in memory that both
share: two stores a call. When the worker dies, the number says who was running; while the count of calls stands still
inside a plugin, that plugin hangs.
"""

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..plugins.identity import PluginIdentity

_NUMBERS: Final = struct.Struct("<QQ")  # calls so far; who is inside, 0 for nobody
_SIZE: Final = mmap.ALLOCATIONGRANULARITY


@dataclass(frozen=True)
class Entrance:
    """What a number stands for: one of these plugins was called, to do that."""

    number: int
    identities: tuple[PluginIdentity, ...]
    stage: str


class SharedTrail:
    """The worker's side.

    Parameters
    ----------
    path : Path
        File that `TrailReader` has made.
    announce : callable
        Tells the parent of an entrance before it is first used.
    """

    def __init__(self, path: Path, announce: Callable[[Entrance], None]) -> None:
        self._memory = _map(path)
        self._announce = announce
        self._numbers: dict[tuple[tuple[PluginIdentity, ...], str], int] = {}
        self._inside: list[int] = []
        self._calls = 0

    def enter(self, identities: tuple[PluginIdentity, ...], stage: str) -> None:
        """Note who is called; see `ampboard.bridge.plugins.entering.Trail`."""
        number = self._numbers.get((identities, stage))
        if number is None:
            number = self._numbers[identities, stage] = len(self._numbers) + 1
            self._announce(Entrance(number, identities, stage))
        self._inside.append(number)
        self._note(number)

    def leave(self) -> None:
        """Note that the call has returned."""
        self._inside.pop()
        self._note(self._inside[-1] if self._inside else 0)

    def _note(self, number: int) -> None:
        self._calls += 1
        _NUMBERS.pack_into(self._memory, 0, self._calls, number)


class TrailReader:
    """The parent's side; makes the file."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(_SIZE))
        self._memory = _map(path)
        self._entrances: dict[int, Entrance] = {}

    def announce(self, entrance: Entrance) -> None:
        """Learn what a number stands for."""
        self._entrances[entrance.number] = entrance

    @property
    def calls(self) -> int:
        """How often plugins were entered or left."""
        return _NUMBERS.unpack_from(self._memory)[0]

    @property
    def inside(self) -> Entrance | None:
        """Who is being called now, or was when the worker died."""
        return self._entrances.get(_NUMBERS.unpack_from(self._memory)[1])

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()


def _map(path: Path) -> mmap.mmap:
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), _SIZE)
