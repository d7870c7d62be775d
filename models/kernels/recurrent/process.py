"""The compiled functions of recurrent kernels, and how programs and states are laid out.

A program holds a header of int64 words, then on cache lines of their own the weights, the biases, what each knob adds
to them, and a voice at rest. A state holds the parameter slots, the address of the program and the number of channels,
then one voice a channel, then the biases with the knobs' part added, which `process` renews: knobs stand still within a
block.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ..code_version import code_version
from ..contract import (
    ALIGNMENT,
    MEASURE,
    PARAMETER_BYTES,
    PREPARE,
    PROCESS,
    RESET,
    KernelFunctions,
    compiled,
    setup_channels,
)
from ..floating_point import flush_denormals, restore_mode
from ..memory import float32_at, int32_at, int64_at
from .layout import KINDS, Shape
from .rolled import TILE, run_tile, take_over
from .step import run_unrolled

MOST_CHANNELS: Final = 64

# Words of a program's header. Places are bytes from the program's start, VOICE_SIZE is bytes too.
VOICE_SIZE, WEIGHTS, BIASES, BIAS_FLOATS, KNOBS, KNOB_WEIGHTS, REST, HIDDEN, LAYERS, HEAD = range(10)
HEADER_WORDS: Final = 10

# A state behind its parameter slots: two words, on the next cache line the voices.
PROGRAM, CHANNELS = range(2)
VOICES: Final = PARAMETER_BYTES + ALIGNMENT


@register_jitable
def rest_voices(state: int) -> None:
    """Copy the voice at rest into every voice."""
    words = int64_at(state + PARAMETER_BYTES)
    program = words[PROGRAM]
    header = int64_at(program)
    floats = header[VOICE_SIZE] // 4
    rest = float32_at(program + header[REST])
    voices = float32_at(state + VOICES)
    for channel in range(words[CHANNELS]):
        for i in range(floats):
            voices[channel * floats + i] = rest[i]


@register_jitable
def block_biases(state: int) -> int:
    """Address of the biases: the program's, or behind the voices with what the knobs add to them."""
    words = int64_at(state + PARAMETER_BYTES)
    program = words[PROGRAM]
    header = int64_at(program)
    knobs, floats = header[KNOBS], header[BIAS_FLOATS]
    if knobs == 0:
        return program + header[BIASES]
    address = state + VOICES + words[CHANNELS] * header[VOICE_SIZE]
    values, folded = float32_at(state), float32_at(address)
    biases, weights = float32_at(program + header[BIASES]), float32_at(program + header[KNOB_WEIGHTS])
    for i in range(floats):
        total = biases[i]
        for knob in range(knobs):
            total += values[knob] * weights[knob * floats + i]
        folded[i] = total
    return address


def recurrent_functions(shape: Shape) -> KernelFunctions:
    """Compile the functions for a shape, or take from the disk cache what another process compiled of the same sources.

    `measure`, `prepare` and `reset` serve all shapes; so does `process`, for each kind and width, where the step is not
    written out.
    """
    measure, prepare, reset = _bookkeeping()
    process = _unrolled_process(shape) if shape.unrolled else _rolled_process(KINDS.index(shape.kind), shape.width)
    return KernelFunctions(measure, prepare, process, reset)


@cache
def _bookkeeping() -> tuple[Any, Any, Any]:
    version = code_version(__file__)

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        _ = version
        channels = setup_channels(setup)
        if channels < 1 or channels > MOST_CHANNELS or int32_at(setup + 8)[2] != channels:
            return -1
        header = int64_at(program)
        folded = 4 * header[BIAS_FLOATS] if header[KNOBS] else 0
        return VOICES + channels * header[VOICE_SIZE] + folded

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        _ = version
        words = int64_at(state + PARAMETER_BYTES)
        words[PROGRAM] = program
        words[CHANNELS] = setup_channels(setup)
        rest_voices(state)
        return 0

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        rest_voices(state)

    return measure, prepare, reset


@cache
def _unrolled_process(shape: Shape) -> Any:
    # plain numbers: numba types them as literals, and finds the function in its cache on disk by their values
    kind, hidden, layers, width = KINDS.index(shape.kind), shape.hidden, shape.layers, shape.width
    at_once = shape.voices_at_once
    version = code_version(__file__)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        if frames <= 0:
            return
        mode = flush_denormals()
        words = int64_at(state + PARAMETER_BYTES)
        program = words[PROGRAM]
        header = int64_at(program)
        weights, biases, size = program + header[WEIGHTS], block_biases(state), header[VOICE_SIZE]
        channels, channel = words[CHANNELS], 0
        while channel + at_once <= channels:
            run_unrolled(
                kind, hidden, layers, width, at_once,
                weights, biases, state + VOICES + channel * size, size,
                inputs + 8 * channel, outputs + 8 * channel, frames,
            )  # fmt: skip
            channel += at_once
        while channel < channels:
            run_unrolled(
                kind, hidden, layers, width, 1,
                weights, biases, state + VOICES + channel * size, size,
                inputs + 8 * channel, outputs + 8 * channel, frames,
            )  # fmt: skip
            channel += 1
        restore_mode(mode)

    return process


@cache
def _rolled_process(kind: int, width: int) -> Any:
    version = code_version(__file__)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        if frames <= 0:
            return
        mode = flush_denormals()
        words = int64_at(state + PARAMETER_BYTES)
        program = words[PROGRAM]
        header = int64_at(program)
        hidden_units, layers, tile = header[HIDDEN], header[LAYERS], 4 * TILE * width
        tiles = -(-hidden_units // (TILE * width))
        padded = tiles * TILE * width
        first_weights = program + header[WEIGHTS]
        first_bias = block_biases(state)
        head = first_weights + header[HEAD]
        constants = float32_at(first_weights)
        for channel in range(words[CHANNELS]):
            voice = state + VOICES + channel * header[VOICE_SIZE]
            audio, first_hidden = float32_at(voice), voice + 4 * width
            making = first_hidden + 4 * layers * padded
            first_cell = making + 4 * padded
            source, sink = float32_at(int64_at(inputs)[channel]), float32_at(int64_at(outputs)[channel])
            for frame in range(frames):
                audio[0] = source[frame]
                below, below_units = voice, 1
                weights, bias, total = first_weights + 4 * width, first_bias, np.float32(0.0)
                for layer in range(layers):
                    hidden = first_hidden + 4 * layer * padded
                    cell = first_cell + 4 * layer * padded
                    for i in range(tiles):
                        weights = run_tile(
                            kind, width,
                            weights, bias, below, below_units, hidden, hidden_units,
                            hidden + i * tile, making + i * tile, cell + i * tile,
                        )  # fmt: skip
                        bias += 4 * tile
                    total = take_over(width, head, making, hidden, padded)
                    below, below_units = hidden, hidden_units
                sink[frame] = total + constants[0] + constants[1] * source[frame]
        restore_mode(mode)

    return process
