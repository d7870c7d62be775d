"""The notes of the experiment: the C major scale from middle C as noisy sines."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .corruption import MISSING_PART, scattered_gaps
from .material import FRAME, Examples, Frames

SAMPLE_RATE: Final = 16_000
FREQUENCIES: Final = (261.63, 293.66, 329.63, 349.23, 392.00, 440.00, 493.88)  # Hz
NAMES: Final = ("C", "D", "E", "F", "G", "A", "B")
NOISE: Final = 0.08  # standard deviation; the sines have amplitude 1
NOTE_SECONDS: Final = 0.5  # in the long sound
CROSSFADE_SECONDS: Final = 0.01  # from note to note, around the end of each


def to_unit(sound: NDArray[np.floating]) -> Frames:
    """Map a sound from -1..1 to 0..1, as a Bernoulli output needs it; what is beyond is clipped."""
    return np.clip((sound + 1) / 2, 0, 1).astype(np.float32)


def from_unit(frames: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map 0..1 back to a sound."""
    return 2 * np.asarray(frames, np.float64) - 1


class Notes:
    """Frames of 49 ms of one of the seven notes, at a random phase; see `Material`."""

    missing = 0.5
    labels: tuple[str, ...] = NAMES

    def training(self, count: int, random: np.random.Generator) -> Examples:
        """See `Material`: every draw is new."""
        return self._frames(random.choice(FREQUENCIES, count), random)

    testing = training

    def gallery(self, random: np.random.Generator) -> Examples:
        """See `Material`."""
        return self._frames(np.array(FREQUENCIES), random)

    def signal(self, frames: Frames) -> NDArray[np.float64]:
        """See `Material`."""
        return from_unit(frames)

    @staticmethod
    def _frames(frequencies: NDArray[np.float64], random: np.random.Generator) -> Examples:
        phases = random.uniform(0, 2 * np.pi, (frequencies.size, 1))
        clean = np.sin(2 * np.pi * frequencies[:, None] / SAMPLE_RATE * np.arange(FRAME) + phases)
        return Examples(to_unit(clean + random.normal(0, NOISE, clean.shape)), to_unit(clean))


@dataclass(frozen=True)
class LongSound:
    """A sound with many gaps, 16 kHz, each of shape (frames,).

    Attributes
    ----------
    clean : ndarray of float64
        The notes.
    chopped : ndarray of float64
        The notes with noise, zero in the gaps.
    missing : ndarray of bool
        Where the gaps are.
    """

    clean: NDArray[np.float64]
    chopped: NDArray[np.float64]
    missing: NDArray[np.bool_]


def melody(notes: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Notes in random order, half a second each, every one at a phase of its own, joined by short crossfades."""
    length, fade = round(NOTE_SECONDS * SAMPLE_RATE), round(CROSSFADE_SECONDS * SAMPLE_RATE)
    sound = np.zeros(notes * length + fade)
    rise = np.sin(np.linspace(0, np.pi / 2, fade)) ** 2
    time = np.arange(length + fade)
    for number, frequency in enumerate(random.choice(FREQUENCIES, notes)):
        note = np.sin(2 * np.pi * frequency / SAMPLE_RATE * time + random.uniform(0, 2 * np.pi))
        if number:
            note[:fade] *= rise
        if number < notes - 1:
            note[-fade:] *= rise[::-1]
        sound[number * length : number * length + length + fade] += note
    return sound


def long_sound(notes: int, random: np.random.Generator) -> LongSound:
    """A melody with noise, of which gaps as long as the frames' (a fifth of 49 ms) take a fifth of the time."""
    clean = melody(notes, random)
    gap = FRAME // MISSING_PART
    missing = scattered_gaps(clean.size, gap, gap, random)
    noisy = clean + random.normal(0, NOISE, clean.size)
    return LongSound(clean, np.where(missing, 0.0, noisy), missing)
