"""``python -m tests.benchmarks.repair FOLDER``: how well gaps in recordings are filled, as docs/repair.md tells it."""

import sys
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ampboard.bridge import repair_audio
from ampboard.training.repair.corruption import scattered_gaps
from ampboard.training.repair.linear_prediction import gaps_of, interpolate

RATES: Final = (48_000, 44_100)
DRAWS: Final = 3
EDGES_MS: Final = (2, 5, 10, 20, 30, 40)
LONG_ORDER, LONG_CONTEXT = 1024, 4096
HEAD: Final = "| recording | model | order 64 | order 1024 |\n|---|---|---|---|\n"


def energies(sound: NDArray[np.float32], rate: int, seed: int) -> NDArray[np.float64]:
    """Energy of the sound in the gaps and of each method's error, shape (gap lengths, 4)."""
    shortest, longest = (round(ms * rate / 1000) for ms in (EDGES_MS[0], EDGES_MS[-1]))
    missing = scattered_gaps(sound.size, shortest, longest, np.random.default_rng(seed))
    filled = (
        np.zeros_like(sound),
        repair_audio(sound, rate, gaps=gaps_of(missing)),
        interpolate(sound, missing),
        interpolate(sound, missing, order=LONG_ORDER, context=LONG_CONTEXT),
    )
    table = np.zeros((len(EDGES_MS) - 1, len(filled)))
    for start, end in gaps_of(missing):
        row = int(np.searchsorted(EDGES_MS[1:-1], 1000 * (end - start) / rate))
        table[row] += [np.sum((sound[start:end] - other[start:end]).astype(np.float64) ** 2) for other in filled]
    return table


def row(name: str, energy: NDArray[np.float64]) -> str:
    """A line of the table: signal-to-noise ratios in dB."""
    cells = " | ".join(f"{10 * np.log10(energy[0] / error):.1f}" for error in energy[1:])
    return f"| {name} | {cells} |\n"


def main() -> None:
    """Print a table for each rate; by the length of the gap for all recordings at equal power."""
    for rate in RATES:
        sys.stdout.write(f"{rate} Hz\n\n{HEAD}")
        pooled = np.zeros((len(EDGES_MS) - 1, 4))
        for path in sorted(Path(sys.argv[1]).iterdir()):
            whole, own_rate = soundfile.read(path, dtype="float32", always_2d=True)
            sound = soxr.resample(whole[:, 0], own_rate, rate)
            table = sum(energies(sound, rate, seed) for seed in range(DRAWS))
            pooled += table / np.mean(sound**2)
            sys.stdout.write(row(path.stem, table.sum(axis=0)))
        sys.stdout.write(row("all at equal power", pooled.sum(axis=0)))
        for low, high, energy in zip(EDGES_MS[:-1], EDGES_MS[1:], pooled, strict=True):
            sys.stdout.write(row(f"gaps of {low} to {high} ms", energy))
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
