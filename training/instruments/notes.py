"""Note data: what a string player reads, and the tempo map that turns beats into seconds."""

from dataclasses import dataclass
from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

VIBRATO_HZ: Final = 5.2
VIBRATO_ONSET: Final = 0.25  # seconds until a vibrato has its full depth


@dataclass(frozen=True)
class Note:
    """One plucked note.

    Attributes
    ----------
    beat, beats : float
        Start, and how long it is held, in quarter notes.
    string, fret : int
        String 1 is the highest.
    level : float
        0 to 1.
    muted : bool
        Palm muted.
    bend : tuple of (float, float)
        Bend of the string: pairs of beats after the start and semitones, joined by lines.
    vibrato : float
        Depth in semitones, both ways.
    """

    beat: float
    beats: float
    string: int
    fret: int
    level: float = 0.8
    muted: bool = False
    bend: tuple[tuple[float, float], ...] = ()
    vibrato: float = 0.0

    def semitones(self, beats: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Deviation from the fretted pitch, in semitones, at times after the start in beats and in seconds."""
        at = [beat for beat, _ in self.bend] or [0.0]
        by = [height for _, height in self.bend] or [0.0]
        depth = self.vibrato * np.clip(seconds / VIBRATO_ONSET - 1, 0, 1)
        return np.interp(beats, at, by) + depth * np.sin(2 * pi * VIBRATO_HZ * seconds)


@dataclass(frozen=True)
class TempoMap:
    """Tempo changes at beats.

    Attributes
    ----------
    changes : tuple of (float, float)
        Pairs of beat and quarter notes a minute that hold from there; the first at beat 0.
    """

    changes: tuple[tuple[float, float], ...]

    def seconds(self, beat: float) -> float:
        """Time of a beat, in seconds from the start."""
        time = 0.0
        for (start, bpm), (end, _) in zip(self.changes, (*self.changes[1:], (np.inf, 0.0)), strict=True):
            if beat <= end:
                return time + (beat - start) * 60 / bpm
            time += (end - start) * 60 / bpm
        return time
