"""Do input and output belong together: sample rate, which is which, blips, latency, polarity."""

from typing import Final

import numpy as np

from ..alignment import loudness_curve, match_curves
from ..recognition import recognise
from .evidence import Evidence, Verdict

# Sample rates of which one is taken for another: the output is that many times too long.
WRONG_RATES: Final = tuple(
    (played, labelled)
    for played in (44_100, 48_000, 88_200, 96_000)
    for labelled in (44_100, 48_000, 88_200, 96_000)
    if played != labelled and 0.4 < played / labelled < 2.3
)
CLEARLY: Final = 0.15  # more likeness than as recorded
LIKE, UNLIKE = 0.5, 0.2  # likeness in loudness: surely this pair, hardly this pair
AGREE_FRAMES: Final = 12  # between blips and cross-correlation
EARLY_FRAMES: Final = 16  # an answer before the question
POLARITY: Final = 0.3


def rate(evidence: Evidence) -> Verdict:
    """Both have the same sample rate, and the label tells the truth."""
    if evidence.output_rate != evidence.sample_rate:
        return Verdict(
            "error",
            evidence.output_rate,
            "Hz",
            f"The output has a sample rate of {evidence.output_rate} Hz, the input {evidence.sample_rate} Hz.",
            "Set the project's rate to the input's and export again; if this is ignored, the output is resampled.",
        )
    curve = loudness_curve(evidence.audio, evidence.sample_rate)
    likeness = {
        ratio: match_curves(curve, loudness_curve(evidence.output, evidence.sample_rate * ratio))[1]
        for ratio in {1.0, *(labelled / played for played, labelled in WRONG_RATES)}
    }
    best = max(likeness, key=lambda ratio: likeness[ratio])
    if best == 1.0 or likeness[best] < max(likeness[1.0] + CLEARLY, LIKE):
        return Verdict("ok", evidence.sample_rate, "Hz", f"Input and output run at {evidence.sample_rate} Hz.")
    return Verdict(
        "error",
        1 / best,
        "times too fast",
        f"The output plays {1 / best:.3f} times as fast as the input: "
        f"a sample rate was labelled as another (as 44.1 and 48 kHz).",
        "Set interface, project and export to the input's sample rate and record again.",
    )


def swapped(evidence: Evidence) -> Verdict:
    """The input is the input."""
    words = "The output is not the input, nor the other way round."
    measured = 0.0
    laid_out = bool(evidence.layout.blips)
    known_output = None if laid_out else recognise(evidence.output, evidence.sample_rate)
    if known_output is not None:
        words = f"The output is the test signal {known_output.name}: input and output are swapped."
        return Verdict("error", 1.0, "", words, "Give the test signal first and the recording second.")
    if not laid_out and evidence.told_frames is None:
        measured = float(evidence.alignment.correlation_frames)
        close = -0.1 * evidence.sample_rate < measured < -EARLY_FRAMES
        if close and evidence.alignment.likeness > UNLIKE:
            return Verdict(
                "error",
                measured,
                "frames",
                f"The output comes {-measured:.0f} frames before the input: the two are probably swapped.",
                "Give what went into the device first and what came out second; if they are right, move the output "
                "later in the DAW or give the latency.",
            )
        more = _liveliness(evidence.output) - _liveliness(evidence.audio)
        if more > 3:
            return Verdict(
                "warning",
                more,
                "dB",
                f"The output has {more:.1f} dB more dynamics than the input, as if the device took distortion away.",
                "Check that input and output are not swapped.",
            )
    return Verdict("ok", measured, "", words)


def _liveliness(audio: np.ndarray) -> float:
    """Peak over root mean square in dB, of what is loud."""
    loud = audio[np.abs(audio) > 0.01 * np.abs(audio).max(initial=0.0)].astype(np.float64)
    return 20 * float(np.log10(np.abs(loud).max() / np.sqrt(np.mean(loud**2)))) if loud.size else 0.0


def related(evidence: Evidence) -> Verdict:
    """The output follows the input."""
    likeness = evidence.alignment.likeness
    if likeness >= UNLIKE:
        return Verdict("ok", likeness, "", f"The output follows the input's loudness (correlation {likeness:.2f}).")
    return Verdict(
        "error",
        likeness,
        "",
        f"The output does not follow the input (correlation of their loudness {likeness:.2f}).",
        "Check that this recording was made of this input, and that no other track sounds in it.",
    )


def blips(evidence: Evidence) -> Verdict:
    """The blips are there, in the input and in the output."""
    layout = evidence.layout
    if not layout.blips:
        return Verdict(
            "warning",
            0,
            "blips",
            "The input has no blips, so latency is measured by cross-correlation alone.",
            "Capture with the signal of `ampboard capture signal`, or give the latency if you know it.",
        )
    missing = [blip for blip in layout.blips if blip >= evidence.audio.size or abs(float(evidence.audio[blip])) < 0.02]
    if missing:
        return Verdict(
            "error",
            len(layout.blips) - len(missing),
            "blips",
            f"The input has no blips where {layout.name} has them: it is not this signal, or was changed.",
            "Use the test signal as it was written: not trimmed, normalised, faded or moved.",
        )
    heard = sum(frames is not None for frames in evidence.alignment.blip_frames)
    if heard == len(layout.blips):
        return Verdict("ok", heard, "blips", f"All {heard} blips are heard in the output.")
    return Verdict(
        "warning" if heard else "error",
        heard,
        "blips",
        f"{heard} of {len(layout.blips)} blips are heard in the output.",
        "Take away a noise gate or a strong noise, do not trim the recording, and record again.",
    )


def latency(evidence: Evidence) -> Verdict:
    """Blips and cross-correlation give the same latency."""
    found = evidence.alignment
    frames, rate = evidence.latency_frames, evidence.sample_rate
    words = f"The output is {frames} frames ({1000 * frames / rate:.2f} ms) late; this was taken out."
    other = found.correlation_frames
    if evidence.told_frames is None and found.by_blips is None:
        return Verdict("ok", frames, "frames", words)
    apart = abs(frames - other)
    if apart <= AGREE_FRAMES:
        return Verdict("ok", frames, "frames", words)
    source = "the blips say" if evidence.told_frames is None else "you said"
    return Verdict(
        "error",
        apart,
        "frames",
        f"Latency is uncertain: {source} {frames} frames, the rest of the recording says {other}.",
        "Check for a delay, a doubled or a dry signal in the recording, and dropouts after the blips; "
        "or give the latency yourself and ignore this.",
    )


def polarity(evidence: Evidence) -> Verdict:
    """The output goes up where the input goes up."""
    sign = evidence.alignment.polarity
    if sign > -POLARITY:
        return Verdict("ok", sign, "", "The output has the input's polarity.")
    return Verdict(
        "warning",
        sign,
        "",
        "The output is upside down (polarity inverted).",
        "Many amplifiers do this, and the model will too. If it is blended with the dry sound, or the cable or the "
        "interface does it, invert the recording in the DAW.",
    )
