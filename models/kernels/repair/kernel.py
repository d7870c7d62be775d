"""The repair kernel.

Signal path of a channel::

    in -- line of frames, gaps marked -- gaps filled -- line -----------------------+-- mix -- out
                                              |                                     |
                                              +-- [denoiser, resampled if need be] -+

A frame is missing where its level is at or below the threshold for half a millisecond on end, or where it is not
finite. A gap that ends within the look-ahead is filled from both sides, a longer one fades out from the left. Where
nothing is missing and `denoise` is 0 the output is the delayed input, bit for bit. A model without predictions leaves
gaps to its denoiser.
"""

import math
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ...architectures.repair import Repair
from ...description import DEFAULT_SAMPLE_RATE, ModelDescription
from ...errors import ModelError
from ..amp import amp_kernel
from ..amp.layout import words_on_stack
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
)
from ..floating_point import flush_denormals, restore_mode
from ..memory import call_prepare, call_process, call_reset, float32_at, float64_at, int32_at, int64_at
from ..smoothing import RAMP_BYTES, SMOOTHING, aim_ramp, fill_curve, ramp_asks, start_ramp
from ..wavenet import wavenet_kernel
from .filling import blend, predict
from .layout import (
    CANDIDATES,
    CHANNELS,
    CHUNK,
    CONTEXT,
    CONTEXT_FRAMES,
    CURVES,
    DENOISE,
    DENOISER_LOOK_AHEAD,
    END,
    FADES,
    FEATURES,
    FED,
    FILL_DELAY,
    FILL_FRAMES,
    FILL_POSITION,
    FILLED,
    HAS_DENOISER,
    HIDDEN,
    INNER,
    INNER_DEFAULTS,
    INNER_MEASURE,
    INNER_PARAMETERS,
    INNER_PREPARE,
    INNER_PROCESS,
    INNER_PROGRAM,
    INNER_RESET,
    KNOWN,
    LATENCY,
    LINE_FRAMES,
    LONGEST,
    LOOK_AHEAD,
    MARKS,
    MISSING,
    MIX,
    MODEL_RATE,
    MOST_INNER_LATENCY,
    ORDER_COUNT,
    ORDERS,
    OWN_ORDERS,
    POINTERS,
    PROGRAM,
    PROGRAM_WORDS,
    RAMP_FRAMES,
    RAMPS,
    RAMPS_USED,
    RATE,
    RESIDUAL,
    RUN,
    SHORTEST,
    THRESHOLD,
    VOICE_BYTES,
    VOICE_HEAD,
    VOICES,
    WEIGHTS,
    WET,
    WORDS,
    WORK,
    lay_out,
)

SETUP_WORDS: Final = 4
LOWEST_THRESHOLD: Final = -200.0
MOST_VOICES: Final = 64

PARAMETERS: Final = (
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, smoothing=SMOOTHING),
    Parameter("denoise", "Denoise", "", 0.0, 1.0, 0.0, smoothing=SMOOTHING),
    Parameter("threshold", "Threshold", "dB", LOWEST_THRESHOLD, 0.0, -140.0),
)


@register_jitable
def _voice(state: int, words: Any, channel: int) -> int:
    return state + words[VOICES] + channel * words[VOICE_BYTES]


@register_jitable
def _rest(state: int) -> None:
    words, slots = int64_at(state + PARAMETER_BYTES), float32_at(state)
    for which in range(RAMPS_USED):
        start_ramp(state + words[RAMPS] + which * RAMP_BYTES, slots[which], slots[which])
    before = words[CONTEXT_FRAMES] + words[LATENCY] + CHUNK
    for channel in range(words[CHANNELS]):
        place = _voice(state, words, channel)
        voice = int64_at(place)
        voice[END] = before
        voice[RUN] = 0
        voice[FILL_POSITION] = 0
        voice[FILL_FRAMES] = 0
        line, marks = float32_at(place + VOICE_HEAD), int32_at(place + words[MARKS])
        for i in range(words[LINE_FRAMES]):
            line[i] = np.float32(0.0)
            marks[i] = KNOWN


@register_jitable
def _fill(state: int, words: Any, channel: int, first: int, end: int) -> None:
    """Compute what stands in the gap whose first frame is `first`; the line is known up to `end`."""
    place = _voice(state, words, channel)
    line, marks = place + VOICE_HEAD, int32_at(place + words[MARKS])
    last = first
    while last < end and marks[last] == MISSING:
        last += 1
    frames, behind = last - first, 0
    if last < end:
        while last + behind < end and marks[last + behind] == KNOWN:
            behind += 1
    else:
        frames = words[LONGEST]
    predict(
        line + 4 * first,
        frames,
        behind,
        state + PARAMETER_BYTES + 8 * OWN_ORDERS,
        int64_at(words[PROGRAM])[ORDER_COUNT],
        words[CONTEXT_FRAMES],
        place + words[CANDIDATES],
        place + words[FEATURES],
        float64_at(state + RATE)[0],
        state + words[WORK],
    )
    voice = int64_at(place)
    voice[FILL_POSITION] = 0
    voice[FILL_FRAMES] = frames
    voice[FADES] = 1 if last == end else 0


@register_jitable
def _next_filled(state: int, words: Any, channel: int) -> Any:
    """Next frame of the gap that is being filled; silence behind the last."""
    place = _voice(state, words, channel)
    voice, parts = int64_at(place), int64_at(words[PROGRAM])
    frame, frames = voice[FILL_POSITION], voice[FILL_FRAMES]
    if frame >= frames:
        return np.float32(0.0)
    voice[FILL_POSITION] = frame + 1
    candidates, features, work = place + words[CANDIDATES], place + words[FEATURES], state + words[WORK]
    weights = words[PROGRAM] + WEIGHTS
    value = blend(frame, frames, parts[ORDER_COUNT], parts[HIDDEN], weights, candidates, features, work)
    return value * np.float32(1.0 - (frame + 1) / frames) if voice[FADES] else value


@register_jitable
def _take_in(state: int, words: Any, channel: int, source: int, frames: int, lowest: float) -> None:
    """Put frames on the line, mark what is missing, and hand what is filled to the denoiser's input."""
    place = _voice(state, words, channel)
    voice = int64_at(place)
    line, marks = float32_at(place + VOICE_HEAD), int32_at(place + words[MARKS])
    heard, fed = float32_at(source), float32_at(state + words[FED] + 4 * CHUNK * channel)
    fills = int64_at(words[PROGRAM])[ORDER_COUNT] > 0
    reach = words[FILL_DELAY] if fills else words[LATENCY]
    shortest = max(1, min(words[SHORTEST], reach + 1))
    keep = words[CONTEXT_FRAMES] + words[LATENCY] + CHUNK
    for i in range(frames):
        if voice[END] == words[LINE_FRAMES]:
            shift = voice[END] - keep
            for n in range(keep):
                line[n] = line[n + shift]
                marks[n] = marks[n + shift]
            voice[END] = keep
        now = voice[END]
        value = heard[i]
        finite = math.isfinite(value)
        line[now] = value if finite else np.float32(0.0)
        marks[now] = KNOWN if finite else MISSING
        if finite and abs(value) > lowest:
            voice[RUN] = 0
        else:
            voice[RUN] += 1
            if voice[RUN] == shortest:
                for n in range(now - shortest + 1, now + 1):
                    marks[n] = MISSING
            elif voice[RUN] > shortest:
                marks[now] = MISSING
        voice[END] = now + 1
        due = now - words[FILL_DELAY]
        if fills and marks[due] == MISSING:
            if marks[due - 1] != FILLED:
                _fill(state, words, channel, due, now + 1)
            line[due] = _next_filled(state, words, channel)
            marks[due] = FILLED
        fed[i] = line[due]


@register_jitable
def _give_out(state: int, words: Any, channel: int, target: int, frames: int, lag: int) -> None:
    """Mix delayed input, filled gaps and the denoiser's sound."""
    parts = int64_at(words[PROGRAM])
    place = _voice(state, words, channel)
    voice = int64_at(place)
    line, marks = float32_at(place + VOICE_HEAD), int32_at(place + words[MARKS])
    wet, out = float32_at(state + words[WET] + 4 * CHUNK * channel), float32_at(target)
    mix = float32_at(state + words[CURVES] + 4 * CHUNK * MIX)
    denoise = float32_at(state + words[CURVES] + 4 * CHUNK * DENOISE)
    denoises, residual = parts[HAS_DENOISER] != 0, parts[RESIDUAL] != 0
    none, whole = np.float32(0.0), np.float32(1.0)
    start = voice[END] - frames - lag
    for i in range(frames):
        value, mark = line[start + i], marks[start + i]
        dry = value if mark == KNOWN else none
        repaired = value
        if denoises:
            share = whole if mark == MISSING else denoise[i]
            clean = value - wet[i] if residual else wet[i]
            if share == whole:
                repaired = clean
            elif share != none:
                repaired = value + share * (clean - value)
        out[i] = repaired if mix[i] == whole or repaired == dry else dry + mix[i] * (repaired - dry)


@cache
def repair_functions() -> KernelFunctions:
    """Compile the functions, or take them from the cache on disk."""
    version = code_version(__file__)

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        _ = version
        return lay_out(int64_at(words_on_stack(WORDS)), words_on_stack(SETUP_WORDS), program, setup)

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        _ = version
        words, inner_setup = int64_at(state + PARAMETER_BYTES), words_on_stack(SETUP_WORDS)
        if lay_out(words, inner_setup, program, setup) < 0:
            return -1
        float64_at(state + RATE)[0] = float64_at(setup)[0]
        parts = int64_at(program)
        if parts[HAS_DENOISER]:
            inner, defaults = float32_at(state + words[INNER]), float32_at(parts[INNER_DEFAULTS])
            for i in range(parts[INNER_PARAMETERS]):
                inner[i] = defaults[i]
            latency = call_prepare(parts[INNER_PREPARE], state + words[INNER], parts[INNER_PROGRAM], inner_setup)
            if latency < 0 or latency > int(MOST_INNER_LATENCY * float64_at(setup)[0]):
                return -1
            words[LATENCY] += latency
        _rest(state)
        return words[LATENCY]

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        words = int64_at(state + PARAMETER_BYTES)
        parts = int64_at(words[PROGRAM])
        if parts[HAS_DENOISER]:
            call_reset(parts[INNER_RESET], state + words[INNER])
        _rest(state)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        mode = flush_denormals()
        words, slots = int64_at(state + PARAMETER_BYTES), float32_at(state)
        parts = int64_at(words[PROGRAM])
        rows_in, rows_out, rows = int64_at(inputs), int64_at(outputs), int64_at(state + words[POINTERS])
        channels = words[CHANNELS]
        lowest = -1.0
        if slots[THRESHOLD] > LOWEST_THRESHOLD:
            lowest = math.pow(10.0, slots[THRESHOLD] / 20.0)
        for which in range(RAMPS_USED):
            ramp, asked = state + words[RAMPS] + which * RAMP_BYTES, slots[which]
            if ramp_asks(ramp, asked):
                aim_ramp(ramp, asked, asked, words[RAMP_FRAMES])
        start = 0
        while start < frames:
            count = min(CHUNK, frames - start)
            for which in range(RAMPS_USED):
                ramp, curve = state + words[RAMPS] + which * RAMP_BYTES, state + words[CURVES] + which * 4 * CHUNK
                fill_curve(ramp, curve, count)
            for channel in range(channels):
                _take_in(state, words, channel, rows_in[channel] + 4 * start, count, lowest)
                rows[channel] = state + words[FED] + 4 * CHUNK * channel
                rows[channels + channel] = state + words[WET] + 4 * CHUNK * channel
            if parts[HAS_DENOISER]:
                pointers = state + words[POINTERS]
                call_process(parts[INNER_PROCESS], state + words[INNER], pointers, pointers + 8 * channels, count)
            for channel in range(channels):
                _give_out(state, words, channel, rows_out[channel] + 4 * start, count, words[LATENCY])
            start += count
        restore_mode(mode)

    return KernelFunctions(measure, prepare, process, reset)


def repair_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a repair model.

    It runs at sample rates from 4 to 400 kHz: filling at the host's own (its predictions shortened below the model's
    rate), the denoiser resampled to the model's. Parameters: ``mix`` (0 the delayed input, 1 repaired), ``denoise`` (0
    leaves what is not missing as it is, 1 takes the denoiser's sound throughout) and ``threshold`` in dB, the level up
    to which frames count as missing; at -200 only frames that are not finite do.

    Parameters
    ----------
    description : ModelDescription
        A `Repair` model.

    Raises
    ------
    ModelError
        When the architecture is another one, or its denoiser cannot be played.
    """
    model = description.architecture
    if not isinstance(model, Repair):
        raise ModelError(f"this kernel plays repair models, no {type(model).__name__}")
    rate = description.sample_rate or DEFAULT_SAMPLE_RATE
    blend_weights = [description.arrays[name].T.ravel() for name in model.shapes()]
    words = np.zeros(PROGRAM_WORDS, np.int64)
    words[MODEL_RATE], words[LOOK_AHEAD], words[CONTEXT] = rate, model.look_ahead, model.context
    words[HIDDEN], words[ORDER_COUNT] = model.hidden, len(model.orders)
    words[ORDERS : ORDERS + len(model.orders)] = model.orders
    keep: tuple[Any, ...] = ()
    if model.denoiser is not None:
        inner = amp_kernel(wavenet_kernel(model.denoiser), model_rate=rate)
        defaults = np.array([parameter.default for parameter in inner.parameters], np.float32)
        keep = (inner, defaults)
        words[HAS_DENOISER], words[DENOISER_LOOK_AHEAD] = 1, model.denoiser_look_ahead
        words[RESIDUAL] = int(model.residual)
        words[INNER_MEASURE : INNER_RESET + 1] = inner.functions.addresses
        words[INNER_PROGRAM], words[INNER_PARAMETERS] = inner.program.ctypes.data, defaults.size
        words[INNER_DEFAULTS] = defaults.ctypes.data
    name = description.metadata.get("name")
    return Kernel(
        name=name if isinstance(name, str) and name else "Repair",
        functions=repair_functions(),
        program=pack_program(words, np.concatenate([np.zeros(0, np.float32), *blend_weights])),
        parameters=parameters_of(model),
        channels=(1, MOST_VOICES),
        keep=keep,
    )


def parameters_of(model: Repair) -> tuple[Parameter, ...]:
    """Parameters of a model: `denoise` starts at 1 where gaps are left to the denoiser."""
    return tuple(replace(p, default=1.0) if p.name == "denoise" and not model.orders else p for p in PARAMETERS)
