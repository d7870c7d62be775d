"""Do input and output belong together: sample rate, which is which, the dry signal, blips, latency, polarity."""

from typing import Final

import numpy as np

from ..alignment import MARGIN, loudness_curve, match_curves
from ..layouts.recognition import recognise
from .evidence import Evidence, Verdict, grade
from .steadiness import DRIFT_FRAMES, clock_rate

# Sample rates of which one is taken for another: the output is that many times too long.
WRONG_RATES: Final = tuple(
    (played, labelled)
    for played in (44_100, 48_000, 88_200, 96_000)
    for labelled in (44_100, 48_000, 88_200, 96_000)
    if played != labelled and 0.4 < played / labelled < 2.3
)
CLEARLY: Final = 0.15  # more likeness than as recorded
LIKE, UNLIKE, UNLIKE_CLIPS = 0.5, 0.29, 0.15  # likeness in loudness: surely this pair, hardly this pair
AGREE_FRAMES: Final = 12  # between blips and cross-correlation
EARLY_FRAMES: Final = 16  # an answer before the question
LIVELIER_DB: Final = (3.0, 6.0)  # than the input: warning, error
THE_SAME: Final = 1e-7  # ESR after the best gain: between a file of 16 bit and a harmonic at -60 dB
LISTEN_SECONDS: Final = 1.0  # on either side of the loudest frame, to find the frame at which both lie best
POLARITY: Final = 0.08  # below, either could be
SURE_POLARITY: Final = 0.2  # more than clocks that drift apart can feign


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
    played, heard = (loudness_curve(part, evidence.sample_rate) for part in (evidence.audio, evidence.output))
    likeness = {
        ratio: match_curves(played, np.interp(np.arange(0, heard.size - 1, ratio), np.arange(heard.size), heard))[1]
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
    if evidence.layout.blips:
        return Verdict("ok", 0, "test signals", f"The input is the test signal {evidence.layout.name}.")
    known = recognise(evidence.output, evidence.sample_rate)
    if known is not None:
        return Verdict(
            "error",
            1,
            "test signals",
            f"The output is the test signal {known.name}: input and output are swapped.",
            "Give the test signal first and the recording second.",
        )
    more = _liveliness(evidence.output) - _liveliness(evidence.audio)
    early = -evidence.alignment.correlation_frames if evidence.told_frames is None else 0
    if not EARLY_FRAMES < early < 0.1 * evidence.sample_rate:
        early = 0
    severity = "error" if early and more > 1 else grade(more, warning=LIVELIER_DB[0], error=LIVELIER_DB[1])
    if early and severity == "ok":
        severity = "warning"
    words = "The output is not livelier than the input, and does not come before it."
    if severity != "ok":
        signs = [f"it has {more:.1f} dB more dynamics"] if more > 1 else []
        signs += [f"it comes {early} frames before the input"] if early else []
        words = f"Input and output look swapped: the output sounds like what went in ({' and '.join(signs)})."
    return Verdict(
        severity,
        more,
        "dB",
        words,
        "Give what went into the device first and what came out second.",
    )


def _liveliness(audio: np.ndarray) -> float:
    """Peak over root mean square in dB, of what is loud."""
    loud = audio[np.abs(audio) > 0.01 * np.abs(audio).max(initial=0.0)].astype(np.float64)
    return 20 * float(np.log10(np.abs(loud).max() / np.sqrt(np.mean(loud**2)))) if loud.size else 0.0


def related(evidence: Evidence) -> Verdict:
    """The output follows the input."""
    likeness = evidence.alignment.likeness
    clips = any(passage.alone for passage in evidence.layout.passages)  # switching on drowns them
    if likeness >= (UNLIKE_CLIPS if clips else UNLIKE):
        words = f"The output follows the input's loudness (correlation {likeness:.2f})."
        return Verdict("ok", likeness, "correlation", words)
    return Verdict(
        "error",
        likeness,
        "correlation",
        f"The output does not follow the input (correlation of their loudness {likeness:.2f}).",
        "Check that this recording was made of this input, and that no other track sounds in it.",
    )


def bypassed(evidence: Evidence) -> Verdict:
    """The output is more than the input at another level."""
    found = evidence.alignment
    latencies = {found.correlation_frames, *(found.blip_frames[:1]), evidence.latency_frames} - {None}
    near = {frames + aside for frames in latencies if frames is not None for aside in range(-MARGIN, MARGIN + 1)}
    loudest = int(np.argmax(np.abs(evidence.audio)))
    reach = round(LISTEN_SECONDS * evidence.sample_rate)
    around = (max(0, loudest - reach), loudest + reach)
    best = min(near, key=lambda frames: _esr_at_best_gain(evidence, frames, around))
    esr = _esr_at_best_gain(evidence, best, (0, evidence.audio.size))
    if esr >= THE_SAME:
        return Verdict("ok", esr, "ESR", "The device changed the sound.")
    return Verdict(
        "error",
        esr,
        "ESR",
        "The output is the input: nothing but its level differs.",
        "Record the device's own track, not the one that plays the signal, and check that no bypass is on.",
    )


def _esr_at_best_gain(evidence: Evidence, latency_frames: int, span: tuple[int, int]) -> float:
    """Energy of what the input, at the level that fits best, does not explain, over the output's."""
    first = max(span[0], -latency_frames)
    last = max(first, min(span[1], evidence.audio.size, evidence.output.size - latency_frames))
    audio, heard = evidence.audio[first:last], evidence.output[first + latency_frames : last + latency_frames]
    energy, power = float(heard @ heard), float(audio @ audio)
    if not (energy and power):
        return 1.0
    rest = heard - np.float32(float(audio @ heard) / power) * audio
    return float(rest @ rest) / energy


def blips(evidence: Evidence) -> Verdict:
    """The blips are there, in the input and in the output."""
    layout = evidence.layout
    if not layout.blips and evidence.told_frames is not None:
        return Verdict("ok", 0, "blips", "The input has no blips; its latency is known without them.")
    if not layout.blips:
        return Verdict(
            "warning",
            0,
            "blips",
            "The input has no blips, so latency is measured by cross-correlation alone.",
            "Capture with the signal of `ampboard capture signal`; or give the latency, if you know it, with "
            "`ampboard capture take --latency FRAMES`.",
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
    words = "The output is in time."
    if frames:
        count = f"{abs(frames)} frame{'s' if abs(frames) > 1 else ''} ({1000 * abs(frames) / rate:.2f} ms)"
        words = f"The output is {count} {'late' if frames > 0 else 'early'}; this was taken out."
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
        + (
            "or give the latency with `ampboard capture take --latency FRAMES`, and ignore this if it differs."
            if evidence.told_frames is None
            else "or leave --latency out."
        ),
    )


def polarity(evidence: Evidence) -> Verdict:
    """The output goes up where the input goes up."""
    sign = evidence.alignment.polarity
    if abs(sign) < POLARITY or (abs(sign) < SURE_POLARITY and _drifts(evidence)):
        return Verdict("ok", sign, "correlation", "Whether the output is upside down cannot be told.")
    if sign > 0:
        return Verdict("ok", sign, "correlation", "The output has the input's polarity.")
    return Verdict(
        "warning",
        sign,
        "correlation",
        "The output is upside down (polarity inverted).",
        "Many amplifiers do this, and the model will too. If it is blended with the dry sound, or the cable or the "
        "interface does it, invert the recording in the DAW.",
    )


def _drifts(evidence: Evidence) -> bool:
    found = clock_rate(evidence)
    return found is not None and abs(found[0]) * evidence.audio.size >= DRIFT_FRAMES[0]
