"""The factory cabinets: impulse responses as float32 wave files."""

from pathlib import Path
from struct import pack
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..devices.loudspeaker import CABINETS, impulse_response

SAMPLE_RATE: Final = 48_000
IEEE_FLOAT: Final = 3


def write_cabinets(folder: Path) -> list[Path]:
    """Write one ``<name>.wav`` a cabinet (48 kHz, float32, mono); return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for cabinet in CABINETS:
        written.append(folder / f"{cabinet.name}.wav")
        written[-1].write_bytes(float_wave(impulse_response(cabinet, SAMPLE_RATE), SAMPLE_RATE))
    return written


def float_wave(sound: NDArray[np.float32], sample_rate: int) -> bytes:
    """Encode a mono float32 wave file.

    libsndfile would add a peak chunk with the time of day, and the file would never be the same twice.
    """
    chunks = (
        (b"fmt ", pack("<HHIIHHH", IEEE_FLOAT, 1, sample_rate, 4 * sample_rate, 4, 32, 0)),
        (b"fact", pack("<I", sound.size)),
        (b"data", sound.astype("<f4").tobytes()),
    )
    body = b"WAVE" + b"".join(name + pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + pack("<I", len(body)) + body
