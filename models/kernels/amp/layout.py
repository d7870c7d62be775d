"""Where the amp keeps what in its program and its state."""

from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic
from numba.extending import register_jitable

from ..contract import PARAMETER_BYTES, setup_channels, setup_sample_rate
from ..memory import float64_at, int32_at, int64_at
from ..resampling import HALF_LENGTH, half_length, measure_resampler, nearest_fraction, rate_supported, whole_lines
from ..smoothing import RAMP_BYTES, SMOOTHING

CHUNK: Final = 64
"""Host frames that pass through the whole signal path at a time."""

INPUT, OUTPUT, MIX = range(3)
OWN_PARAMETERS: Final = 3

# The program: int64 words.
INNER_MEASURE, INNER_PREPARE, INNER_PROCESS, INNER_RESET, INNER_PROGRAM, MODEL_RATE, INNER_PARAMETERS = range(7)

# Behind the parameter slots: int64 words, then what the last of them give the place of (in bytes from the start).
(
    PROGRAM,
    CHANNELS,
    HOST_STEP,  # host : model rate in lowest terms
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
    DELAY,
    TO_MODEL,
    TO_HOST,
    INNER,
    WORDS,
) = range(20)
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
    """Whether host and model run at different rates."""
    return words[HOST_STEP] != words[MODEL_STEP]


@register_jitable
def lay_out(words: Any, inner_setup: int, program: int, setup: int) -> bool:
    """Fill the header `words` and the inner kernel's setup; False where the setup is refused."""
    rate, model_rate, channels = setup_sample_rate(setup), int64_at(program)[MODEL_RATE], setup_channels(setup)
    if not rate > 0.0 or channels < 1:
        return False
    host, model, latency, most = 1, 1, 0, CHUNK
    if rate != model_rate:
        if not rate_supported(rate):
            return False
        host, model = nearest_fraction(rate / model_rate)
    if host != model:
        latency = -(-2 * HALF_LENGTH * host // min(host, model))
        most = CHUNK * model // host + 1
    words[PROGRAM] = program
    words[CHANNELS] = channels
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
    return True
