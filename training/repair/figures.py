"""The experiment's pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ...models.writing import atomic_target
from .digits import SIDE
from .material import FRAME, Frames

DOTS_PER_INCH: Final = 80
WINDOW: Final = 256  # of the spectrogram
LOUDEST_DB, QUIETEST_DB = 0.0, -60.0
GAP_COLOUR: Final = "#f3c9a8"


def draw_sounds(
    path: Path,
    title: str,
    sounds: Sequence[tuple[str, NDArray[np.float64]]],
    sample_rate: int,
    missing: NDArray[np.bool_] | None = None,
) -> Path:
    """Draw waveform and spectrogram of sounds side by side.

    Parameters
    ----------
    path : Path
        The PNG to write.
    title : str
        Above all.
    sounds : sequence of (str, ndarray of float64)
        What each is called, and its frames.
    sample_rate : int
        In Hz.
    missing : ndarray of bool, optional
        Where gaps are, shaded in the waveforms.
    """
    figure = Figure(figsize=(4.2 * len(sounds), 4.6), layout="constrained")
    axes = figure.subplots(2, len(sounds), sharex=True, squeeze=False)
    for column, (name, sound) in enumerate(sounds):
        wave, spectrum = axes[0, column], axes[1, column]
        seconds = np.arange(sound.size) / sample_rate
        if missing is not None:
            wave.fill_between(seconds, -1.3, 1.3, where=missing.tolist(), color=GAP_COLOUR, linewidth=0)
        wave.plot(seconds, sound, linewidth=0.6)
        wave.set(title=name, ylim=(-1.3, 1.3))
        _draw_spectrogram(spectrum, sound, sample_rate)
        spectrum.set(xlabel="seconds")
    axes[0, 0].set_ylabel("amplitude")
    axes[1, 0].set_ylabel("Hz")
    return _save(figure, title, path)


def draw_pictures(path: Path, title: str, rows: Sequence[tuple[str, Frames]]) -> Path:
    """Draw rows of 28 x 28 pictures, a name before each row."""
    columns = len(rows[0][1])
    figure = Figure(figsize=(1 + 0.8 * columns, 0.3 + 0.9 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, frames) in zip(axes, rows, strict=True):
        for place, frame in zip(line, frames, strict=True):
            place.imshow(frame.reshape(SIDE, SIDE), cmap="gray", vmin=0, vmax=1)
            place.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return _save(figure, title, path)


def draw_waves(path: Path, title: str, rows: Sequence[tuple[str, Frames]]) -> Path:
    """Draw rows of single frames of 784 values as curves, a name before each row."""
    columns = len(rows[0][1])
    figure = Figure(figsize=(1 + 1.5 * columns, 0.3 + 0.9 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False, sharex=True, sharey=True)
    for line, (name, frames) in zip(axes, rows, strict=True):
        for place, frame in zip(line, frames, strict=True):
            place.plot(np.arange(FRAME), frame, linewidth=0.6)
            place.set(xticks=[], yticks=[], ylim=(-0.1, 1.1))
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return _save(figure, title, path)


def _draw_spectrogram(axes: Axes, sound: NDArray[np.float64], sample_rate: int) -> None:
    hop = WINDOW // 8
    padded = np.pad(sound, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::hop] * np.hanning(WINDOW)
    level = 20 * np.log10(np.abs(np.fft.rfft(frames, 4 * WINDOW)).T / (WINDOW / 4) + 1e-9)
    axes.imshow(
        level,
        origin="lower",
        aspect="auto",
        extent=(0, sound.size / sample_rate, 0, sample_rate / 2),
        vmin=QUIETEST_DB,
        vmax=LOUDEST_DB,
        cmap="magma",
    )
    axes.set_ylim(0, 2000)


def _save(figure: Figure, title: str, path: Path) -> Path:
    figure.suptitle(title)
    with atomic_target(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)
    return path
