"""The main job on material that ships: dry guitar and bass through presets that a MIDI file switches, and their mix."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...models.errors import AudioError
from ...presets.library import factory_folder
from ..audio import Audio
from .engine import Progress, render
from .formats import AudioSource
from .mixing import MixResult, Stem, mix
from .result import RenderResult
from .spectra import Spectrum, band_spectrum, draw_spectra

SETLISTS: Final = {"guitar": "demo", "bass": "demo-bass"}
STEMS: Final = {"guitar": (0.0, 0.15), "bass": (-6.0, -0.1)}
"""Gain in dB and pan of each stem in the mix."""

HEARD: Final = 25.0  # dB below the loudest octave: what lies deeper is not compared


@dataclass(frozen=True)
class DemoPart:
    """What one preset did to one stem while it played.

    Attributes
    ----------
    stem, preset : str
        Which.
    start, end : float
        Seconds.
    dry_level, wet_level : float
        RMS in dB relative to full scale.
    changed_octave, largest_change : float
        The octave (centre in Hz) whose share of the sound changed most, and by how many dB.
    """

    stem: str
    preset: str
    start: float
    end: float
    dry_level: float
    wet_level: float
    changed_octave: float
    largest_change: float


@dataclass(frozen=True)
class DemoResult:
    """What the demo wrote."""

    stems: tuple[RenderResult, ...]
    mix: MixResult
    presets: tuple[DemoPart, ...]
    picture: Path


def render_demo(out_dir: Path, *, overwrite: bool = False, progress: Progress | None = None) -> DemoResult:
    """Render the shipped recordings through the factory presets.

    Parameters
    ----------
    out_dir : Path
        Folder for ``guitar.wav``, ``bass.wav``, ``mix.wav`` and ``spectra.png``.
    overwrite : bool
        Replace what is there.
    progress : callable, optional
        As for `render`.

    Raises
    ------
    AudioError
        When a result exists and `overwrite` is not given; nothing is written then.
    """
    recordings = factory_folder() / "recordings"
    mixed, picture = out_dir / "mix.wav", out_dir / "spectra.png"
    for path in (*(out_dir / f"{stem}.wav" for stem in SETLISTS), mixed, picture):
        if path.exists() and not overwrite:
            raise AudioError(f"{path} exists: choose another folder with --out, or allow overwriting with --overwrite")
    stems = tuple(
        render(
            recordings / f"{stem}.flac",
            out_dir=out_dir,
            setlist=setlist,
            midi=recordings / "switches.mid",
            channels=2,
            overwrite=overwrite,
            progress=progress,
        )[0]
        for stem, setlist in SETLISTS.items()
    )
    result = mix(
        [Stem(stem.path, *STEMS[stem.path.stem]) for stem in stems], mixed, loudness=-16.0, overwrite=overwrite
    )
    parts, panels = list[DemoPart](), dict[str, tuple[Spectrum, Spectrum]]()
    for stem in stems:
        dry, wet = _read(stem.source), _read(stem.path)
        for preset, first, end in _passages(stem, dry.shape[1]):
            before = band_spectrum(dry[:, first:end], stem.sample_rate)
            after = band_spectrum(wet[:, first:end], stem.sample_rate)
            octave, change = _largest_change(before, after)
            rate = stem.sample_rate
            levels = _level(dry[:, first:end]), _level(wet[:, first:end])
            parts.append(DemoPart(stem.path.stem, preset, first / rate, end / rate, *levels, octave, change))
            panels[f"{stem.path.stem}: {preset}"] = before, after
    draw_spectra(panels, picture)
    return DemoResult(stems, result, tuple(parts), picture)


def _read(path: Path) -> Audio:
    return np.concatenate(list(AudioSource.open(path).blocks(1 << 16)), axis=1)


def _passages(result: RenderResult, frames: int) -> Iterator[tuple[str, int, int]]:
    """Which preset played from which frame to which; slots of one preset are one passage."""
    starts = list(result.switches[:1])
    for switch in result.switches[1:]:
        if switch.preset != starts[-1].preset:
            starts.append(switch)
    ends = [*(switch.frame for switch in starts[1:]), frames]
    for switch, end in zip(starts, ends, strict=True):
        if end > switch.frame:
            yield switch.preset, switch.frame, end


def _level(audio: Audio) -> float:
    return float(10 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-20))


def _largest_change(before: Spectrum, after: Spectrum) -> tuple[float, float]:
    """Octave (centre in Hz) and change in dB, overall level aside, among those that are heard in the dry sound."""
    dry, wet = before.octaves(), after.octaves()
    change = (wet - _total(wet)) - (dry - _total(dry))
    change[dry < dry.max() - HEARD] = 0.0
    index = int(np.abs(change).argmax())
    return float(before.octave_centres()[index]), float(change[index])


def _total(levels: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.sum(10 ** (levels / 10))))
