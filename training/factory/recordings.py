"""The factory recordings: the tune played by the synthetic guitar and bass, and the MIDI file that switches presets."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..instruments.electric import BASS, GUITAR, play
from ..instruments.tune import SECONDS, TEMPO, bass_notes, guitar_notes, switches

SAMPLE_RATE: Final = 48_000
PEAK_DB: Final = -9.0
SEED: Final = 1983

PARTS: Final = ((GUITAR, guitar_notes), (BASS, bass_notes))


def perform() -> dict[str, NDArray[np.float64]]:
    """Play the tune.

    Returns
    -------
    dict of str to ndarray of float64, shape (frames,)
        One direct signal an instrument, 48 kHz, peak at -9 dBFS.
    """
    performances = {
        instrument.name: play(instrument, notes(), TEMPO, seconds=SECONDS, sample_rate=SAMPLE_RATE, seed=SEED)
        for instrument, notes in PARTS
    }
    return {name: sound * 10 ** (PEAK_DB / 20) / np.abs(sound).max() for name, sound in performances.items()}


def write_recordings(folder: Path) -> list[Path]:
    """Write ``guitar.flac``, ``bass.flac`` (48 kHz, 24 bit, mono) and ``switches.mid``; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, sound in perform().items():
        written.append(folder / f"{name}.flac")
        soundfile.write(written[-1], sound, SAMPLE_RATE, subtype="PCM_24")
    written.append(folder / "switches.mid")
    switches().save(written[-1])
    return written
