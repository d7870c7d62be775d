"""How late an output came, to the frame: by the blips, by cross-correlation, and how the delay changes in time."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .layouts import Layout

Audio = NDArray[np.float32]
Response = NDArray[np.float64]

ENVELOPE_HZ: Final = 500  # rate of the envelopes that coarse alignment compares
BLOCK: Final = 32_768  # frames of a block of the cross-spectrum
EARLY_SECONDS, LATE_SECONDS = 0.1, 0.15  # where a blip is looked for around the coarse latency
ATTACK_SECONDS: Final = 0.002
POLARITY_HZ: Final = (1000.0, 4000.0)
POLARITY_SECONDS: Final = 0.001
UNSURE, MARGIN = 4, 2  # frames, of cross-correlation without blips
FLOOR: Final = 1e-6  # of the strongest frequency's power; more of it smears the answer towards the past
FLANK, FIRST_PEAK, FOOT, LEAD = 0.5, 0.25, 0.1, 0.05  # parts of a peak, see `onset`


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where the output lies against the input.

    Attributes
    ----------
    coarse_frames : int
        Latency by the loudness of both, good to some milliseconds.
    likeness : float
        Correlation (-1 to 1) of the two loudness curves at that latency.
    blip_frames : tuple of (int or None)
        Latency of each blip; None where the output has none.
    correlation_frames : int
        Latency by cross-correlation: of the impulse response that fits best.
    crossed : ndarray of complex128, shape (BLOCK // 2 + 1,)
        The cross-spectrum it was found with, output shifted by the coarse latency.
    sample_rate : int
        In Hz.
    """

    coarse_frames: int
    likeness: float
    blip_frames: tuple[int | None, ...]
    correlation_frames: int
    crossed: NDArray[np.complex128]
    sample_rate: int

    @property
    def by_blips(self) -> int | None:
        """Latency by the first blip that was found; later ones differ when clocks drift."""
        return next((frames for frames in self.blip_frames if frames is not None), None)

    @property
    def latency_frames(self) -> int:
        """By the blips where there are some, else by cross-correlation.

        That is less sure: what it calls a few frames counts as none (somebody has aligned these already), and of
        more it leaves some, because an output that comes before its input cannot be learnt.
        """
        if self.by_blips is not None:
            return self.by_blips
        return 0 if abs(self.correlation_frames) <= UNSURE else self.correlation_frames - MARGIN

    @cached_property
    def polarity(self) -> float:
        """From 1 (the output goes up where the input does) to -1: which peak of the correlation stands out."""
        hertz = np.fft.rfftfreq(BLOCK, 1 / self.sample_rate)
        curve = np.fft.irfft(self.crossed * ((hertz > POLARITY_HZ[0]) & (hertz < POLARITY_HZ[1])), BLOCK)
        near = round(POLARITY_SECONDS * self.sample_rate)
        close = np.roll(curve, near - (self.correlation_frames - self.coarse_frames))[: 2 * near + 1]
        high, low = float(close.max()), float(close.min())
        return (high + low) / (high - low) if high > low else 0.0


def align(audio: Audio, target: Audio, sample_rate: int, layout: Layout) -> Alignment:
    """Measure latency.

    Parameters
    ----------
    audio, target : ndarray of float32, shape (frames,)
        What went in and what came out, at the same rate; finite. Lengths may differ.
    sample_rate : int
        In Hz.
    layout : Layout
        Of the input.
    """
    coarse, likeness = coarse_latency(audio, target, sample_rate)
    crossed, power = cross_spectrum(audio, shifted(target, coarse, audio.size), BLOCK)
    response = impulse_response(crossed, power)
    by_correlation = coarse + (onset(response, sample_rate) - BLOCK // 2 if response.any() else 0)
    by_blips = tuple(
        _blip_latency(audio, target, blip, coarse, sample_rate) if blip < audio.size else None for blip in layout.blips
    )
    return Alignment(coarse, likeness, by_blips, by_correlation, crossed, sample_rate)


def shifted(target: Audio, latency_frames: int, frames: int) -> Audio:
    """The output without its latency, as long as the input: silence where nothing was recorded."""
    out = np.zeros(frames, np.float32)
    first, last = max(0, -latency_frames), min(frames, target.size - latency_frames)
    if first < last:
        out[first:last] = target[first + latency_frames : last + latency_frames]
    return out


def loudness_curve(audio: Audio, sample_rate: float) -> Response:
    """Level in dB, 500 times a second, not below 60 dB under the loudest: shape (seconds * 500,)."""
    edges = (np.arange(int(audio.size * ENVELOPE_HZ / sample_rate) + 1) * (sample_rate / ENVELOPE_HZ)).astype(np.int64)
    power = np.add.reduceat(np.square(audio[: edges[-1]], dtype=np.float64), edges[:-1]) if edges[-1] else np.zeros(0)
    mean = power / np.maximum(np.diff(edges), 1)
    mean = np.convolve(mean, np.ones(5) / 5, "same")
    loudest = float(mean.max(initial=0.0))
    return 10 * np.log10(np.maximum(mean, 1e-6 * loudest) / loudest) if loudest else mean


def coarse_latency(audio: Audio, target: Audio, sample_rate: int) -> tuple[int, float]:
    """Latency in frames and likeness of two recordings by their loudness alone, whatever distorts the output."""
    lag, likeness = match_curves(loudness_curve(audio, sample_rate), loudness_curve(target, sample_rate))
    return round(lag * sample_rate / ENVELOPE_HZ), likeness


def match_curves(one: Response, other: Response) -> tuple[int, float]:
    """Steps by which `other` is late, and the correlation of the curves there."""
    if min(one.size, other.size) < 2 or not (np.ptp(one) and np.ptp(other)):
        return 0, 0.0
    size = 1 << int(one.size + other.size - 1).bit_length()
    first, second = one - one.mean(), other - other.mean()
    product = np.fft.irfft(np.conj(np.fft.rfft(first, size)) * np.fft.rfft(second, size), size)
    lag = int(np.argmax(product))
    likeness = float(product[lag] / np.sqrt((first @ first) * (second @ second)))
    return (lag if lag < size // 2 else lag - size), likeness


def cross_spectrum(audio: Audio, target: Audio, block: int) -> tuple[NDArray[np.complex128], Response]:
    """Cross-spectrum of output and input, and power spectrum of the input, in blocks (Welch) that all count alike."""
    window = np.hanning(block)
    crossed = np.zeros(block // 2 + 1, np.complex128)
    power = np.zeros(block // 2 + 1)
    for start in range(0, max(1, audio.size - block + 1), block // 2):
        one, other = (part[start : start + block].astype(np.float64) for part in (audio, target))
        if not one.any():
            continue
        one, other = (np.fft.rfft(part * window[: part.size], block) for part in (one, other))
        energy = float(np.sum(np.abs(one) ** 2))
        crossed += np.conj(one) * other / energy
        power += np.abs(one) ** 2 / energy
    return crossed, power


def impulse_response(crossed: NDArray[np.complex128], power: Response) -> Response:
    """Impulse response that explains the output best by least squares: shape (block,), time zero in the middle.

    Source: H1 estimator, J. Bendat and A. Piersol, "Random Data", ch. 6. Frequencies that the input lacks are left out.
    """
    block = 2 * (power.size - 1)
    return np.roll(np.fft.irfft(crossed / (power + FLOOR * power.max() + 1e-30), block), block // 2)


def onset(response: Response, sample_rate: int) -> int:
    """First frame at which something answers to a spike.

    Converters and oversampling ring before the answer, at half the sample rate; that is smoothed away to find the
    first peak's flank. From its middle the flank is followed down to its foot; where it is too steep for that, one
    frame that already sounds is taken along: too early does no harm to a model, too late asks it to see the future.

    Parameters
    ----------
    response : ndarray of float64, shape (frames,)
        Nothing but the answer and noise.
    sample_rate : int
        In Hz.
    """
    smooth = np.abs(np.convolve(response, [0.25, 0.5, 0.25], "same"))
    loudest = int(np.argmax(smooth))
    first = max(1, loudest - round(ATTACK_SECONDS * sample_rate))
    peak = next(
        frame
        for frame in range(first, loudest + 1)
        if smooth[frame] >= FIRST_PEAK * smooth[loudest]
        and smooth[frame] >= smooth[frame - 1]
        and smooth[frame] >= smooth[min(frame + 1, smooth.size - 1)]
    )
    place = peak
    while place > first and smooth[place - 1] > FLANK * smooth[peak]:
        place -= 1
    size = float(np.abs(response[max(0, peak - 1) : peak + 2]).max())
    sign = np.sign(response[place])
    middle = place
    while place > first and sign * response[place - 1] >= FOOT * size:
        place -= 1
    steep = place == middle and abs(response[place]) >= FLANK * size
    ahead = steep and place > first and abs(response[place - 1]) > LEAD * size
    return place - 1 if ahead else place


def _blip_latency(audio: Audio, target: Audio, blip: int, coarse: int, sample_rate: int) -> int | None:
    early, late = (round(seconds * sample_rate) for seconds in (EARLY_SECONDS, LATE_SECONDS))
    start = blip + coarse - early
    heard = target[max(0, start) : max(0, blip + coarse + late)].astype(np.float64)
    if heard.size < early:
        return None
    background = target[max(0, start - early) : max(0, start)].astype(np.float64)
    heard = heard - (background.mean() if background.size else 0.0)
    noise = float(np.abs(background - background.mean()).max(initial=0.0)) if background.size else 0.0
    if float(np.abs(heard).max()) < max(1e-4, 4 * noise):
        return None
    played = audio[max(0, blip - 200) : blip + 200]
    if np.abs(audio[blip]) < 0.5 * np.abs(played).max(initial=0.0) or not played.any():
        return None
    return max(0, start) + onset(heard, sample_rate) - blip


def lag_between(
    one: Audio, other: Audio, sample_rate: int, *, most_seconds: float = 0.05
) -> tuple[float, float] | None:
    """Frames (with fractions) by which `other` is late, and how alike the two are (0 to 1), 100 Hz to 4 kHz."""
    most = round(most_seconds * sample_rate)
    size = 1 << int(max(one.size, other.size) + most).bit_length()  # only lags that are longer wrap around
    first, second = (np.fft.rfft(part.astype(np.float64), size) for part in (one, other))
    hertz = np.fft.rfftfreq(size, 1 / sample_rate)
    band = (hertz > 100) & (hertz < 4000)
    first, second = first * band, second * band
    product = np.conj(first) * second
    total = float(np.sqrt(np.sum(np.abs(first) ** 2) * np.sum(np.abs(second) ** 2)))
    if not total:
        return None
    curve = np.fft.irfft(product, size)
    near = np.concatenate([curve[-most:], curve[: most + 1]])
    peak = int(np.argmax(np.abs(near)))
    if not 0 < peak < near.size - 1:
        return None
    before, at, after = np.abs(near[peak - 1 : peak + 2])
    bend = before - 2 * at + after
    fraction = 0.5 * (before - after) / bend if bend else 0.0
    return peak - most + float(fraction), float(at) * size / 2 / total
