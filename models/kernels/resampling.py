"""Conversion between the host's sample rate and a model's, in both directions, inside a compiled kernel.

A resampler evaluates one continuous linear-phase low-pass h(t) at the times it needs: output frame k lies k * down / up
input frames after the first, less a fixed delay, and is the sum of the input frames weighted by h. The times repeat
after `up` outputs: h is tabulated once, in ``prepare``, for these `up` phases. At run time there are whole-number
positions and dot products, so that the output is the same, bit for bit, however the stream is cut.

**The low-pass.** h is a cosine series over 88 periods of the lower of the two rates::

    h(t) = sum over k of SERIES[k] * cos(pi k t / 44),  -44 <= t <= 44, t in periods of the lower rate

Its spectrum is a sum of sinc functions, linear in the coefficients, which makes the best series a linear program: least
stopband over 0.5 to 6 times the lower rate, subject to a ripple of 0.03 dB up to 0.4505, to exact unity at 0 Hz and to
h(44) = 0 (the spectrum then falls with the square of the frequency beyond the grid). `scipy.optimize.linprog` (HiGHS),
on a grid 16 times finer than the reciprocal of h's length, gave `SERIES`. Measured: 0.0304 dB of ripple up to 0.45,
-103.7 dB from 0.5 on, -119 dB from 1 on. A Kaiser window of 88 taps needs a transition band twice as wide.

**The latency.** A pass to the model and a pass back take 44 periods each, and their sum is rounded up to a host frame:
88 frames at a host rate of 44.1 kHz, 96 at 48 kHz with a 44.1 kHz model, 176 at 96 kHz with a 48 kHz model. The second
pass absorbs the rounding in its phases.

**Ratios.** The ratio of the rates is taken as a fraction in lowest terms up to 4096, which holds every pair of usual
rates from 8 to 192 kHz exactly. Any other ratio is replaced by the nearest such fraction: both passes use it, so the
sound keeps its speed and the model runs at most 0.0147 % (0.26 cent) off its rate. A table has about 96 * 4096 floats
at most.
"""

import math
from typing import Final

import numpy as np
from numba.extending import register_jitable

from .dot_product import DOT_STEP, dot_product
from .memory import float32_at, int64_at

MIN_RATE: Final = 1_000
MAX_RATE: Final = 768_000
MAX_TERM: Final = 4096
HALF_LENGTH: Final = 44
"""Half the length of the low-pass, in periods of the lower rate."""

SERIES: Final = np.array(
    [
        1 / 88,
        0.02265110743,
        0.02280590566,
        0.02265071887,
        0.02279992848,
        0.02265965905,
        0.02278887752,
        0.02267299764,
        0.02277341078,
        0.02268977967,
        0.02275536658,
        0.02270933931,
        0.02273506961,
        0.02272981011,
        0.02271394917,
        0.02275085817,
        0.02269384483,
        0.02277021818,
        0.02267533801,
        0.02278687966,
        0.02266103451,
        0.02279902331,
        0.02265129986,
        0.02280546533,
        0.02264863979,
        0.0228045607,
        0.02265321342,
        0.02279613765,
        0.02266560069,
        0.02277979615,
        0.02268572994,
        0.02275629826,
        0.02271178344,
        0.02272870179,
        0.02273973969,
        0.02270199951,
        0.02276300143,
        0.02268508296,
        0.02276688253,
        0.02272378601,
        0.02178901774,
        0.01380707265,
        0.00392355502,
        0.0003054287,
        1.4432e-07,
        -1.4432e-07,
        1.43e-09,
        1.0815e-07,
        -1.4154e-07,
        1.4433e-07,
    ]
)


# ---- ratios


@register_jitable
def nearest_fraction(ratio: float) -> tuple[int, int]:
    """The fraction (numerator, denominator) nearest to `ratio` with both terms at most `MAX_TERM`.

    Continued fraction with its intermediate convergents (Khinchin, "Continued Fractions", section 6).
    """
    n0, d0, n1, d1 = 0, 1, 1, 0
    x = ratio
    while True:
        whole = math.floor(x)
        room = whole
        if n1 > 0:
            room = min(room, (MAX_TERM - n0) // n1)
        if d1 > 0:
            room = min(room, (MAX_TERM - d0) // d1)
        n, d = n0 + room * n1, d0 + room * d1
        if room < whole:
            if d > 0 and n > 0 and abs(n / d - ratio) < abs(n1 / d1 - ratio):
                return n, d
            return n1, d1
        n0, d0, n1, d1 = n1, d1, n, d
        rest = x - whole
        if rest < 1e-9 or abs(n1 / d1 - ratio) < 1e-12 * ratio:
            return n1, d1
        x = 1.0 / rest


@register_jitable
def rate_supported(sample_rate: float) -> bool:
    """Whether a rate can be resampled from or to."""
    return MIN_RATE <= sample_rate <= MAX_RATE


# ---- the low-pass


@register_jitable
def low_pass(t: float) -> float:
    """h(t), `t` in periods of the lower rate; its integral is 1. Clenshaw's recurrence on `SERIES`."""
    if abs(t) >= HALF_LENGTH:
        return 0.0
    cosine = math.cos(math.pi * t / HALF_LENGTH)
    b1, b2 = 0.0, 0.0
    for i in range(SERIES.size - 1):
        b1, b2 = SERIES[SERIES.size - 1 - i] + 2.0 * cosine * b1 - b2, b1
    return SERIES[0] + cosine * b1 - b2


@register_jitable
def half_length(up: int, down: int) -> float:
    """Half the length of the low-pass in input frames, where `up` output frames last as long as `down` input frames."""
    return HALF_LENGTH * max(up, down) / up


@register_jitable
def tap_count(up: int, down: int, delay: float) -> int:
    """Taps a phase: the input frames from `delay` plus half a low-pass ago until now, in whole vectors."""
    taps = math.ceil(delay + half_length(up, down)) + 1
    return -(-taps // DOT_STEP) * DOT_STEP


@register_jitable
def phase_tap(up: int, down: int, delay: float, taps: int, phase: int, tap: int) -> float:
    """Weight of one input frame.

    Output `phase` lies phase / up - delay input frames after the newest of the `taps` input frames, `tap` counts
    from the oldest.
    """
    low = min(up, down) / down  # the lower rate over the input's
    return low * low_pass((phase / up - delay + (taps - 1 - tap)) * low)


# ---- the resampler: a header, a table, a line of history for each channel

_UP, _DOWN, _TAPS, _CAPACITY, _CHANNELS, _PHASE, _AHEAD, _FILLED = range(8)
_HEADER_BYTES: Final = 64


@register_jitable
def whole_lines(size: int) -> int:
    """Bytes, rounded up to whole cache lines."""
    return -(-size // 64) * 64


@register_jitable
def _capacity(taps: int, most_frames: int) -> int:
    return 2 * taps + most_frames + 256  # room that makes moving the history rare


@register_jitable
def measure_resampler(up: int, down: int, delay: float, channels: int, most_frames: int) -> int:
    """Bytes of a resampler that is given at most `most_frames` input frames at a time."""
    taps = tap_count(up, down, delay)
    line = whole_lines(4 * _capacity(taps, most_frames))
    return _HEADER_BYTES + whole_lines(4 * up * taps) + channels * line


@register_jitable
def prepare_resampler(resampler: int, up: int, down: int, delay: float, channels: int, most_frames: int) -> None:
    """Tabulate the low-pass in zeroed memory at `resampler`, aligned to 64 bytes; `delay` is in input frames."""
    header = int64_at(resampler)
    taps = tap_count(up, down, delay)
    header[_UP] = up
    header[_DOWN] = down
    header[_TAPS] = taps
    header[_CAPACITY] = whole_lines(4 * _capacity(taps, most_frames)) // 4
    header[_CHANNELS] = channels
    table = float32_at(resampler + _HEADER_BYTES)
    for phase in range(up):
        for tap in range(taps):
            table[phase * taps + tap] = phase_tap(up, down, delay, taps, phase, tap)
    for channel in range(channels):
        rest_resampler(resampler, channel, 0.0)


@register_jitable
def _history(resampler: int, channel: int) -> int:
    header = int64_at(resampler)
    table = whole_lines(4 * header[_UP] * header[_TAPS])
    return resampler + _HEADER_BYTES + table + 4 * channel * header[_CAPACITY]


@register_jitable
def rest_resampler(resampler: int, channel: int, value: float) -> None:
    """Return to the start of the stream, as if `channel` had been `value` forever. Call it for every channel."""
    header = int64_at(resampler)
    header[_PHASE] = 0
    header[_AHEAD] = 0
    header[_FILLED] = header[_TAPS]
    line = float32_at(_history(resampler, channel))
    for i in range(header[_FILLED]):
        line[i] = value


@register_jitable
def resample(resampler: int, source: int, source_stride: int, frames: int, out: int, out_stride: int, most: int) -> int:
    """Take `frames` input frames of every channel and write the output frames that they complete.

    The channels lie `source_stride` and `out_stride` floats apart. At most `most` frames are written; what is left then
    comes next time, if it belongs to the newest input frame. Returns the number of frames written.
    """
    header = int64_at(resampler)
    taps, capacity = header[_TAPS], header[_CAPACITY]
    filled = header[_FILLED]
    moved = filled + frames > capacity
    start = taps if moved else filled
    written = 0
    phase, position = header[_PHASE], header[_AHEAD]
    whole, part = header[_DOWN] // header[_UP], header[_DOWN] % header[_UP]
    for channel in range(header[_CHANNELS]):
        line_address = _history(resampler, channel)
        line = float32_at(line_address)
        if moved:
            for i in range(taps):
                line[i] = line[filled - taps + i]
        new = float32_at(source + 4 * channel * source_stride)
        for i in range(frames):
            line[start + i] = new[i]
        results = float32_at(out + 4 * channel * out_stride)
        written = 0
        phase, position = header[_PHASE], header[_AHEAD]
        while position < frames and written < most:
            window = line_address + 4 * (start + position - taps + 1)
            results[written] = dot_product(window, resampler + _HEADER_BYTES + 4 * phase * taps, taps)
            written += 1
            phase += part
            position += whole
            if phase >= header[_UP]:
                phase -= header[_UP]
                position += 1
    header[_PHASE] = phase
    header[_AHEAD] = position - frames
    header[_FILLED] = start + frames
    return written
