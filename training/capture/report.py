"""The report of a capture's checks, to read."""

from typing import Final

from .capture import Capture, Finding

SIGNS: Final = {"ok": "✓", "warning": "!", "error": "✗"}

PLACES: Final = {
    "values": 0,
    "flat tops": 0,
    "test signals": 0,
    "blips": 0,
    "frames": 0,
    "Hz": 0,
    "dB": 1,
    "dBFS": 1,
    "times too fast": 3,
}
"""Digits behind the point, by unit; two for all others."""

LOWEST_DB: Final = -120.0  # nobody hears what is below


def report(capture: Capture) -> str:
    """What a capture is and what the checks found, in Markdown."""
    seconds = capture.takes[0].audio.size / capture.sample_rate
    lines = [
        f"# {capture.name}",
        "",
        verdict(capture),
        "",
        f"- Input: {capture.layout}, {seconds:.1f} s at {capture.sample_rate} Hz",
        *(f"- {key}: {value}" for key, value in capture.gear.items()),
        *(
            f"- {which} at digital full scale: {level:g} dBu"
            for which, level in (("Input", capture.input_level_dbu), ("Output", capture.output_level_dbu))
            if level is not None
        ),
    ]
    for take in capture.takes:
        positions = ", ".join(f"{name} {value:g}" for name, value in zip(capture.knobs, take.knobs, strict=True))
        lines += ["", f"## {take.name}" + (f" ({positions})" if positions else ""), ""]
        lines += ["| | check | measured | |", "|---|---|---|---|"]
        lines += [
            f"| {SIGNS[finding.severity]} | {finding.check}{ignored(capture, finding)} | {measured(finding)} | "
            f"{finding.words} {finding.remedy}".rstrip()
            + " |"
            for finding in capture.findings
            if finding.take == take.name
        ]
    lines += ["", "## Passages", "", "| passage | from (s) | to (s) | kind | use |", "|---|---|---|---|---|"]
    lines += [
        f"| {passage.name} | {passage.start / capture.sample_rate:.2f} | {passage.stop / capture.sample_rate:.2f} | "
        f"{passage.kind} | {passage.use} |"
        for passage in capture.passages
    ]
    return "\n".join(lines) + "\n"


def verdict(capture: Capture) -> str:
    """One sentence that says whether a model can be trained on this."""
    warnings = sum(finding.severity == "warning" for finding in capture.findings)
    forgiven = [finding.check for finding in capture.findings if ignored(capture, finding)]
    if capture.errors:
        names = ", ".join(dict.fromkeys(error.check for error in capture.errors))
        return f"Not fit to train on: {names}. Read what to do about it below."
    if forgiven:
        return f"Trained on at the user's own risk: {', '.join(dict.fromkeys(forgiven))} ignored."
    if warnings:
        return f"Fit to train on, with {warnings} warning{'s' if warnings > 1 else ''}."
    return "Fit to train on."


def measured(finding: Finding) -> str:
    """The figure with its unit, rounded to what says something."""
    unit, places = finding.unit, PLACES.get(finding.unit, 2)
    if unit.startswith("dB") and finding.measured <= LOWEST_DB:
        return f"below {LOWEST_DB:.0f} {unit}"
    if unit == "ESR":
        return f"{finding.measured:.2g} {unit}"
    figure = f"{finding.measured + 0.0:.{places}f}"
    if not float(figure):
        figure = figure.removeprefix("-")
    return f"{figure} {unit.removesuffix('s') if figure == '1' else unit}".rstrip()


def ignored(capture: Capture, finding: Finding) -> str:
    """Mark of an error that the user chose to ignore."""
    return " (ignored)" if finding.severity == "error" and finding.check in capture.ignored else ""
