"""The picture of a render: what the chain did to the spectrum."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...models.writing import atomic_target

WINDOW = 1 << 13  # frames: bins of 6 Hz at 48 kHz
BANDS_PER_OCTAVE = 6
LOWEST_OCTAVE = 62.5  # Hz, centre
OCTAVES = 8
LOWEST_BAND = LOWEST_OCTAVE * 2 ** (0.5 / BANDS_PER_OCTAVE - 0.5)
SILENCE_DB = -150.0
TICKS = (100, 300, 1000, 3000, 10_000)


@dataclass(frozen=True)
class Spectrum:
    """Power in fractional-octave bands: centre frequencies in Hz, levels in dB relative to full scale."""

    frequencies: NDArray[np.float64]
    levels: NDArray[np.float64]

    def octaves(self) -> NDArray[np.float64]:
        """Levels in dB of whole octaves, from the lowest band up."""
        power = 10 ** (self.levels[: self._whole] / 10)
        return _decibels(power.reshape(-1, BANDS_PER_OCTAVE).sum(axis=1))

    def octave_centres(self) -> NDArray[np.float64]:
        """Centre frequencies in Hz of the octaves: 62.5, 125, 250 and on."""
        return np.ldexp(np.float64(LOWEST_OCTAVE), np.arange(self._whole // BANDS_PER_OCTAVE))

    @property
    def _whole(self) -> int:
        """Bands that make whole octaves."""
        return len(self.frequencies) // BANDS_PER_OCTAVE * BANDS_PER_OCTAVE


def band_spectrum(audio: NDArray[np.float32], sample_rate: float) -> Spectrum:
    """Measure the average power of `audio` in bands of a sixth of an octave (Welch's method, Hann window).

    Parameters
    ----------
    audio : ndarray of float32, shape (channels, frames)
        The signal; channels are averaged.
    sample_rate : float
        In Hz.
    """
    mono = np.atleast_2d(audio).mean(axis=0)
    mono = np.pad(mono, (0, max(0, WINDOW - mono.size)))
    window = np.hanning(WINDOW)
    power = np.zeros(WINDOW // 2 + 1)
    starts = range(0, mono.size - WINDOW + 1, WINDOW // 2)
    for start in starts:
        power += np.abs(np.fft.rfft(mono[start : start + WINDOW] * window)) ** 2
    power *= 2 / (len(starts) * WINDOW * np.sum(window**2))
    bins = np.fft.rfftfreq(WINDOW, 1 / sample_rate)
    frequencies = LOWEST_BAND * 2 ** (np.arange(OCTAVES * BANDS_PER_OCTAVE) / BANDS_PER_OCTAVE)
    frequencies = frequencies[frequencies < sample_rate / 2.2]
    edges = 2 ** (0.5 / BANDS_PER_OCTAVE)
    cumulative = np.concatenate([[0.0], np.cumsum(power)])
    positions = bins + bins[1] / 2  # where each bin's power has been summed

    def up_to(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(frequency, np.concatenate([[0.0], positions]), cumulative)

    return Spectrum(frequencies, _decibels(up_to(frequencies * edges) - up_to(frequencies / edges)))


def draw_spectra(panels: Mapping[str, tuple[Spectrum, Spectrum]], path: Path) -> None:
    """Draw one panel per passage, dry and wet, as a PNG at `path`.

    Parameters
    ----------
    panels : mapping of str to (Spectrum, Spectrum)
        Dry and wet spectrum by the passage's title.
    path : Path
        The picture; written atomically.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.8 * len(panels), 3.4), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for number, (axis, (title, (dry, wet))) in enumerate(zip(axes, panels.items(), strict=True)):
        axis.semilogx(dry.frequencies, dry.levels, label="dry", linewidth=1.8, color="0.6", linestyle="--")
        axis.semilogx(wet.frequencies, wet.levels, label="wet", linewidth=1.8, color=f"C{number}")
        axis.set(title=title, xlabel="frequency in Hz", xlim=(LOWEST_BAND, 11_000), ylim=(-100, -20))
        axis.set_xticks(TICKS, [f"{tick:g}" if tick < 1000 else f"{tick // 1000:g}k" for tick in TICKS])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend()
    axes[0].set_ylabel("level in dB per sixth of an octave")
    with atomic_target(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _decibels(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return 10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10)))
