"""The report page: the verdict, what it rests on, and what can be heard and seen of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..page import Section, Table, write_page
from .exports import Exports
from .figures import draw_aliases, draw_error_over_time, draw_history, draw_spectra, draw_waves
from .listening import Players
from .measures import Judgement, Passage
from .metadata import Captured
from .verdict import AUDIBLE_DB, CLEAN_DB, Verdict, aliasing_word, figure, setting_name

MOST_PASSAGES: Final = 24


@dataclass(frozen=True)
class Progress:
    """A look at a run: updates and processor time so far, and the validation ESR then."""

    step: int
    cpu_seconds: float
    esr: float


def write_report(
    path: Path,
    title: str,
    judged: Judgement,
    verdict: Verdict,
    exports: Exports,
    heard: Players,
    *,
    capture: Captured | None = None,
    history: Sequence[Progress] = (),
    metadata: Mapping[str, Any],
) -> Path:
    """Write the page; everything is in it, and nothing is loaded from elsewhere."""
    sections = [
        _verdict(judged, verdict),
        Section("Listen", heard.words, sounds=heard.sounds),
        Section("Waveforms", pictures=(("Target and model over each other", draw_waves(judged)),)),
        Section("Spectra", pictures=(("Mean over all passages", draw_spectra(judged)),)),
        Section("Error over time", pictures=(("Levels in steps of 100 ms", draw_error_over_time(judged)),)),
        *_settings(judged),
        _passages(judged),
        _aliasing(judged),
        *_sizes(judged),
        *_history(history),
        _files(exports),
        *_captured(capture),
        *_raced(metadata),
        _made(metadata),
    ]
    return write_page(path, title, sections)


def _verdict(judged: Judgement, verdict: Verdict) -> Section:
    worst, level = judged.worst, judged.level_difference
    rows = [
        ("error-to-signal ratio (ESR)", figure(judged.esr)),
        ("the worst passage's", f"{figure(worst.esr)} ({worst.name})"),
        ("on the validation passages", figure(judged.validation_esr)),
        ("loudness against the device", "–" if level is None else f"{level:+.2f} LU"),
        ("direct current at rest", f"{judged.rest_dc:+.5f}"),
        (
            "aliasing, from the lowest to the highest tone",
            ", ".join(f"{t.level_db:.0f}" for t in judged.aliasing) + f" dB: {aliasing_word(judged.aliasing_db)}",
        ),
        ("weights", f"{judged.sizes[-1].weights:,}"),
        ("sample rate", f"{judged.sample_rate} Hz"),
    ]
    return Section(
        f"Verdict: {verdict.word}",
        f"{verdict.sentence} (Error-to-signal ratio: energy of the difference over energy of the device's sound; "
        f"{verdict.thresholds}.)",
        Table(("", ""), tuple(rows)),
        points=verdict.remarks,
    )


def _settings(judged: Judgement) -> Iterator[Section]:
    if len(judged.per_setting) > 1:
        rows = tuple((setting_name(judged.knobs, s), figure(judged.per_setting[s])) for s in sorted(judged.per_setting))
        yield Section("Settings of the knobs", table=Table(("setting", "ESR"), rows))


def _passages(judged: Judgement) -> Section:
    shown: Sequence[Passage] = judged.passages
    text = ""
    if len(shown) > MOST_PASSAGES:
        text = f"The worst {MOST_PASSAGES} of {len(shown)}."
        shown = sorted(shown, key=lambda passage: -passage.esr)[:MOST_PASSAGES]
    rows = [
        (
            passage.name if not passage.knobs else f"{passage.name} ({setting_name(judged.knobs, passage.knobs)})",
            f"{passage.seconds:.1f}",
            figure(passage.esr),
            _lufs(passage.target_lufs),
            _lufs(passage.output_lufs),
            f"{passage.target_dc:+.5f}",
            f"{passage.output_dc:+.5f}",
        )
        for passage in shown
    ]
    head = ("passage", "seconds", "ESR", "device, LUFS", "model, LUFS", "device, DC", "model, DC")
    return Section("Passages", text, Table(head, tuple(rows)))


def _lufs(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _aliasing(judged: Judgement) -> Section:
    worst = max(judged.aliasing, key=lambda tone: tone.level_db)
    rows = tuple(
        (f"{tone.frequency:.0f} Hz", f"{tone.level_db:.1f}", aliasing_word(tone.level_db)) for tone in judged.aliasing
    )
    return Section(
        "Aliasing",
        "A pure tone as loud as the loudest input: what comes back at frequencies that are no harmonic of it, over the "
        "whole. It is the model's alone; how much the device makes of it cannot be told. Below "
        f"{CLEAN_DB:.0f} dB it is clean; up to {AUDIBLE_DB:.0f} dB the music hides it; above that it can be heard on "
        "high notes: play the model oversampled.",
        Table(("tone", "aliases, dB", ""), rows),
        ((f"What comes back for {worst.frequency:.0f} Hz", draw_aliases(worst, judged.sample_rate)),),
    )


def _sizes(judged: Judgement) -> Iterator[Section]:
    if len(judged.sizes) > 1:
        rows = tuple((f"from {size.quality:g}", f"{size.weights:,}", figure(size.esr)) for size in judged.sizes)
        yield Section("Sizes", "A player chooses by quality, 0 to 1.", Table(("quality", "weights", "ESR"), rows))


def _history(history: Sequence[Progress]) -> Iterator[Section]:
    if len(history) > 1:
        curve = draw_history([look.cpu_seconds for look in history], [look.esr for look in history])
        yield Section("Training", pictures=(("Validation ESR over processor time", curve),))


def _files(exports: Exports) -> Section:
    main = next(iter(exports.paths.values()))
    rows = [
        (path.name, ", ".join(("ampboard", *exports.players[format])), exports.notes.get(format, ""))
        for format, path in exports.paths.items()
    ]
    text = f"The model to load in ampboard is {main.name}."
    missing = tuple(f"{line[0].upper()}{line[1:]}." for line in exports.missing)
    return Section("Files", text, Table(("file", "plays in", ""), tuple(rows)), points=missing)


def _captured(capture: Captured | None) -> Iterator[Section]:
    if capture is None:
        return
    rows = [
        (finding.check, finding.severity, f"{_plain(finding.measured)} {finding.unit}".strip(), finding.words)
        for finding in capture.findings
    ]
    ignored = f" Ignored: {', '.join(capture.ignored)}." if capture.ignored else ""
    gear = ", ".join(f"{word} {value}" for word, value in capture.gear.items() if value)
    levels = [
        f"{name} {level:+.1f} dBu at full scale"
        for name, level in (("input", capture.input_level_dbu), ("output", capture.output_level_dbu))
        if level is not None
    ]
    text = "; ".join(part for part in (gear, *levels, f"latency of {capture.latency_frames} frames taken out") if part)
    table = Table(("check", "", "measured", ""), tuple(rows)) if rows else None
    yield Section(f"Capture: {capture.name}", f"{text}.{ignored}", table)


def _plain(value: float) -> str:
    """Four significant digits and no exponent: ``48000``."""
    return np.format_float_positional(value, precision=4, fractional=False, trim="-")


def _raced(metadata: Mapping[str, Any]) -> Iterator[Section]:
    """A row for each network that was trained, best first."""
    race: Mapping[str, Mapping[str, Any]] = metadata["ampboard"]["training"].get("race") or {}
    rows = tuple(
        (
            name,
            figure(course["esr"]),
            _share(course),
            f"{course['cpu_seconds']:,.0f}" if "cpu_seconds" in course else "–",
        )
        for name, course in race.items()
    )
    if rows:
        head = ("network", "validation ESR", "trained", "processor, seconds")
        yield Section("Networks", "What was trained; the first became the model.", Table(head, rows))


def _share(course: Mapping[str, Any]) -> str:
    if course.get("of_steps"):
        return f"{100 * course['steps'] / course['of_steps']:.0f} %"
    return f"{course['steps']:,} updates"


MADE: Final = {
    "architecture": "network",
    "seed": "seed of everything random",
    "steps": "updates until it was best",
    "of_steps": "updates the training was planned for",
    "cpu_seconds": "processor time, seconds",
    "loss": "loss (what was made small)",
    "loudness": "loudness of the model as NAM states it, dB",
    "gain": "gain of the model as NAM states it, 0 to 1",
}
"""The words for what metadata say about the making."""


def _made(metadata: Mapping[str, Any]) -> Section:
    own = metadata["ampboard"]
    made = {key: value for key, value in own["training"].items() if key != "race"}
    made |= {key: metadata[key] for key in ("loudness", "gain") if metadata[key] is not None}
    rows = [(MADE.get(key, key.replace("_", " ")), _stated(value)) for key, value in made.items()]
    rows += own["software"].items()
    return Section("How it was made", table=Table(("", ""), tuple(rows)))


def _stated(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value}" if isinstance(value, int) else _plain(value)
