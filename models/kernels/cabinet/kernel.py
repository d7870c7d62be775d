"""Cabinets: zero-latency convolution with an impulse response.

The first 64 taps are a dot product a frame; the rest is cut into partitions of 64 taps that meet the input in the
frequency domain: uniformly partitioned overlap-save with transforms of 128 (W. G. Gardner, "Efficient convolution
without input-output delay", JAES 1995). The partitions' part of the next 64 frames is ready when they begin, so nothing
is delayed. The blocks of 64 lie on a fixed grid of the stream, whatever the blocks of the host, so the output does not
depend on those, bit for bit. The cost grows with the length: a loudspeaker's response is cheap, a hall's is not.
"""

from functools import cache
from typing import Any, Final, SupportsFloat

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from ...errors import ParameterError
from ..code_version import code_version
from ..contract import (
    MEASURE,
    PARAMETER_BYTES,
    PREPARE,
    PROCESS,
    RESET,
    Kernel,
    KernelFunctions,
    Parameter,
    compiled,
    pack_program,
    setup_channels,
    setup_sample_rate,
)
from ..dot_product import dot_product
from ..floating_point import flush_denormals, restore_mode
from ..memory import float32_at, int64_at
from ..resampling import MAX_RATE, MIN_RATE, nearest_fraction, rate_supported
from ..smoothing import RAMP_BYTES, SMOOTHING, aim_ramp, fill_curve, gain_of, ramp_asks, start_ramp
from .impulse_response import measure_response, render_response, response_frames
from .real_fft import WORK_BYTES, last_half, real_spectrum
from .spectral_product import SPECTRUM_BYTES, SPECTRUM_FLOATS, add_products

BLOCK: Final = 64
"""Frames of the grid, taps of the head and of each partition."""

LONGEST: Final = 10.0
"""Seconds of response at most."""

PARAMETERS: Final = (Parameter("output_db", "Output", "dB", -40.0, 40.0, 0.0, smoothing=SMOOTHING),)

# The program: int64 words, then the rows of the response in float32.
_ROWS, _FRAMES, _RATE = range(3)
_RESPONSE: Final = 64

# Behind the parameter slots: int64 words, then what the last of them give the place of (in bytes from the start).
(
    _CHANNELS,
    _USED_ROWS,
    _PARTITIONS,
    _POSITION,  # in the grid
    _NEWEST,  # place of the newest spectrum in the rings; older ones follow it
    _RAMP_FRAMES,
    _FILTERS,  # a row: the head, reversed; the partitions' spectra
    _FILTER_BYTES,
    _VOICES,  # a channel: the last block and this one; the partitions' part of this block; the ring of spectra
    _VOICE_BYTES,
    _RESAMPLED,
    _WORK,
    _WORDS,
) = range(13)
_RAMP: Final = PARAMETER_BYTES + 128
_CURVE: Final = _RAMP + RAMP_BYTES
_TOTAL: Final = _CURVE + 4 * BLOCK
_TRANSFORM: Final = _TOTAL + SPECTRUM_BYTES
_FIXED: Final = _TRANSFORM + WORK_BYTES
_LINE_BYTES: Final = 8 * BLOCK
_PART_BYTES: Final = 4 * BLOCK


@register_jitable
def _fraction(program: int, setup: int) -> tuple[int, int]:
    """Host's rate over the response's, in lowest terms; (0, 0) where the host's is refused."""
    rate, own = setup_sample_rate(setup), int64_at(program)[_RATE]
    if rate == own:
        return 1, 1
    if not rate_supported(rate):
        return 0, 0
    return nearest_fraction(rate / own)


@register_jitable
def _partitions(program: int, up: int, down: int) -> int:
    return max(0, -(-response_frames(int64_at(program)[_FRAMES], up, down) // BLOCK) - 1)


@register_jitable
def _used_rows(program: int, channels: int) -> int:
    return 1 if int64_at(program)[_ROWS] == 1 else channels


@register_jitable
def _filter_bytes(partitions: int) -> int:
    return _PART_BYTES + partitions * SPECTRUM_BYTES


@register_jitable
def _voice_bytes(partitions: int) -> int:
    return _LINE_BYTES + _PART_BYTES + partitions * SPECTRUM_BYTES


@register_jitable
def _resampled_bytes(partitions: int) -> int:
    return (partitions + 2) * 4 * BLOCK  # one block of zeros behind


@register_jitable
def _clear(address: int, size: int) -> None:
    floats = float32_at(address)
    for i in range(size // 4):
        floats[i] = np.float32(0.0)


@register_jitable
def _rest(state: int) -> None:
    words, asked = int64_at(state + PARAMETER_BYTES), float32_at(state)[0]
    start_ramp(state + _RAMP, asked, gain_of(asked))
    words[_POSITION] = 0
    words[_NEWEST] = 0
    _clear(state + words[_VOICES], words[_CHANNELS] * words[_VOICE_BYTES])


@register_jitable
def _make_filter(state: int, row: int) -> None:
    """The head and the spectra of the resampled response."""
    words = int64_at(state + PARAMETER_BYTES)
    resampled = state + words[_RESAMPLED]
    address = state + words[_FILTERS] + row * words[_FILTER_BYTES]
    response, head = float32_at(resampled), float32_at(address)
    for tap in range(BLOCK):
        head[BLOCK - 1 - tap] = response[tap]
    padded = float32_at(state + _TOTAL)
    for partition in range(words[_PARTITIONS]):
        for tap in range(BLOCK):
            padded[tap] = response[(partition + 1) * BLOCK + tap]
            padded[BLOCK + tap] = np.float32(0.0)
        real_spectrum(state + _TOTAL, address + _PART_BYTES + partition * SPECTRUM_BYTES, state + _TRANSFORM)


@register_jitable
def _next_block(state: int, words: Any, voice: int, filters: int) -> None:
    """A block of input is complete: the partitions' part of the next block of output."""
    line = float32_at(voice)
    part, ring = voice + _LINE_BYTES, voice + _LINE_BYTES + _PART_BYTES
    partitions, newest = words[_PARTITIONS], words[_NEWEST]
    if partitions > 0:
        total = float32_at(state + _TOTAL)
        real_spectrum(voice, ring + newest * SPECTRUM_BYTES, state + _TRANSFORM)
        for i in range(SPECTRUM_FLOATS):
            total[i] = np.float32(0.0)
        spectra = filters + _PART_BYTES
        ahead = partitions - newest
        add_products(ring + newest * SPECTRUM_BYTES, spectra, ahead, state + _TOTAL)
        add_products(ring, spectra + ahead * SPECTRUM_BYTES, newest, state + _TOTAL)
        last_half(state + _TOTAL, part, state + _TRANSFORM)
    for i in range(BLOCK):
        line[i] = line[BLOCK + i]


@cache
def cabinet_functions() -> KernelFunctions:
    """Compile the functions, or take them from the cache on disk."""
    version = code_version(__file__)

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        _ = version
        channels = setup_channels(setup)
        up, down = _fraction(program, setup)
        if up == 0 or channels < 1:
            return -1
        partitions = _partitions(program, up, down)
        filters = _used_rows(program, channels) * _filter_bytes(partitions)
        working = _resampled_bytes(partitions) + measure_response(up, down)
        return _FIXED + filters + channels * _voice_bytes(partitions) + working

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        _ = version
        words, facts = int64_at(state + PARAMETER_BYTES), int64_at(program)
        up, down = _fraction(program, setup)
        channels = setup_channels(setup)
        if up == 0 or channels < 1:
            return -1
        partitions = _partitions(program, up, down)
        rows = _used_rows(program, channels)
        words[_CHANNELS] = channels
        words[_USED_ROWS] = rows
        words[_PARTITIONS] = partitions
        words[_RAMP_FRAMES] = max(1, round(SMOOTHING * setup_sample_rate(setup)))
        words[_FILTERS] = _FIXED
        words[_FILTER_BYTES] = _filter_bytes(partitions)
        words[_VOICES] = words[_FILTERS] + rows * words[_FILTER_BYTES]
        words[_VOICE_BYTES] = _voice_bytes(partitions)
        words[_RESAMPLED] = words[_VOICES] + channels * words[_VOICE_BYTES]
        words[_WORK] = words[_RESAMPLED] + _resampled_bytes(partitions)
        stereo_in_mono = facts[_ROWS] > 1 and channels == 1
        for row in range(rows):
            stored = facts[_ROWS] - 1 if stereo_in_mono else row
            source = program + _RESPONSE + 4 * stored * facts[_FRAMES]
            _clear(state + words[_RESAMPLED], _resampled_bytes(partitions))
            render_response(source, facts[_FRAMES], up, down, state + words[_WORK], state + words[_RESAMPLED])
            _make_filter(state, row)
        _rest(state)
        return 0

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        _rest(state)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        mode = flush_denormals()
        words = int64_at(state + PARAMETER_BYTES)
        rows_in, rows_out = int64_at(inputs), int64_at(outputs)
        ramp, asked, curve = state + _RAMP, float32_at(state)[0], float32_at(state + _CURVE)
        if ramp_asks(ramp, asked):
            aim_ramp(ramp, asked, gain_of(asked), words[_RAMP_FRAMES])
        start = 0
        while start < frames:
            position = words[_POSITION]
            count = min(BLOCK - position, frames - start)
            fill_curve(ramp, state + _CURVE, count)
            for channel in range(words[_CHANNELS]):
                voice = state + words[_VOICES] + channel * words[_VOICE_BYTES]
                head = state + words[_FILTERS] + min(channel, words[_USED_ROWS] - 1) * words[_FILTER_BYTES]
                source, sink = float32_at(rows_in[channel] + 4 * start), float32_at(rows_out[channel] + 4 * start)
                new, part = float32_at(voice + 4 * (BLOCK + position)), float32_at(voice + _LINE_BYTES + 4 * position)
                for i in range(count):
                    new[i] = source[i]
                for i in range(count):
                    direct = dot_product(voice + 4 * (position + i + 1), head, BLOCK)
                    sink[i] = (direct + part[i]) * curve[i]
            words[_POSITION] = position + count
            if words[_POSITION] == BLOCK:
                words[_POSITION] = 0
                words[_NEWEST] = (words[_NEWEST] if words[_NEWEST] > 0 else max(words[_PARTITIONS], 1)) - 1
                for channel in range(words[_CHANNELS]):
                    voice = state + words[_VOICES] + channel * words[_VOICE_BYTES]
                    row = min(channel, words[_USED_ROWS] - 1)
                    _next_block(state, words, voice, state + words[_FILTERS] + row * words[_FILTER_BYTES])
            start += count
        restore_mode(mode)

    return KernelFunctions(measure, prepare, process, reset)


def pink_noise_gain(response: NDArray[np.float32], response_rate: int) -> float:
    """Root-mean-square gain of a response for pink noise from 40 Hz to 16 kHz, the louder channel's.

    Parameters
    ----------
    response : ndarray of float32, shape (channels, frames)
        Impulse response.
    response_rate : int
        Its sample rate in Hz.
    """
    size = 1 << max(14, int(response.shape[1] - 1).bit_length())
    frequency = np.fft.rfftfreq(size, 1 / response_rate)
    band = (frequency >= 40) & (frequency <= 16_000) & (frequency > 0)
    power = np.abs(np.fft.rfft(response.astype(np.float64), size)[:, band]) ** 2
    return float(np.sqrt((power / frequency[band]).sum(axis=1) / (1 / frequency[band]).sum()).max())


def cabinet_kernel(response: NDArray[Any], response_rate: SupportsFloat, *, normalize: bool = False) -> Kernel:
    """Build the kernel that convolves with an impulse response, at unit gain and without latency.

    Parameters
    ----------
    response : ndarray, shape (frames,), (1, frames) or (2, frames)
        Impulse response. Of two channels the first is heard on the left and the second on the right; on one channel
        their mean is heard. A mono response serves any number of channels.
    response_rate : int
        Its sample rate in Hz, 1 000 to 768 000. At another host rate it is resampled in ``prepare``, its gain kept.
    normalize : bool
        Scale the response so that pink noise (40 Hz to 16 kHz) passes with its power unchanged, one gain for both
        channels. The default plays the response as it is.

    Returns
    -------
    Kernel
        With the parameter ``output_db`` (-40 to 40 dB). Its tail is the response's length.

    Raises
    ------
    ParameterError
        When the response is empty, silent, longer than 10 seconds, of more than two channels or not finite, or the rate
        is out of range.
    """
    rate = float(response_rate)
    if not (MIN_RATE <= rate <= MAX_RATE and rate.is_integer()):
        raise ParameterError(
            f"the response's sample rate is {rate:g} Hz: use a whole number from {MIN_RATE} to {MAX_RATE}"
        )
    rows = np.atleast_2d(np.asarray(response, np.float32))
    if rows.ndim != 2 or rows.shape[0] not in (1, 2) or rows.shape[1] == 0:
        raise ParameterError(f"the response has shape {np.shape(response)}: use (1, frames) or (2, frames)")
    if rows.shape[1] > LONGEST * rate:
        raise ParameterError(f"the response lasts {rows.shape[1] / rate:.1f} seconds: use at most {LONGEST:g}")
    if not np.isfinite(rows).all():
        raise ParameterError("the response contains NaN or infinity: export it again")
    if not rows.any():
        raise ParameterError("the response is silent: use another file")
    if normalize:
        rows = rows / np.float32(pink_noise_gain(rows, int(rate)))
    if rows.shape[0] == 2:
        rows = np.concatenate([rows, rows.mean(axis=0, keepdims=True)])
    header = np.array([rows.shape[0], rows.shape[1], int(rate)], np.int64)
    return Kernel(
        name="Cabinet",
        functions=cabinet_functions(),
        program=pack_program(header, rows.astype(np.float32)),
        parameters=PARAMETERS,
        channels=(1, 64) if rows.shape[0] == 1 else (1, 2),
        tail=rows.shape[1] / rate,
    )
