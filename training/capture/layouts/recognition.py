"""Telling from its sound alone which input signal a recording is."""

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..signal.plan import BLIP_SECONDS, PLAN, SHORTEST_SECONDS, blip_places, plan_layout
from ..signal.sounds import BLIP_LEVEL, blips, sweeps
from .known import KNOWN, KnownSignal, Stretch
from .layout import Layout

SAME: Final = 0.99  # correlation with our own sweeps: survives resampling, dither and 16 bit, no other sound has it
SPIKE: Final = 0.05  # of full scale
SPIKE_FRAMES: Final = 200  # a blip can be a plateau, or ring after resampling
SILENT: Final = 1e-3

Audio = NDArray[np.float32]


def recognise(audio: Audio, sample_rate: int) -> Layout | None:
    """Find out whether a recording is a known input signal, whatever its file is called.

    Parameters
    ----------
    audio : ndarray of float32, shape (frames,)
        The input.
    sample_rate : int
        In Hz.

    Returns
    -------
    Layout or None
        None for music that nobody has laid out.
    """
    ours = _our_layout(audio, sample_rate)
    if ours is not None:
        return ours
    candidates = [
        known for known in KNOWN if known.sample_rate == sample_rate and audio.size >= known.seconds * known.sample_rate
    ]
    for test in (_has_digests, _has_content):
        for known in candidates:
            if test(audio, known):
                return known.layout(audio.size)
    return None


def _our_layout(audio: Audio, sample_rate: int) -> Layout | None:
    """Ours has sweeps at a place that does not depend on its length, and ends a known time after its last blip."""
    if audio.size < SHORTEST_SECONDS * sample_rate:
        return None
    start = sum(round(part.seconds * sample_rate) for part in PLAN[:2])
    sweep = sweeps(round(PLAN[2].seconds * sample_rate), sample_rate)
    found = audio[start : start + sweep.size].astype(np.float64)
    energy = np.sqrt((found @ found) * (sweep @ sweep))
    if not energy > 0 or found @ sweep < SAME * energy:
        return None
    tail = round(PLAN[-1].seconds * sample_rate)
    expected = blips(tail, blip_places(sample_rate))
    gap = round((BLIP_SECONDS[1] - BLIP_SECONDS[0]) * sample_rate)
    loud = np.flatnonzero(np.abs(audio) > 0.5 * BLIP_LEVEL)
    for last in loud[::-1]:
        frames = int(last) - int(np.flatnonzero(expected)[-1]) + tail
        silence = np.abs(audio[last - gap + SPIKE_FRAMES : last - SPIKE_FRAMES]).max(initial=0.0)
        if silence < SILENT and np.abs(audio[last - gap - 1 : last - gap + 2]).max(initial=0.0) > 0.5 * BLIP_LEVEL:
            return plan_layout(frames, sample_rate) if start < frames <= audio.size else None
    return None


def _cut(audio: Audio, stretch: Stretch) -> Audio:
    return audio[stretch[0] : stretch[1]]


def _has_digests(audio: Audio, known: KnownSignal) -> bool:
    versions = len(known.digests[0][1])
    sums = [hashlib.md5(_cut(audio, stretch).astype(np.float64).tobytes()).hexdigest() for stretch, _ in known.digests]
    return any(
        all(found == digests[version] for found, (_, digests) in zip(sums, known.digests, strict=True))
        for version in range(versions)
    )


def _has_content(audio: Audio, known: KnownSignal) -> bool:
    """Spikes where they belong, silence around them, and the same passage twice where it should be."""
    first, last = known.silence
    surroundings = np.abs(_cut(audio, known.silence))
    if first is None or last is None:
        return False
    places = [blip for blip in known.blips if first <= blip < last]
    spikes = [float(surroundings[blip - first - 2 : blip - first + 3].max(initial=0.0)) for blip in places]
    if min(spikes) < SPIKE:
        return False
    loud = np.flatnonzero(surroundings > SILENT)
    groups = 1 + int(np.count_nonzero(np.diff(loud) > SPIKE_FRAMES))
    # One more spike than is needed is allowed: Proteus starts with one, and others add quieter ones.
    if groups > len(places) + 1 or loud.size > SPIKE_FRAMES * groups:
        return False
    # v2 begins with silence where v1 has its blips, so nothing but v3 needs its twins to be told apart.
    return all(
        np.allclose(_cut(audio, known.twins[0]), _cut(audio, twin), rtol=0, atol=SILENT) for twin in known.twins[1:]
    )
