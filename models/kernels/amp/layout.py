"""Where the amp keeps what in its program and its state."""

from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic
from numba.extending import register_jitable

from ..contract import ALIGNMENT, PARAMETER_BYTES, setup_channels, setup_sample_rate
from ..memory import call_measure, float64_at, int32_at, int64_at
from ..resampling import HALF_LENGTH, half_length, measure_resampler, nearest_fraction, rate_supported, whole_lines
from ..smoothing import RAMP_BYTES, SMOOTHING

CHUNK: Final = 64
"""Host frames that pass through the whole signal path at a time."""

INPUT, OUTPUT, MIX = range(3)
OWN_PARAMETERS: Final = 3

# The program: int64 words, on the next cache line the gains that belong to the model.
(
    INNER_MEASURE,
    INNER_PREPARE,
    INNER_PROCESS,
    INNER_RESET,
    INNER_PROGRAM,
    INNER_PARAMETERS,
    MODEL_RATE,
    OVERSAMPLING,
    FOLLOWS_HOST,  # 1: at a multiple of its own rate the model runs at the host's
    PROGRAM_WORDS,
) = range(10)
GAINS: Final = -(-8 * PROGRAM_WORDS // ALIGNMENT) * ALIGNMENT  # bytes; two floats
INPUT_GAIN, OUTPUT_GAIN = range(2)

# Behind the parameter slots: int64 words, then what the last of them give the place of (in bytes from the start).
(
    PROGRAM,
    CHANNELS,
    VOICES,  # of the model, taking turns: it runs at so many times its own rate
    TURN,  # which voice takes the next frame
    HOST_STEP,  # host : running rate in lowest terms
    MODEL_STEP,
    LATENCY,
    DELAY_POSITION,
    RAMP_FRAMES,
    MOST_MODEL_FRAMES,
    RAMPS,
    CURVES,
    POINTERS,
    GAINED,
    WET,
    MODEL_IN,
    MODEL_OUT,
    VOICE_IN,
    VOICE_OUT,
    VOICE_FRAMES,
    DELAY,
    TO_MODEL,
    TO_HOST,
    INNER,
    INNER_SIZE,
    WORDS,
) = range(26)
SETUP_WORDS: Final = 4  # of the inner kernel's setup


def _words_on_stack(typing_context: Any, count: types.Type) -> Any:
    """Address of `count` (a literal) int64 words in the caller's frame: ``measure`` is given no memory."""
    assert isinstance(count, types.Literal)
    size = int(count.literal_value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(64), size))
        return builder.ptrtoint(place, ir.IntType(64))

    return types.int64(count), generate


words_on_stack: Any = intrinsic(prefer_literal=True)(_words_on_stack)


@register_jitable
def delay_to_model(words: Any) -> float:
    """Delay of the first pass in host frames: half a low-pass."""
    return half_length(words[MODEL_STEP], words[HOST_STEP])


@register_jitable
def delay_to_host(words: Any) -> float:
    """Delay of the second pass in model frames: what the first leaves of the latency."""
    return (words[LATENCY] - delay_to_model(words)) * words[MODEL_STEP] / words[HOST_STEP]


@register_jitable
def resamples(words: Any) -> bool:
    """Whether the model runs at another rate than the host."""
    return words[HOST_STEP] != words[MODEL_STEP]


@register_jitable
def lay_out(words: Any, inner_setup: int, program: int, setup: int) -> int:
    """Fill the header `words` and the inner kernel's setup; bytes of the state, or -1 where the setup is refused."""
    parts = int64_at(program)
    rate, model_rate, channels = setup_sample_rate(setup), parts[MODEL_RATE], setup_channels(setup)
    if not rate > 0.0 or channels < 1:
        return -1
    host, model, latency, most, voices = 1, 1, 0, CHUNK, parts[OVERSAMPLING]
    if parts[FOLLOWS_HOST] and rate_supported(rate):
        multiple, one = nearest_fraction(rate / model_rate)
        if one == 1:
            voices = max(voices, multiple)
    if rate != model_rate * voices:
        if not rate_supported(rate):
            return -1
        host, model = nearest_fraction(rate / (model_rate * voices))
    if host != model:
        latency = -(-2 * HALF_LENGTH * host // min(host, model))
        most = CHUNK * model // host + 1
    words[PROGRAM] = program
    words[CHANNELS] = channels
    words[VOICES] = voices
    words[TURN] = 0
    words[HOST_STEP] = host
    words[MODEL_STEP] = model
    words[LATENCY] = latency
    words[DELAY_POSITION] = 0
    words[RAMP_FRAMES] = max(1, round(SMOOTHING * rate))
    words[MOST_MODEL_FRAMES] = most
    place = PARAMETER_BYTES + whole_lines(8 * WORDS)
    words[RAMPS] = place
    place += OWN_PARAMETERS * RAMP_BYTES
    words[CURVES] = place
    place += OWN_PARAMETERS * 4 * CHUNK
    words[POINTERS] = place
    place += whole_lines(16 * channels)
    words[GAINED] = place
    place += channels * 4 * CHUNK
    words[WET] = place
    place += channels * 4 * CHUNK
    words[VOICE_FRAMES] = whole_lines(4 * (-(-most // voices))) // 4
    words[VOICE_IN] = place
    words[VOICE_OUT] = place
    if voices > 1:
        words[VOICE_OUT] = place + channels * 4 * words[VOICE_FRAMES]
        place = words[VOICE_OUT] + channels * 4 * words[VOICE_FRAMES]
    words[MODEL_IN] = place
    words[MODEL_OUT] = place
    words[DELAY] = place
    words[TO_MODEL] = place
    words[TO_HOST] = place
    if host != model:
        words[MODEL_OUT] = place + whole_lines(4 * channels * most)
        words[DELAY] = words[MODEL_OUT] + whole_lines(4 * channels * most)
        words[TO_MODEL] = words[DELAY] + whole_lines(4 * channels * latency)
        words[TO_HOST] = words[TO_MODEL] + measure_resampler(model, host, delay_to_model(words), channels, CHUNK)
        place = words[TO_HOST] + measure_resampler(host, model, delay_to_host(words), channels, most)
    words[INNER] = place
    float64_at(inner_setup)[0] = model_rate
    layout = int32_at(inner_setup + 8)
    layout[0] = most
    layout[1] = channels
    layout[2] = channels
    layout[3] = 0
    inner_size = call_measure(parts[INNER_MEASURE], parts[INNER_PROGRAM], inner_setup)
    if inner_size < 0:
        return -1
    words[INNER_SIZE] = whole_lines(inner_size)
    return place + voices * words[INNER_SIZE]
