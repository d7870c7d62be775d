"""Which foreign plugin the engine is inside of, written where its death does not reach."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..plugins.identity import PluginIdentity
from .region import Region, Word


class EngineTrail:
    """The engine's side; see `ampboard.bridge.plugins.entering.Trail`. Two stores a call, once a plugin is known."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._words = region.words
        self._numbers: dict[tuple[tuple[PluginIdentity, ...], str], int] = {}
        self._inside: list[int] = []

    def enter(self, identities: tuple[PluginIdentity, ...], stage: str) -> None:
        """Note who is called, and what for."""
        number = self._numbers.get((identities, stage))
        if number is None:
            number = self._numbers[identities, stage] = len(self._numbers) + 1
            self._region.name_entrance(number, json.dumps([stage, [asdict(i) for i in identities]], default=str))
        self._inside.append(number)
        self._words[Word.INSIDE] = number

    def leave(self) -> None:
        """Note that the call has returned."""
        self._inside.pop()
        self._words[Word.INSIDE] = self._inside[-1] if self._inside else 0


@dataclass(frozen=True)
class Culprit:
    """The plugins an engine was calling when it ended, and what for."""

    stage: str
    plugins: tuple[PluginIdentity, ...]

    def __str__(self) -> str:
        return " or ".join(identity.short_name for identity in self.plugins)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Location and plugin of each."""
        return tuple((identity.location, identity.plugin) for identity in self.plugins)

    @classmethod
    def read(cls, region: Region) -> "Culprit | None":
        """Who it was; None when no foreign plugin was being called."""
        text = region.inside
        if not text:
            return None
        try:
            stage, plugins = json.loads(text)
            return cls(str(stage), tuple(_identity(plugin) for plugin in plugins))
        except (ValueError, TypeError, KeyError):  # names too long for their place
            return None


def _identity(data: dict[str, Any]) -> PluginIdentity:
    return PluginIdentity(data["kind"], data["location"], data["plugin"], Path(data["binary"]))
