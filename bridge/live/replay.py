"""A show again, from its log and the sound that came in: the same samples."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ...models.errors import AudioError
from ..audio import Audio
from ..rendering.score import Programme
from .desk import Desk
from .log import Played
from .records import Record
from .rig import Layout, Rig

_NAMES: Final = ("sample_rate", "block", "channels", "outputs")


def replay(played: Played, sound: Audio) -> Audio:
    """Render what an engine played: every command takes effect before the block in which it did.

    Parameters
    ----------
    played : Played
        The log; the preset or setlist it names must be as it was.
    sound : ndarray of float32, shape (channels, frames)
        What came in, from the engine's first frame on.

    Returns
    -------
    ndarray of float32, shape (outputs, frames)
        What the engine put out, bit for bit, late by the chains' latency as it was.

    Raises
    ------
    AudioError
        When `sound` has other channels than the engine had.
    AmpboardError
        When a preset cannot be made.

    Notes
    -----
    A real time thread of JACK and this one must treat denormal numbers the same way: both leave them as they are.
    """
    layout = Layout(*(int(played.start[name]) for name in _NAMES))
    if sound.shape[0] != layout.channels:
        raise AudioError(f"the recording has {sound.shape[0]} channels: the engine had {layout.channels}")
    programme = Programme.load(played.start["preset"] or None, played.start["setlist"] or None)
    slot = int(played.start["slot"])
    excluded = [(str(location), str(plugin)) for location, plugin in played.start["excluded"]]
    rig = Rig(programme, layout, initial=slot, excluded=excluded)
    with np.errstate(all="ignore"):
        parts = list(_blocks(rig, Desk(rig, slot=slot), played.commands, sound))
    return np.concatenate(parts, axis=1) if parts else np.zeros((layout.outputs, 0), np.float32)


def _blocks(rig: Rig, desk: Desk, commands: tuple[tuple[int, Record], ...], sound: Audio) -> Iterator[Audio]:
    waiting = list(reversed(commands))
    for frame in range(0, sound.shape[1], rig.layout.block):
        while waiting and waiting[-1][0] <= frame:
            desk.apply(waiting.pop()[1])
        yield rig.play(np.ascontiguousarray(sound[:, frame : frame + rig.layout.block]))[0]
