"""The report's pictures, as drawings in the colour of the page's text."""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.signal import welch

from ..losses.tones import alias_lines
from ..page import SVG, Embedded
from .aliasing import FRAMES, Aliasing
from .measures import STEP_SECONDS, Judgement

TARGET, MODEL, ERROR = "#8b929c", "#2f81f7", "#e8692c"  # as readable on white as on black
INK: Final = "#010203"  # stands for the colour of the text
ZOOM_SECONDS: Final = 0.025
SPECTRUM_FRAMES: Final = 8192
SPECTRUM_POINTS: Final = 400
QUIETEST_DB: Final = -120.0
STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.sans-serif": ["DejaVu Sans"],  # matplotlib's own: it looks for every font that is named
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.18,
    "legend.frameon": False,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), INK
    ),
}


def draw_waves(judged: Judgement) -> Embedded:
    """Target and model over each other where it is loudest and where they differ most, 25 ms each."""
    length = round(ZOOM_SECONDS * judged.sample_rate)
    energies = [_energies(excerpt.target, length) for excerpt in judged.excerpts]
    usual = float(np.mean(np.concatenate(energies)))
    errors = [
        _energies(output - excerpt.target, length) / (energy + 0.1 * usual)
        for output, excerpt, energy in zip(judged.outputs, judged.excerpts, energies, strict=True)
    ]
    with mpl.rc_context(STYLE):
        figure, (loud, wrong) = _figure(columns=2)
        _draw_wave(loud, judged, *_largest(energies), "at its loudest")
        _draw_wave(wrong, judged, *_largest(errors), "where they differ most")
        figure.legend(*loud.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        loud.set_ylabel("full scale = 1")
        return _drawing(figure)


def draw_spectra(judged: Judgement) -> Embedded:
    """Mean spectra of target, model and error."""
    target = np.concatenate([excerpt.target for excerpt in judged.excerpts])
    output = np.concatenate(judged.outputs)
    with mpl.rc_context(STYLE):
        figure, (axes,) = _figure()
        for name, sound, colour in (("target", target, TARGET), ("model", output, MODEL)):
            axes.plot(*_spectrum(sound, judged.sample_rate), color=colour, label=name, linewidth=1.2)
        axes.plot(*_spectrum(output - target, judged.sample_rate), color=ERROR, label="error", linewidth=1.2)
        axes.set(xscale="log", xlim=(20, judged.sample_rate / 2), xlabel="Hz", ylabel="dBFS in a third of an octave")
        axes.set_xticks([20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000])
        axes.set_xticklabels(["20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k"])
        axes.minorticks_off()
        axes.legend(loc="lower left")
        return _drawing(figure)


def draw_error_over_time(judged: Judgement) -> Embedded:
    """Level of target and error over all passages, in steps of 100 ms."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = _figure()
        for name, colour, levels in (
            ("target", TARGET, [passage.target_db for passage in judged.passages]),
            ("error", ERROR, [passage.error_db for passage in judged.passages]),
        ):
            joined = np.maximum(np.concatenate(levels), QUIETEST_DB)
            axes.step(STEP_SECONDS * np.arange(len(joined)), joined, where="post", color=colour, label=name)
        ends = np.cumsum([STEP_SECONDS * len(passage.error_db) for passage in judged.passages])
        if len(ends) <= 40:
            for end in ends[:-1]:
                axes.axvline(end, color=INK, linewidth=0.6, alpha=0.5, linestyle=":")
        axes.set(xlabel="seconds, passage after passage", ylabel="dBFS", xlim=(0, ends[-1]))
        axes.legend(loc="lower right", ncols=2)
        return _drawing(figure)


def draw_aliases(aliasing: Aliasing, sample_rate: int) -> Embedded:
    """The spectrum of what came back for a tone: what is harmonic, and what is not."""
    window = np.hanning(FRAMES + 1)[:-1]
    level = 20 * np.log10(np.abs(np.fft.rfft(aliasing.output * window)) / (FRAMES / 4) + 1e-9)
    frequency = np.arange(FRAMES // 2 + 1) * sample_rate / FRAMES / 1000
    alias = alias_lines(aliasing.periods, FRAMES)
    with mpl.rc_context(STYLE):
        figure, (axes,) = _figure()
        for name, lines, colour in (("harmonics", ~alias, MODEL), ("aliases", alias, ERROR)):
            shown, peak = _peaks(frequency, np.where(lines, level, QUIETEST_DB))
            axes.vlines(shown, QUIETEST_DB, peak, color=colour, label=name, linewidth=1)
        top = float(np.ceil(level.max() / 10) * 10)
        axes.set(xlabel="kHz", ylabel="dBFS", xlim=(0, sample_rate / 2000), ylim=(QUIETEST_DB, top))
        axes.legend(loc="upper right", ncols=2)
        return _drawing(figure)


def draw_history(seconds: Sequence[float], esr: Sequence[float]) -> Embedded:
    """Validation ESR over processor time."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = _figure()
        axes.plot(seconds, esr, color=MODEL, marker="o", markersize=3)
        axes.set(yscale="log", xlabel="CPU seconds", ylabel="validation ESR")
        return _drawing(figure)


def _figure(columns: int = 1) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _draw_wave(axes: Axes, judged: Judgement, number: int, step: int, title: str) -> None:
    rate, target, output = judged.sample_rate, judged.excerpts[number].target, judged.outputs[number]
    length = round(ZOOM_SECONDS * rate)
    part = slice(step * length, (step + 1) * length)
    seconds = np.arange(len(target))[part] / rate
    axes.plot(seconds, target[part], color=TARGET, linewidth=2.6, label="target")
    axes.plot(seconds, output[part], color=MODEL, linewidth=1.1, label="model")
    axes.plot(seconds, output[part] - target[part], color=ERROR, linewidth=0.9, label="error")
    axes.margins(x=0)
    axes.set_title(f"{judged.passages[number].name}: {title}", fontsize=10)
    axes.set_xlabel("seconds")


def _energies(sound: NDArray[np.floating], length: int) -> NDArray[np.float64]:
    """Energy of each whole step of a sound; of all of it where it is shorter than one."""
    whole = len(sound) // length * length
    parts = np.square(sound[:whole] if whole else sound, dtype=np.float64)
    return parts.reshape(max(len(sound) // length, 1), -1).sum(axis=1)


def _largest(values: Sequence[NDArray[np.float64]]) -> tuple[int, int]:
    """Which array holds the largest value, and where."""
    number = max(range(len(values)), key=lambda index: float(values[index].max()))
    return number, int(values[number].argmax())


def _spectrum(sound: NDArray[np.floating], rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power in thirds of an octave around frequencies in Hz, in dBFS."""
    lines, power = welch(np.asarray(sound, np.float64), rate, nperseg=min(SPECTRUM_FRAMES, len(sound)))
    step = lines[1]
    sums = np.concatenate([[0.0], np.cumsum(power) * step])
    centres = np.geomspace(max(20.0, 2 * step), rate / 2, SPECTRUM_POINTS)
    edges = np.arange(len(sums)) * step - step / 2
    low, high = (np.interp(centres * 2.0**side, edges, sums) for side in (-1 / 6, 1 / 6))
    return centres, 10 * np.log10(np.maximum(high - low, 10 ** (QUIETEST_DB / 10)))


def _peaks(frequency: NDArray[np.float64], level: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """The highest of every 16 lines, those that can be seen."""
    usable = len(level) // 16 * 16
    rows = level[:usable].reshape(-1, 16)
    at = rows.argmax(axis=1)
    peak = rows[np.arange(len(rows)), at]
    seen = peak > QUIETEST_DB
    return frequency[:usable].reshape(-1, 16)[np.arange(len(rows)), at][seen], peak[seen]


def _drawing(figure: Figure) -> Embedded:
    target = BytesIO()
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    drawn = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", target.getvalue().decode()).replace(
        INK, "currentColor"
    )
    return Embedded(SVG, drawn.encode())
