"""Which foreign plugin the engine is inside of, written where its death does not reach."""

import json
from dataclasses import dataclass

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
            places = [(identity.location, identity.plugin) for identity in identities]
            self._region.name_entrance(number, json.dumps([stage, places]))
        self._inside.append(number)
        self._words[Word.INSIDE] = number

    def leave(self) -> None:
        """Note that the call has returned."""
        self._inside.pop()
        self._words[Word.INSIDE] = self._inside[-1] if self._inside else 0


@dataclass(frozen=True)
class Culprit:
    """The plugins an engine was calling when it ended, by location and plugin (see `PluginIdentity`), and what for."""

    stage: str
    plugins: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        names = ", ".join(f"{location} {plugin}".strip() for location, plugin in self.plugins)
        return f"{names}, {self.stage}"

    @classmethod
    def read(cls, region: Region) -> "Culprit | None":
        """Who it was; None when no foreign plugin was being called."""
        text = region.inside
        if not text:
            return None
        try:
            stage, places = json.loads(text)
            return cls(str(stage), tuple((str(location), str(plugin)) for location, plugin in places))
        except ValueError:  # a name too long for its place
            return None
