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
from .gaps import rest_voice, set_pace, take_in, voice_place
from .layout import (
    CHANNELS,
    CHUNK,
    CONTEXT,
    CURVES,
    DENOISE,
    DENOISER_LOOK_AHEAD,
    END,
    FED,
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
    LONGEST,
    LOOK_AHEAD,
    MARKS,
    MISSING,
    MIX,
    MODEL_RATE,
    MOST_INNER_LATENCY,
    ORDER_COUNT,
    ORDERS,
    POINTERS,
    PROGRAM,
    PROGRAM_WORDS,
    RAMP_FRAMES,
    RAMPS,
    RAMPS_USED,
    RATE,
    RESIDUAL,
    SHORTEST,
    THRESHOLD,
    VOICE_HEAD,
    WET,
    WORDS,
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
def _rest(state: int) -> None:
    words, slots = int64_at(state + PARAMETER_BYTES), float32_at(state)
    for which in range(RAMPS_USED):
        start_ramp(state + words[RAMPS] + which * RAMP_BYTES, slots[which], slots[which])
    for channel in range(words[CHANNELS]):
        rest_voice(state, words, channel)


@register_jitable
def _give_out(state: int, words: Any, channel: int, target: int, frames: int, lag: int) -> None:
    """Mix delayed input, filled gaps and the denoiser's sound."""
    parts = int64_at(words[PROGRAM])
    place = voice_place(state, words, channel)
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
        reach = words[LATENCY]
        if parts[ORDER_COUNT] > 0:
            reach = words[LONGEST] - 1
            set_pace(state, words)
        words[SHORTEST] = max(1, min(words[SHORTEST], reach + 1))
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
                take_in(state, words, channel, rows_in[channel] + 4 * start, count, lowest)
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
