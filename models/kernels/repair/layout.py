"""Where the repair kernel keeps what in its program and its state."""

from typing import Any, Final

from numba.extending import register_jitable

from ...architectures.repair import MOST_ORDERS
from ..contract import ALIGNMENT, PARAMETER_BYTES, setup_channels, setup_sample_rate
from ..memory import call_measure, float64_at, int32_at, int64_at
from ..smoothing import RAMP_BYTES, SMOOTHING
from .blending import blend_floats
from .filling import feature_count, work_floats

CHUNK: Final = 64
"""Frames that pass through the whole signal path at a time."""

MIX, DENOISE, THRESHOLD = range(3)
RAMPS_USED: Final = 2  # the first two parameters
HEAD_START: Final = 12  # the look-ahead over it: frames that the filling waits beyond, for the work to be done in
SHORTEST_GAP: Final = 0.0005  # seconds of zeros
SLACK: Final = 4096  # frames after which the line is moved back to its start
MOST_INNER_LATENCY: Final = 0.025  # seconds: resampling to the denoiser's rate and back
LOWEST_RATE, HIGHEST_RATE = 4_000.0, 400_000.0

# The program: int64 words; on the next cache line the blending network's weights, then the denoiser's parameters.
(
    MODEL_RATE,
    LOOK_AHEAD,  # of the filling, in frames at the model's rate
    CONTEXT,
    HIDDEN,
    ORDER_COUNT,  # 0: gaps are left to the denoiser
    HAS_DENOISER,
    DENOISER_LOOK_AHEAD,
    RESIDUAL,  # the denoiser gives what is to be taken away
    INNER_MEASURE,
    INNER_PREPARE,
    INNER_PROCESS,
    INNER_RESET,
    INNER_PROGRAM,
    INNER_PARAMETERS,
    INNER_DEFAULTS,  # where they are
    ORDERS,
) = range(16)
PROGRAM_WORDS: Final = ORDERS + MOST_ORDERS
WEIGHTS: Final = -(-8 * PROGRAM_WORDS // ALIGNMENT) * ALIGNMENT  # bytes

# Behind the parameter slots: int64 words, then what the last of them give the place of (in bytes from the start).
(
    PROGRAM,
    CHANNELS,
    FILL_DELAY,  # frames by which the filling lags the input
    LATENCY,
    CONTEXT_FRAMES,
    LONGEST,  # frames of a gap that are filled
    SHORTEST,
    LINE_FRAMES,
    RAMP_FRAMES,
    RAMPS,
    CURVES,
    POINTERS,
    FED,
    WET,
    BLEND_WORK,
    INNER,
    VOICES,
    VOICE_BYTES,
    MARKS,  # in a voice, as the next three
    CANDIDATES,
    FEATURES,
    WORK,
    PACE,  # work on gaps that every frame of a channel pays for
    OWN_ORDERS,
) = range(24)
WORDS: Final = OWN_ORDERS + MOST_ORDERS
RATE: Final = PARAMETER_BYTES + 8 * WORDS  # float64

# A voice: int64 words, the line (float32), its marks (int32), and of the gap being filled predictions, features, work.
(
    END,  # of the line
    RUN,  # of silent frames
    TASK,
    NEXT,  # first frame of the gap being filled, or up to where none was found
    STOP,  # behind its last
    SEEN,  # behind what is known after it
    FILL_FRAMES,
    FADES,
    BLENDED,
    CREDIT,  # work that is paid for and not done
) = range(10)
VOICE_HEAD: Final = 128

KNOWN, MISSING, FILLED = range(3)
"""Marks of the line."""


@register_jitable
def lines(size: int) -> int:
    """Bytes of the cache lines that `size` bytes take."""
    return -(-size // 64) * 64


@register_jitable
def lay_out(words: Any, inner_setup: int, program: int, setup: int) -> int:
    """Fill the header `words` and the denoiser's setup; bytes of the state, or -1 where the setup is refused.

    The latency is without the denoiser's own, which is only known when it is prepared.
    """
    parts = int64_at(program)
    rate, channels = setup_sample_rate(setup), setup_channels(setup)
    if not (LOWEST_RATE <= rate <= HIGHEST_RATE) or channels < 1:
        return -1
    ratio = rate / parts[MODEL_RATE]
    short = min(ratio, 1.0)  # above the model's own rate the predictions keep their length: they cost its square
    count = parts[ORDER_COUNT]
    reach, context, top = 0, 0, 0
    if count > 0:
        reach, context = round(parts[LOOK_AHEAD] * ratio), round(parts[CONTEXT] * short)
        for k in range(count):
            top = max(top + 1, round(parts[ORDERS + k] * short))
            words[OWN_ORDERS + k] = top
    delay = reach + reach // HEAD_START
    latency = delay
    if parts[HAS_DENOISER]:
        latency += round(parts[DENOISER_LOOK_AHEAD] * ratio)
    words[PROGRAM] = program
    words[CHANNELS] = channels
    words[FILL_DELAY] = delay
    words[LATENCY] = latency
    words[CONTEXT_FRAMES] = context
    words[LONGEST] = reach + 1
    words[SHORTEST] = int(SHORTEST_GAP * rate)
    words[RAMP_FRAMES] = max(1, round(SMOOTHING * rate))
    place = lines(RATE + 8)
    words[RAMPS] = place
    place += RAMPS_USED * RAMP_BYTES
    words[CURVES] = place
    place += RAMPS_USED * 4 * CHUNK
    words[POINTERS] = place
    place += lines(16 * channels)
    words[FED] = place
    place += channels * 4 * CHUNK
    words[WET] = place
    place += channels * 4 * CHUNK
    words[BLEND_WORK] = place
    place += lines(4 * blend_floats(count, parts[HIDDEN]))
    words[INNER] = place
    room = latency
    if parts[HAS_DENOISER]:
        asked, given = float64_at(inner_setup), int32_at(inner_setup + 8)
        asked[0] = rate
        given[0], given[1], given[2], given[3] = CHUNK, channels, channels, 0
        size = call_measure(parts[INNER_MEASURE], parts[INNER_PROGRAM], inner_setup)
        if size < 0:
            return -1
        place += lines(size)
        room += int(MOST_INNER_LATENCY * rate)
    words[LINE_FRAMES] = context + room + 1 + SLACK
    words[VOICES] = place
    words[MARKS] = VOICE_HEAD + lines(4 * words[LINE_FRAMES])
    words[CANDIDATES] = words[MARKS] + lines(4 * words[LINE_FRAMES])
    words[FEATURES] = words[CANDIDATES] + lines(8 * count * words[LONGEST])
    words[WORK] = words[FEATURES] + lines(4 * feature_count(count) * words[LONGEST])
    words[VOICE_BYTES] = words[WORK] + lines(4 * work_floats(context, top, count, words[LONGEST]))
    return place + channels * words[VOICE_BYTES]
