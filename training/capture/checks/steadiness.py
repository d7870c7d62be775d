"""Does the device do the same thing all the time: clocks, repeated passages, delay and reverb."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..alignment import BLOCK, cross_spectrum, impulse_response, lag_between
from .evidence import Audio, Evidence, Verdict, decibels, grade

DRIFT_FRAMES: Final = (1.5, 4.0)  # over the whole recording: warning, error; measured by repeats or blips
ROUGH_DRIFT_FRAMES: Final = (24.0, 48.0)  # the same without either: phase moves with the notes that are played
STRETCH_SECONDS: Final = 8.0
ALIKE: Final = 0.5  # below, noise says how far two hearings are apart
NORMAL_95: Final = 1.959964  # standard deviations of a normal distribution that hold 95 %
REPEAT_ESR: Final = (0.003, 0.01)  # the error is Neural Amp Modeler's limit as well
FORGET_SECONDS: Final = 2.0
TAIL_SECONDS: Final = 0.15  # after which amplifiers and cabinets are quiet
TAIL_DB: Final = (-35.0, -25.0)  # after blips: warning, error
ROUGH_TAIL_DB: Final = (-20.0, -15.0)  # of the impulse response: distortion looks like a faint tail in it
TAIL_TOP_HZ: Final = 12_000.0
TAIL_BLOCK: Final = 4 * BLOCK


def drift(evidence: Evidence) -> Verdict | None:
    """Player and recorder run on one clock."""
    found = clock_rate(evidence)
    if found is None:
        return None
    rate, limits = found
    frames = abs(rate) * evidence.audio.size
    severity = grade(frames, warning=limits[0], error=limits[1])
    words = (
        "The clocks of player and recorder agree."
        if severity == "ok"
        else f"The recording drifts by {frames:.1f} frames from its beginning to its end ({1e6 * rate:+.1f} ppm): "
        "player and recorder run on two clocks."
    )
    return Verdict(
        severity,
        1e6 * rate,
        "ppm",
        words,
        "Play and record with the same interface, or lock one to the other's word clock; do not warp in the DAW.",
    )


def clock_rate(evidence: Evidence) -> tuple[float, tuple[float, float]] | None:
    """Frames that the recording is later with each frame, and from how many in all it is a warning and an error."""
    return _by_repeats(evidence) or _by_stretches(evidence)


def _repeats(evidence: Evidence, *, music: bool = False) -> list[tuple[Audio, Audio, int]]:
    """Both hearings of each repeated passage (of each that is music), and the frames between them."""
    found: list[tuple[Audio, Audio, int]] = []
    for again in evidence.layout.passages:
        first, second = evidence.passage(again.repeats), evidence.passage(again.name)
        if first is None or second is None or (music and second.kind != "music"):
            continue
        frames = min(first.frames, second.frames)
        one, other = (evidence.target[part.start : part.start + frames] for part in (first, second))
        if np.abs(one).max(initial=0.0) > 1e-4:
            found.append((one, other, second.start - first.start))
    return found


def _by_repeats(evidence: Evidence) -> tuple[float, tuple[float, float]] | None:
    rates: list[float] = []
    for one, other, apart in _repeats(evidence):
        found = lag_between(one, other, evidence.sample_rate)
        if found is not None and found[1] >= ALIKE:
            rates.append(found[0] / apart)
    return (float(np.median(rates)), DRIFT_FRAMES) if rates else None


def _by_stretches(evidence: Evidence) -> tuple[float, tuple[float, float]] | None:
    frames = round(STRETCH_SECONDS * evidence.sample_rate)
    first, last = evidence.recorded_span
    places: list[float] = []
    lags: list[float] = []
    for start, stop in pairwise(range(first, last + 1, frames)):
        found = lag_between(evidence.audio[start:stop], evidence.target[start:stop], evidence.sample_rate)
        if found is not None:
            places.append(start + frames / 2)
            lags.append(found[0])
    if len(lags) < 4:
        return None
    slope, low, high = theil_sen_slope(places, lags)
    # Steady within what the notes do to the phase: no drift to speak of.
    return (0.0 if low <= 0 <= high else slope), ROUGH_DRIFT_FRAMES


def theil_sen_slope(places: Sequence[float], values: Sequence[float]) -> tuple[float, float, float]:
    """Slope of a line that a few wrong values do not move, and the 95 % interval it lies in.

    Parameters
    ----------
    places, values : sequence of float
        At least two, all places unlike each other, all values too for the interval to be exact.

    References
    ----------
    P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of the American Statistical
    Association 63, 1968. `scipy.stats.theilslopes` is the same; importing it takes as long as most of the checks.
    """
    count = len(places)
    one, other = np.triu_indices(count, 1)
    rise, run = (np.array(side)[other] - np.array(side)[one] for side in (values, places))
    slopes = np.sort(rise / run)
    spread = NORMAL_95 * float(np.sqrt(count * (count - 1) * (2 * count + 5) / 18))
    low = max(round((slopes.size - spread) / 2) - 1, 0)
    high = min(round((slopes.size + spread) / 2), slopes.size - 1)
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])


def varying(evidence: Evidence) -> Verdict | None:
    """Played twice, it sounds the same, noise aside."""
    worst = None
    noise = 0.0 if evidence.quiet is None else float(np.var(evidence.quiet.astype(np.float64)))
    for one, other, _ in _repeats(evidence, music=True):
        found = lag_between(one, other, evidence.sample_rate)
        shift = round(found[0]) if found else 0
        one, other = (part.astype(np.float64) for part in (one, other))
        # What was played before differs: supplies and compressors get a while to forget it.
        settled = min(round(FORGET_SECONDS * evidence.sample_rate), one.size // 4)
        cut = slice(settled + abs(shift), one.size - abs(shift))
        error = np.roll(other, -shift)[cut] - one[cut]
        power = float(one[cut] @ one[cut])
        beyond_noise = max(0.0, float(error @ error) - 2 * noise * error.size)  # each hearing has its own
        worst = max(worst or 0.0, beyond_noise / power if power else 0.0)
    if worst is None:
        return None
    severity = grade(worst, warning=REPEAT_ESR[0], error=REPEAT_ESR[1])
    words = f"Played twice, the device gives the same (ESR {worst:.2g})."
    if severity != "ok":
        words = f"The device does not sound like itself when the same is played twice (ESR {worst:.3g})."
    return Verdict(
        severity,
        worst,
        "ESR",
        words,
        "Switch chorus, flanger, tremolo, delay and noise gates off, let valves warm up, do not touch a knob while "
        "recording.",
    )


def tail(evidence: Evidence) -> Verdict | None:
    """Nothing rings on after a note: no delay, no reverb."""
    energy, limits = _after_blips(evidence), TAIL_DB
    if energy is None:
        energy, limits = _after_anything(evidence), ROUGH_TAIL_DB
    if energy is None:
        return None
    severity = grade(energy, warning=limits[0], error=limits[1])
    words = (
        "No delay or reverb is heard."
        if severity == "ok"
        else f"Sound goes on after {1000 * TAIL_SECONDS:.0f} ms, at {energy:.0f} dB of the direct sound: "
        "a delay or a reverb is on."
    )
    return Verdict(
        severity,
        energy,
        "dB",
        words,
        "Switch delay and reverb off, in pedals, amplifier and DAW, and add them behind the model.",
    )


def _after_blips(evidence: Evidence) -> float | None:
    """Energy in dB of what follows the blips late, above the noise, over that of what follows at once."""
    ratios: list[float] = []
    late, most = (round(seconds * evidence.sample_rate) for seconds in (TAIL_SECONDS, 1.2))
    loud = np.flatnonzero(np.abs(evidence.audio) > 1e-3)
    for blip, frames in zip(evidence.layout.blips, evidence.alignment.blip_frames, strict=True):
        if frames is None:
            continue
        after = int(np.searchsorted(loud, blip + 100, "right"))
        next_sound = int(loud[after]) - 100 if after < loud.size else evidence.audio.size
        stop = min(blip + most, next_sound, evidence.recorded_span[1])
        before = evidence.target[max(0, blip - late) : blip - 100].astype(np.float64)
        answer = evidence.target[blip - 10 : blip + late].astype(np.float64)
        rest = evidence.target[blip + late : stop].astype(np.float64)
        if rest.size < late or before.size < late // 2:
            continue
        noise = _energy(before, evidence.sample_rate) / before.size
        direct = _energy(answer, evidence.sample_rate) - noise * answer.size
        ringing = _energy(rest, evidence.sample_rate) - 1.2 * noise * rest.size
        if direct > 0:
            ratios.append(decibels(ringing, direct))
    return float(np.median(ratios)) if ratios else None


def _energy(sound: NDArray[np.float64], sample_rate: int) -> float:
    """Energy without the slow thumps of supplies and coupling capacitors, and without hiss: neither is an echo."""
    frames = max(1, round(sample_rate / TAIL_TOP_HZ))
    means = sound[: sound.size - sound.size % frames].reshape(-1, frames).mean(axis=1)
    return float(np.sum(np.diff(means) ** 2))


def _after_anything(evidence: Evidence) -> float | None:
    """The same by the impulse response that fits best; its part before the answer is the noise it is measured with."""
    if evidence.audio.size < 4 * TAIL_BLOCK or any(passage.alone for passage in evidence.layout.passages):
        return None
    response = impulse_response(*cross_spectrum(evidence.audio, evidence.target, TAIL_BLOCK))
    middle, late = TAIL_BLOCK // 2, round(TAIL_SECONDS * evidence.sample_rate)
    noise = float(np.mean(response[late : middle - late] ** 2))
    direct = float(np.sum(response[middle - 10 : middle + late] ** 2))
    rest = response[middle + late : TAIL_BLOCK - late]
    return decibels(float(np.sum(rest**2)) - 1.5 * noise * rest.size, direct)
