"""An electric guitar and an electric bass: strings, pickup, and a player who turns notes into a direct signal."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .notes import Note, TempoMap
from .plucked_string import Decay, Pluck, pluck_string

MUTED: Final = Decay(fundamental=0.35, bright=0.09)
MUTED_BANDWIDTH: Final = 0.45  # of the open pluck's
TIMING_SECONDS: Final = 0.003
LEVEL_SPREAD: Final = 0.05


@dataclass(frozen=True)
class Electric:
    """An electric string instrument.

    Attributes
    ----------
    name : str
        ``guitar`` or ``bass``.
    tuning : tuple of int
        MIDI note numbers of the open strings, first (highest) string first, as players number them.
    open_decay, top_decay : Decay
        Decay of the lowest open string and of a note two octaves above it; in between on a logarithmic scale.
    pluck : Pluck
        How it is played at full level.
    pickup_position : float
        Part of the open string's length between bridge and pickup.
    resonance, resonance_q : float
        The pickup's resonance with its cable, in Hz, and its Q.
    low_cut : float
        Corner in Hz of the high-pass at the input of the interface.
    """

    name: str
    tuning: tuple[int, ...]
    open_decay: Decay
    top_decay: Decay
    pluck: Pluck
    pickup_position: float
    resonance: float
    resonance_q: float
    low_cut: float

    def pitch(self, string: int, fret: int) -> float:
        """Fundamental in Hz of a fretted string in equal temperament, A4 = 440 Hz."""
        return 440.0 * 2 ** ((self.tuning[string - 1] + fret - 69) / 12)

    def decay(self, frequency: float) -> Decay:
        """Decay of an open or fretted note of this pitch."""
        lowest = self.pitch(len(self.tuning), 0)
        height = min(np.log2(frequency / lowest) / 2, 1.5)
        return Decay(
            self.open_decay.fundamental * (self.top_decay.fundamental / self.open_decay.fundamental) ** height,
            self.open_decay.bright * (self.top_decay.bright / self.open_decay.bright) ** height,
        )


GUITAR: Final = Electric(
    name="guitar",
    tuning=(64, 59, 55, 50, 45, 40),
    open_decay=Decay(9.0, 1.1),
    top_decay=Decay(5.0, 0.8),
    pluck=Pluck(level=1.0, position=0.13, bandwidth=2600.0, noise=0.2),
    pickup_position=0.09,
    resonance=4200.0,
    resonance_q=1.6,
    low_cut=30.0,
)

BASS: Final = Electric(
    name="bass",
    tuning=(43, 38, 33, 28),
    open_decay=Decay(8.0, 0.45),
    top_decay=Decay(5.0, 0.4),
    pluck=Pluck(level=1.0, position=0.2, bandwidth=900.0, noise=0.12),
    pickup_position=0.16,
    resonance=2800.0,
    resonance_q=1.1,
    low_cut=20.0,
)


def play(
    instrument: Electric, notes: Iterable[Note], tempo: TempoMap, *, seconds: float, sample_rate: float, seed: int
) -> NDArray[np.float64]:
    """Play notes on an instrument.

    Parameters
    ----------
    instrument : Electric
        Who sounds.
    notes : iterable of Note
        In any order. A new note on a string stops the one that sounds there.
    tempo : TempoMap
        From beats to seconds.
    seconds : float
        Length of the result.
    sample_rate : float
        In Hz.
    seed : int
        Of the player's small deviations (up to some milliseconds late, a few percent in level) and of the pick's noise.

    Returns
    -------
    ndarray of float64, shape (frames,)
        The direct signal, of arbitrary level.
    """
    random = np.random.default_rng(seed)
    out = np.zeros(round(seconds * sample_rate))
    by_string: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda note: (note.beat, -note.string)):
        by_string.setdefault(note.string, []).append(note)
    for string in sorted(by_string):
        sequence = by_string[string]
        starts = [tempo.seconds(note.beat) + min(abs(random.normal(0, TIMING_SECONDS)), 0.01) for note in sequence]
        for index, (note, start) in enumerate(zip(sequence, starts, strict=True)):
            stop = tempo.seconds(note.beat + note.beats)
            if index + 1 < len(sequence):
                stop = min(stop, starts[index + 1])
            first = round(start * sample_rate)
            sound = _sound(instrument, note, tempo, stop - start, sample_rate, random)[: out.size - first]
            out[first : first + sound.size] += sound
    return _pickup(out, instrument, sample_rate)


def _sound(
    instrument: Electric, note: Note, tempo: TempoMap, held: float, sample_rate: float, random: np.random.Generator
) -> NDArray[np.float64]:
    frequency = instrument.pitch(note.string, note.fret)
    full = instrument.pluck
    level = float(np.clip(note.level * random.normal(1, LEVEL_SPREAD), 0.05, 1.0))
    pluck = Pluck(level, full.position, full.bandwidth * (MUTED_BANDWIDTH if note.muted else 1.0), full.noise)
    decay = MUTED if note.muted else instrument.decay(frequency)
    sound = pluck_string(
        frequency, 1.2 * held + 0.2, pluck=pluck, decay=decay, sample_rate=sample_rate, held=held, noise=random
    )
    sound = _at_pickup(sound, instrument.pickup_position * sample_rate / instrument.pitch(note.string, 0))
    if not note.bend and not note.vibrato:
        return sound[: round((held + 0.15) * sample_rate)]
    times = np.arange(round((held + 0.15) * sample_rate)) / sample_rate
    beat = tempo.seconds(note.beat + 1) - tempo.seconds(note.beat)
    return _bend(sound, note.semitones(times / beat, times))


def _at_pickup(sound: NDArray[np.float64], delay: float) -> NDArray[np.float64]:
    shift = max(1, round(delay))
    heard = sound.copy()
    heard[shift:] -= sound[:-shift]
    return heard


def _bend(sound: NDArray[np.float64], semitones: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read the note faster or slower (four-point cubic interpolation), as a stretched string sounds higher."""
    position = np.concatenate([[0.0], np.cumsum(2 ** (semitones[:-1] / 12))])
    position = position[position < sound.size - 3]
    whole = position.astype(np.int64)
    x = position - whole
    padded = np.concatenate([[0.0], sound, [0.0, 0.0]])
    a, b, c, d = (padded[whole + tap] for tap in range(4))
    cubic = b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
    return cubic.astype(np.float64)


def _pickup(signal: NDArray[np.float64], instrument: Electric, sample_rate: float) -> NDArray[np.float64]:
    omega = 2 * pi * instrument.resonance / sample_rate
    alpha = sin(omega) / (2 * instrument.resonance_q)
    feed = (1 - cos(omega)) / 2
    low_pass = np.array([feed, 2 * feed, feed, -2 * cos(omega), 1 - alpha]) / (1 + alpha)
    omega = 2 * pi * instrument.low_cut / sample_rate
    alpha = sin(omega) / (2 * 0.7071)
    feed = (1 + cos(omega)) / 2
    high_pass = np.array([feed, -2 * feed, feed, -2 * cos(omega), 1 - alpha]) / (1 + alpha)
    return _biquad(_biquad(signal, low_pass), high_pass)


@njit(cache=True)
def _biquad(signal: NDArray[np.float64], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    b0, b1, b2, a1, a2 = coefficients
    out = np.empty_like(signal)
    first = second = 0.0
    for frame in range(signal.size):
        x = signal[frame]
        y = b0 * x + first
        first = b1 * x - a1 * y + second
        second = b2 * x - a2 * y
        out[frame] = y
    return out
