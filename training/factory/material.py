"""Training material: random playing of the synthetic guitar and bass in several styles and levels, sweeps and noise."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..instruments.electric import BASS, GUITAR, play
from ..instruments.notes import Note, TempoMap

PHRASE_BEATS: Final = 8
QUIETEST_DB, LOUDEST_DB = -30.0, -2.0  # peaks
LONGEST_PHRASE: Final = 6.0  # seconds
SPREAD_SECONDS: Final = 0.006  # between the strings of a strummed chord
TEST_SIGNAL_SECONDS: Final = 2.0
MINOR: Final = (0, 3, 5, 7, 10)


def _arpeggio(random: np.random.Generator) -> list[Note]:
    frets = random.integers(0, 4, 6)
    strings = [int(random.integers(4, 7)), *(int(s) for s in random.permutation([1, 2, 3, 4])[:3])]
    return [
        Note(i / 2, PHRASE_BEATS - i / 2, string, int(frets[string - 1]), float(random.uniform(0.4, 0.9)))
        for i, string in enumerate((strings + strings[::-1]) * 2)
    ]


def _strums(random: np.random.Generator) -> list[Note]:
    notes: list[Note] = []
    for beat in range(0, PHRASE_BEATS, 2):
        root, level = int(random.integers(0, 8)), float(random.uniform(0.4, 1.0))
        shape = (0, 2, 2, int(random.integers(0, 2)), 0, 0)
        notes += [
            Note(beat + SPREAD_SECONDS * 2 * i, float(random.choice([0.5, 1.8])), 6 - i, root + fret, level)
            for i, fret in enumerate(shape[: int(random.integers(3, 7))])
        ]
    return notes


def _riff(random: np.random.Generator) -> list[Note]:
    notes: list[Note] = []
    beat = 0.0
    while beat < PHRASE_BEATS:
        root, string = int(random.integers(0, 8)), int(random.integers(5, 7))
        if random.uniform() < 0.5:
            notes.append(Note(beat, 0.24, string, root % 3, float(random.uniform(0.7, 1.0)), muted=True))
            beat += 0.25
            continue
        held = float(random.choice([0.5, 0.75, 1.0, 2.0]))
        power_chord = ((string, root), (string - 1, root + 2), (string - 2, root + 2))
        notes += [Note(beat + 0.012 * i, held - 0.05, s, f, 0.95) for i, (s, f) in enumerate(power_chord)]
        beat += held
    return notes


def _lead(random: np.random.Generator) -> list[Note]:
    notes: list[Note] = []
    beat = 0.0
    while beat < PHRASE_BEATS:
        held = float(random.choice([0.25, 0.5, 0.5, 1.0, 2.0]))
        bend = ((0.0, 0.0), (0.1, 0.0), (0.4, 2.0)) if held >= 1 and random.uniform() < 0.4 else ()
        fret = int(random.choice([0, 3, 5, 7, 8, 10, 12, 15]))
        notes.append(
            Note(
                beat,
                held - 0.02,
                int(random.integers(1, 5)),
                fret,
                float(random.uniform(0.5, 1.0)),
                bend=bend,
                vibrato=0.25 if held >= 1 else 0.0,
            )
        )
        beat += held
    return notes


def _bass_line(random: np.random.Generator) -> list[Note]:
    step = float(random.choice([0.5, 1.0]))
    return [
        Note(
            i * step,
            step * float(random.uniform(0.6, 1.0)),
            int(random.integers(2, 5)),
            int(random.choice(MINOR)),
            float(random.uniform(0.5, 1.0)),
        )
        for i in range(int(PHRASE_BEATS / step))
    ]


STYLES: Final = (
    (GUITAR, _arpeggio),
    (GUITAR, _riff),
    (GUITAR, _lead),
    (GUITAR, _strums),
    (GUITAR, _lead),
    (BASS, _bass_line),
    (GUITAR, _riff),
)


def training_material(seconds: float, sample_rate: int, *, seed: int) -> NDArray[np.float64]:
    """Make something to send through a device.

    Parameters
    ----------
    seconds : float
        About how long; it ends with the phrase that reaches it.
    sample_rate : int
        In Hz.
    seed : int
        Of everything random in it.

    Returns
    -------
    ndarray of float64, shape (frames,)
        A sweep and noise bursts, then phrases of all styles in turn with peaks from -30 to -2 dBFS.
    """
    random = np.random.default_rng(seed)
    parts = [_sweep(sample_rate), _noise(sample_rate, random)]
    length = sum(part.size for part in parts)
    return np.concatenate([*parts, playing(seconds * sample_rate - length, sample_rate, random)])


def playing(frames: float, sample_rate: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Play phrases of all styles in turn.

    Parameters
    ----------
    frames : float
        At least how many; it ends with the phrase that reaches them.
    sample_rate : int
        In Hz.
    random : numpy.random.Generator
        Of everything random in it.

    Returns
    -------
    ndarray of float64, shape (frames or more,)
        Peaks of the phrases are from -30 to -2 dBFS.
    """
    parts: list[NDArray[np.float64]] = [np.zeros(0)]
    length = index = 0
    while length < frames:
        instrument, phrase = STYLES[index % len(STYLES)]
        tempo = TempoMap(((0.0, float(random.uniform(85, 170))),))
        part = play(
            instrument,
            phrase(random),
            tempo,
            seconds=min(tempo.seconds(PHRASE_BEATS), LONGEST_PHRASE),
            sample_rate=sample_rate,
            seed=int(random.integers(1 << 31)),
        )
        # More loud phrases than quiet ones: the square root keeps a uniform number near 1.
        level_db = QUIETEST_DB + (LOUDEST_DB - QUIETEST_DB) * float(np.sqrt(random.uniform()))
        parts.append(part * 10 ** (level_db / 20) / np.abs(part).max())
        length += part.size
        index += 1
    return np.concatenate(parts)


def _sweep(sample_rate: int) -> NDArray[np.float64]:
    """Exponential sine sweep from 30 Hz to 18 kHz, at -6 dBFS, with a swelling level."""
    time = np.arange(round(TEST_SIGNAL_SECONDS * sample_rate)) / sample_rate
    rate = np.log(18_000 / 30) / TEST_SIGNAL_SECONDS
    phase = 2 * np.pi * 30 / rate * np.expm1(rate * time)
    return 0.5 * np.sin(phase) * np.sin(np.pi * time / TEST_SIGNAL_SECONDS)


def _noise(sample_rate: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Bursts of noise that grow louder, each followed by silence."""
    burst = round(TEST_SIGNAL_SECONDS * sample_rate / 8)
    levels = np.repeat([0.03, 0.0, 0.08, 0.0, 0.2, 0.0, 0.4, 0.0], burst)
    return levels * random.uniform(-1, 1, levels.size)
