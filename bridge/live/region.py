"""The memory that the engine shares with the process that steers it.

One file that both map: single words that one side writes and the other reads at any time, the histogram of callback
times, the two rings of records, and the sound of the last seconds as the engine got and gave it.
"""

import mmap
import os
import tempfile
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from ..audio import Audio
from .ring import Ring, ring_bytes

COMMANDS: Final = 4096  # records that wait
EVENTS: Final = 16384
SOUND_FRAMES: Final = 1 << 17
MOST_CHANNELS: Final = 8
BINS: Final = 1 << 14
"""Bins of the histogram of callback times, a microsecond each; the last counts all longer ones."""


class Word(IntEnum):
    """What each 64-bit word tells; all are written by the engine.

    FRAMES
        Frames played.
    CALLBACKS
        Blocks played.
    XRUNS
        Times the server reported lost audio.
    INSIDE
        Number of the entrance (a foreign plugin, and what it is called for) that the engine is in, from 1; 0: none.
    LONGEST
        Nanoseconds of the longest callback.
    SOUND
        Frames written to the sound rings.
    ORIGIN
        The backend's clock, in frames, at the first frame played; 0 where it has none.
    """

    FRAMES = 0
    CALLBACKS = 1
    XRUNS = 2
    INSIDE = 3
    LONGEST = 4
    SOUND = 5
    ORIGIN = 6


_WORD_BYTES: Final = 512
_BIN_BYTES: Final = 8 * BINS
_ENTRANCES: Final = 256
_ENTRANCE_BYTES: Final = 1024
_SOUND_BYTES: Final = 4 * SOUND_FRAMES * MOST_CHANNELS


@dataclass(frozen=True)
class Sound:
    """Sound that went through the engine.

    Attributes
    ----------
    start : int
        Frame of the engine at which it begins.
    input, output : ndarray of float32, shape (channels, frames)
        What came in and what went out.
    """

    start: int
    input: Audio
    output: Audio


class Region:
    """Shared memory of one engine; see the module.

    Attributes
    ----------
    words : memoryview
        Unsigned 64-bit words, by `Word`.
    bins : memoryview
        Unsigned 64-bit counts of callbacks by microseconds.
    commands, events : Ring
        To the engine, and from it.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        parts = (_WORD_BYTES, _BIN_BYTES, ring_bytes(COMMANDS), ring_bytes(EVENTS), _SOUND_BYTES, _SOUND_BYTES)
        parts += (_ENTRANCES * _ENTRANCE_BYTES,)
        flags = os.O_RDWR | (os.O_CREAT | os.O_EXCL if create else 0)
        descriptor = os.open(path, flags, 0o600)
        try:
            if create:
                os.ftruncate(descriptor, sum(parts))
            self._map = mmap.mmap(descriptor, sum(parts))
        finally:
            os.close(descriptor)
        whole = memoryview(self._map)
        ends = np.cumsum(parts).tolist()
        views = [whole[end - size : end] for size, end in zip(parts, ends, strict=True)]
        self.words = views[0].cast("Q")
        self.bins = views[1].cast("Q")
        self.commands = Ring(views[2], COMMANDS)
        self.events = Ring(views[3], EVENTS)
        shape = (MOST_CHANNELS, SOUND_FRAMES)
        self._input: NDArray[np.float32] = np.frombuffer(views[4], np.float32).reshape(shape)
        self._entrances = views[6]
        self._output: NDArray[np.float32] = np.frombuffer(views[5], np.float32).reshape(shape)

    @classmethod
    def create(cls) -> Self:
        """Make the memory, in RAM where the system has a place for that, all zero."""
        memory = Path("/dev/shm")
        folder = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
        return cls(folder / f"ampboard-{os.getpid()}-{os.urandom(6).hex()}", create=True)

    @classmethod
    def attach(cls, path: str | Path) -> Self:
        """Map what another process has made."""
        return cls(Path(path), create=False)

    def remove(self) -> None:
        """Take the file away; those who have mapped it keep the memory."""
        self.path.unlink(missing_ok=True)

    def name_entrance(self, number: int, text: str) -> None:
        """Say what a number of `Word.INSIDE` stands for, before it is first used; for the engine."""
        if 0 < number <= _ENTRANCES:
            content = text.encode()[: _ENTRANCE_BYTES - 1]
            start = (number - 1) * _ENTRANCE_BYTES
            self._entrances[start : start + len(content)] = content

    @property
    def inside(self) -> str:
        """What the engine is in, or was when it ended; empty when in no foreign plugin."""
        number = self.words[Word.INSIDE]
        if not 0 < number <= _ENTRANCES:
            return ""
        start = (number - 1) * _ENTRANCE_BYTES
        content = bytes(self._entrances[start : start + _ENTRANCE_BYTES])
        return content.partition(b"\0")[0].decode(errors="replace")

    def touch(self) -> None:
        """Have the sound rings in RAM before they are written for the first time; for the engine."""
        self._input.fill(0.0)
        self._output.fill(0.0)

    def write_sound(self, played: Audio, output: Audio) -> None:
        """Keep a block; for the engine."""
        written = self.words[Word.SOUND]
        frames = played.shape[1]
        position = written % SOUND_FRAMES
        first = min(frames, SOUND_FRAMES - position)
        for ring, block in ((self._input, played), (self._output, output)):
            ring[: block.shape[0], position : position + first] = block[:, :first]
            if first < frames:
                ring[: block.shape[0], : frames - first] = block[:, first:]
        self.words[Word.SOUND] = written + frames

    def read_sound(self, start: int, channels: int, outputs: int) -> Sound:
        """Sound from frame `start` on, as much as there is; begins later where it was overwritten already.

        Parameters
        ----------
        start : int
            Frame of the engine; negative: so many frames before the newest.
        channels, outputs : int
            How many channels come in and go out.
        """
        written = self.words[Word.SOUND]
        start = max(written + start if start < 0 else start, written - SOUND_FRAMES, 0)
        places = np.arange(start, written) % SOUND_FRAMES
        played, output = self._input[:channels, places], self._output[:outputs, places]
        lost = max(self.words[Word.SOUND] - SOUND_FRAMES - start, 0)  # overwritten while it was copied
        return Sound(start + lost, played[:, lost:], output[:, lost:])
