"""Is there sound, and is it whole: silence, values that are no numbers, clipping, length."""

from typing import Final

import numpy as np

from .evidence import Evidence, Verdict, decibels, grade

SILENT_DB, QUIET_DB = -60.0, -30.0  # peaks
FULL_SCALE: Final = 0.985  # converters clip a little below 1
FLAT_FRAMES: Final = 3  # equal frames at the top that no waveform has by itself
FLAT_TOPS: Final = (1, 4)  # of the whole recording: warning, error
SHORT_SECONDS: Final = (0.25, 1.0)  # missing at either end: warning, error


def finite(evidence: Evidence) -> Verdict:
    """Every value is a number."""
    bad = int(np.count_nonzero(~np.isfinite(evidence.recorded)))
    if not bad:
        return Verdict("ok", 0, "values", "Every value of the output is a number.")
    return Verdict(
        "error",
        bad,
        "values",
        f"The output holds {bad} value{'s that are no numbers' if bad > 1 else ' that is no number'} "
        "(NaN or infinite).",
        "A plugin or an export went wrong: export again, as 24 bit WAV.",
    )


def silence(evidence: Evidence) -> Verdict:
    """The output sounds."""
    heard = evidence.recorded[np.isfinite(evidence.recorded)]
    peak_db = decibels(float(np.abs(heard).max(initial=0.0)) ** 2)
    severity = grade(-peak_db, warning=-QUIET_DB, error=-SILENT_DB)
    words = f"The output's peak is {peak_db:.1f} dBFS."
    if severity == "error":
        words = f"The output is silent (peak {peak_db:.0f} dBFS)."
    elif severity == "warning":
        words = f"The output is very quiet (peak {peak_db:.0f} dBFS): noise will be learnt with the sound."
    return Verdict(
        severity,
        peak_db,
        "dBFS",
        words,
        "Check cables, the recorded track and the device's volume; aim at peaks from -12 to -3 dBFS.",
    )


def clipping(evidence: Evidence) -> Verdict:
    """The converter, or the track, was not overloaded."""
    level = np.abs(evidence.recorded)
    peak = float(level[np.isfinite(level)].max(initial=0.0))
    tops = 0
    # Louder than full scale is only possible in floating point, which does not clip there.
    if FULL_SCALE <= peak <= 1.0:
        at_top = (level >= peak * (1 - 1e-4)).astype(np.int8)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], at_top, [0]])))
        tops = int(np.count_nonzero(edges[1::2] - edges[::2] >= FLAT_FRAMES))
    severity = grade(tops, warning=FLAT_TOPS[0], error=FLAT_TOPS[1])
    words = (
        "The output does not clip."
        if severity == "ok"
        else f"The output is cut off flat at full scale {tops} times: the recording clips, not the device."
    )
    return Verdict(
        severity,
        tops,
        "flat tops",
        words,
        "Turn down the interface's input (not the device), and record again with peaks below -3 dBFS.",
    )


def length(evidence: Evidence) -> Verdict:
    """The output answers to all of the input."""
    first, last = evidence.recorded_span
    late, short = first / evidence.sample_rate, (evidence.audio.size - last) / evidence.sample_rate
    severity = grade(max(late, short), warning=SHORT_SECONDS[0], error=SHORT_SECONDS[1])
    words = "The output is as long as the input."
    if short >= late and severity != "ok":
        words = f"The output ends {short:.2f} s before the input does."
    elif severity != "ok":
        words = f"The recording of the output starts {late:.2f} s after the input began."
    return Verdict(
        severity,
        max(late, short),
        "s",
        words,
        "Record, or export, from the first to the last frame of the test signal and a second more; "
        "if this is ignored, only what was recorded is used.",
    )
