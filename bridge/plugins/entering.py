"""Which foreign plugin is being called: a trace that outlives the process.

A worker process installs a `Trail`; whoever calls into a foreign plugin does it inside `entered`. Without a trail
that costs a comparison.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol
from weakref import WeakKeyDictionary

import pedalboard

from .identity import PluginIdentity


class Trail(Protocol):
    """Where it is noted which plugins are being called."""

    def enter(self, identities: tuple[PluginIdentity, ...], stage: str) -> None:
        """Note that one of these plugins is called, and what for."""
        ...

    def leave(self) -> None:
        """Note that it has returned."""
        ...


_trail: Trail | None = None
_identities: WeakKeyDictionary[pedalboard.Plugin, PluginIdentity] = WeakKeyDictionary()


def install_trail(trail: Trail | None) -> None:
    """From now on note calls there; None: nowhere."""
    global _trail
    _trail = trail


@contextmanager
def entered(identities: tuple[PluginIdentity, ...], stage: str) -> Generator[None]:
    """Mark the block in which one of these plugins runs."""
    if _trail is None or not identities:
        yield
        return
    trail = _trail
    trail.enter(identities, stage)
    try:
        yield
    finally:
        trail.leave()


def remember_identity(plugin: pedalboard.Plugin, identity: PluginIdentity) -> None:
    """Note where a foreign plugin comes from, as long as the object lives."""
    _identities[plugin] = identity


def identity_of(plugin: pedalboard.Plugin) -> PluginIdentity | None:
    """Where a foreign plugin comes from; None for our own and pedalboard's."""
    return _identities.get(plugin)
