"""What a tuner shows: the nearest note, or the nearest string of a tuning, and how far off it is in cents."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ....models.errors import ParameterError
from ...midi.notes import A4, note_name, note_number
from .pitch import WINDOW_S, Pitch, PitchDetector

CONCERT_PITCH_HZ: Final = 440.0
REFERENCE_RANGE_HZ: Final = (415.0, 466.0)
STEADY_READINGS: Final = 3
CHROMATIC: Final = "chromatic"

TUNINGS: Final[Mapping[str, tuple[str, ...]]] = {
    CHROMATIC: (),
    "standard": ("E2", "A2", "D3", "G3", "B3", "E4"),
    "half-step-down": ("D#2", "G#2", "C#3", "F#3", "A#3", "D#4"),
    "drop-d": ("D2", "A2", "D3", "G3", "B3", "E4"),
    "drop-c": ("C2", "G2", "C3", "F3", "A3", "D4"),
    "dadgad": ("D2", "A2", "D3", "G3", "A3", "D4"),
    "open-g": ("D2", "G2", "D3", "G3", "B3", "D4"),
    "7-string": ("B1", "E2", "A2", "D3", "G3", "B3", "E4"),
    "bass": ("E1", "A1", "D2", "G2"),
    "bass-drop-d": ("D1", "A1", "D2", "G2"),
    "bass-5": ("B0", "E1", "A1", "D2", "G2"),
}
"""Notes of the open strings, lowest string first; no strings: any note."""


@dataclass(frozen=True)
class Reading:
    """What the needle shows.

    Attributes
    ----------
    note : str
        ``E2``: the note that is meant.
    cents : float
        How much too high it is; negative: too low.
    frequency : float
        Of the string, in Hz.
    string : int or None
        Number of the string, 1 the highest, when a tuning is chosen.
    """

    note: str
    cents: float
    frequency: float
    string: int | None = None


def read_pitch(frequency: float, *, reference_hz: float = CONCERT_PITCH_HZ, tuning: str = CHROMATIC) -> Reading:
    """Tell which note a frequency in Hz is nearest to, and by how many cents it is off.

    Raises
    ------
    ParameterError
        When `reference_hz` is not from 415 to 466 Hz, or there is no such tuning.
    """
    check_tuner(reference_hz, tuning)
    number = A4 + 12 * log2(frequency / reference_hz)
    strings = [note_number(name) for name in TUNINGS[tuning]]
    nearest = min(strings, key=lambda string: abs(string - number), default=round(number))
    string = len(strings) - strings.index(nearest) if strings else None
    return Reading(note_name(nearest), 100 * (number - nearest), frequency, string)


def check_tuner(reference_hz: float, tuning: str) -> None:
    """Raise `ParameterError` for a reference pitch or a tuning that is not there."""
    low, high = REFERENCE_RANGE_HZ
    if not low <= reference_hz <= high:
        raise ParameterError(f"reference pitch is {reference_hz:g} Hz: use a value from {low:g} to {high:g} for A4")
    if tuning not in TUNINGS:
        raise ParameterError(f"no tuning is called {tuning!r}: use {', '.join(TUNINGS)}")


class Tuner:
    """Listens to the input, apart from the audio, and tells what the needle shows.

    Parameters
    ----------
    sample_rate : float
        Of the audio in Hz.
    reference_hz : float
        Of A4, 415 to 466.
    tuning : str
        One of `TUNINGS`.

    Attributes
    ----------
    latency_s : float
        Age in seconds of what a reading tells.
    window : int
        Frames that a reading takes in.
    """

    def __init__(self, sample_rate: float, *, reference_hz: float = CONCERT_PITCH_HZ, tuning: str = CHROMATIC) -> None:
        check_tuner(reference_hz, tuning)
        self.reference_hz = reference_hz
        self.tuning = tuning
        self._detector = PitchDetector(sample_rate)
        self._recent: deque[float] = deque(maxlen=STEADY_READINGS)
        self.latency_s = self._detector.latency_s
        self.window = round(WINDOW_S * sample_rate)

    def push(self, block: NDArray[np.floating]) -> None:
        """Take the next frames, shape (frames,) or (channels, frames); channels are summed."""
        self._detector.push(block if block.ndim == 1 else block.sum(axis=0))

    def read(self) -> Reading | None:
        """What the needle shows now; None in silence and while several strings sound.

        The median of the last three calls, so that the moment of the pick does not throw it.
        """
        pitch: Pitch | None = self._detector.detect()
        if pitch is None:
            self._recent.clear()
            return None
        if self._recent and abs(log2(pitch.frequency / self._recent[-1])) > 1 / 24:  # another note
            self._recent.clear()
        self._recent.append(pitch.frequency)
        return read_pitch(median(self._recent), reference_hz=self.reference_hz, tuning=self.tuning)

    def reset(self) -> None:
        """Forget what was heard, as when frames were missed."""
        self._detector.reset()
        self._recent.clear()
