"""The compiled functions of layers kernels: an interpreter of the operations that `program` writes.

The state holds, behind the parameter slots (the knobs): the program's address, the number of voices, for every signal
the frame at which the next block starts (all voices stand alike), and on the next cache line the voices.
"""

from functools import cache
from typing import Final

import numpy as np
from numba.extending import register_jitable

from ..code_version import code_version
from ..contract import (
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
from ..recurrent.layout import KINDS
from ..recurrent.rolled import TILE, run_tile
from .blocks import linear_block, map_block
from .functions import FUNCTIONS
from .program import (
    BLOCK,
    HEADER_WORDS,
    INPUT_GAIN,
    KNOBS,
    LINEAR,
    LSTM,
    MAP,
    OPERATION_FIELD,
    OPERATION_WORDS,
    OPERATIONS,
    OUTPUT,
    OUTPUT_GAIN,
    SIGNAL_FIELD,
    SIGNAL_WORDS,
    SIGNALS,
    SKIP,
    SOFTMAX,
    VOICE_FLOATS,
    WEIGHTS_AT,
)

MOST_VOICES: Final = 64

KIND, SOURCE, TARGET = OPERATION_FIELD["kind"], OPERATION_FIELD["source"], OPERATION_FIELD["target"]
WEIGHTS, BIASES, CELL = OPERATION_FIELD["weights"], OPERATION_FIELD["biases"], OPERATION_FIELD["cell"]
OUTPUTS, INPUTS, FUNCTION = OPERATION_FIELD["outputs"], OPERATION_FIELD["inputs"], OPERATION_FIELD["function"]
TAPS, DILATION = OPERATION_FIELD["taps"], OPERATION_FIELD["dilation"]
START, STRIDE = SIGNAL_FIELD["start"], SIGNAL_FIELD["stride"]
LOOK_BACK, FRAMES = SIGNAL_FIELD["look_back"], SIGNAL_FIELD["frames"]

LSTM_KIND, GRU_KIND = KINDS.index("lstm"), KINDS.index("gru")
EXPONENTIAL: Final = FUNCTIONS["exponential"].code

PROGRAM, VOICES, POSITIONS = 0, 1, 2  # words of the state


@register_jitable
def signal_words(program: int, number: int) -> int:
    """Address of a signal's words."""
    table = HEADER_WORDS + OPERATION_WORDS * int64_at(program)[OPERATIONS]
    return program + 8 * (table + SIGNAL_WORDS * number)


@register_jitable
def voices_at(program: int) -> int:
    """Bytes from the start of a state to its first voice."""
    return (PARAMETER_BYTES + 8 * (POSITIONS + int64_at(program)[SIGNALS]) + 63) // 64 * 64


@register_jitable
def rest_voices(state: int) -> None:
    """Forget everything."""
    words = int64_at(state + PARAMETER_BYTES)
    program = words[PROGRAM]
    header = int64_at(program)
    for number in range(header[SIGNALS]):
        words[POSITIONS + number] = int64_at(signal_words(program, number))[LOOK_BACK]
    floats = float32_at(state + voices_at(program))
    for i in range(words[VOICES] * header[VOICE_FLOATS]):
        floats[i] = 0.0


@register_jitable
def frame_at(state: int, voice: int, number: int) -> int:
    """Address of the first frame of a signal's block."""
    words = int64_at(state + PARAMETER_BYTES)
    signal = int64_at(signal_words(words[PROGRAM], number))
    return voice + 4 * (signal[START] + words[POSITIONS + number] * signal[STRIDE])


@register_jitable
def advance(state: int, frames: int) -> None:
    """Move all signals on by `frames`; where a whole block has no room any more, go on at the start."""
    words = int64_at(state + PARAMETER_BYTES)
    program = words[PROGRAM]
    voice_bytes = 4 * int64_at(program)[VOICE_FLOATS]
    for number in range(int64_at(program)[SIGNALS]):
        signal = int64_at(signal_words(program, number))
        position = words[POSITIONS + number] + frames
        if position + BLOCK > signal[FRAMES]:
            count, skipped = signal[LOOK_BACK] * signal[STRIDE], (position - signal[LOOK_BACK]) * signal[STRIDE]
            for voice in range(words[VOICES]):
                floats = float32_at(state + voices_at(program) + voice * voice_bytes + 4 * signal[START])
                for i in range(count):
                    floats[i] = floats[skipped + i]
            position = signal[LOOK_BACK]
        words[POSITIONS + number] = position


@register_jitable
def softmax_frame(width: int, source: int, target: int, weights: int, channels: int) -> None:
    """Exponentials of one frame's channels, divided by their sum; the largest is taken off first."""
    x, y = float32_at(source), float32_at(target)
    largest = x[0]
    for i in range(1, channels):
        largest = max(largest, x[i])
    for i in range(channels):
        y[i] = x[i] - largest
    vectors = (channels + width - 1) // width
    map_block(width, EXPONENTIAL, target, target, weights, 1, 0, 0, vectors)
    total = np.float32(0.0)
    for i in range(channels):
        total += y[i]
    for i in range(channels):
        y[i] /= total


@cache
def layers_functions(width: int) -> KernelFunctions:
    """Compile the functions for vectors of `width` floats, or take them from the disk cache."""
    version = code_version(__file__)

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        _ = version
        channels = setup_channels(setup)
        if channels < 1 or channels > MOST_VOICES or int32_at(setup + 8)[2] != channels:
            return -1
        return voices_at(program) + 4 * channels * int64_at(program)[VOICE_FLOATS]

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        _ = version
        words = int64_at(state + PARAMETER_BYTES)
        words[PROGRAM], words[VOICES] = program, setup_channels(setup)
        rest_voices(state)
        return 0

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        rest_voices(state)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        mode = flush_denormals()
        words = int64_at(state + PARAMETER_BYTES)
        program, voices = words[PROGRAM], words[VOICES]
        header = int64_at(program)
        all_weights = program + header[WEIGHTS_AT]
        gains, knobs = float32_at(all_weights), float32_at(state)
        input_stride = int64_at(signal_words(program, 0))[STRIDE]
        output_stride = int64_at(signal_words(program, header[OUTPUT]))[STRIDE]
        begin = 0
        while begin < frames:
            count = min(BLOCK, frames - begin)
            for number in range(voices):
                voice = state + voices_at(program) + 4 * number * header[VOICE_FLOATS]
                audio = float32_at(int64_at(inputs)[number] + 4 * begin)
                x = float32_at(frame_at(state, voice, 0))
                for frame in range(count):
                    x[frame * input_stride] = gains[INPUT_GAIN] * audio[frame]
                    for knob in range(header[KNOBS]):
                        x[frame * input_stride + 1 + knob] = knobs[knob]
                for i in range(header[OPERATIONS]):
                    operation = int64_at(program + 8 * (HEADER_WORDS + OPERATION_WORDS * i))
                    kind, outs = operation[KIND], operation[OUTPUTS]
                    source = frame_at(state, voice, operation[SOURCE])
                    target = frame_at(state, voice, operation[TARGET])
                    stride = int64_at(signal_words(program, operation[SOURCE]))[STRIDE]
                    target_stride = int64_at(signal_words(program, operation[TARGET]))[STRIDE]
                    weights = all_weights + 4 * operation[WEIGHTS]
                    if kind == LINEAR:
                        tap = operation[DILATION] * stride
                        oldest = source - 4 * (operation[TAPS] - 1) * tap
                        linear_block(
                            width, oldest, target, weights, count,
                            stride, target_stride, operation[INPUTS], outs, operation[TAPS], tap,
                        )  # fmt: skip
                    elif kind == MAP:
                        map_block(
                            width, operation[FUNCTION], source, target, weights, count, stride, target_stride, outs
                        )
                    elif kind == SOFTMAX:
                        for frame in range(count):
                            softmax_frame(
                                width, source + 4 * frame * stride, target + 4 * frame * target_stride, weights, outs
                            )
                    else:
                        tiles = (outs + TILE * width - 1) // (TILE * width)
                        cell = voice + 4 * operation[CELL]
                        for frame in range(count):
                            below, new = source + 4 * frame * stride, target + 4 * frame * target_stride
                            hidden = new - 4 * target_stride
                            tile, bias = weights, all_weights + 4 * operation[BIASES]
                            for part in range(tiles):
                                place = 4 * part * TILE * width
                                if kind == LSTM:
                                    tile = run_tile(
                                        LSTM_KIND, width, tile, bias, below, operation[INPUTS], hidden, outs,
                                        hidden + place, new + place, cell + place,
                                    )  # fmt: skip
                                else:
                                    tile = run_tile(
                                        GRU_KIND, width, tile, bias, below, operation[INPUTS], hidden, outs,
                                        hidden + place, new + place, cell + place,
                                    )  # fmt: skip
                                bias += 16 * TILE * width
                y = float32_at(frame_at(state, voice, header[OUTPUT]))
                out = float32_at(int64_at(outputs)[number] + 4 * begin)
                for frame in range(count):
                    dry = gains[SKIP] * x[frame * input_stride]
                    out[frame] = gains[OUTPUT_GAIN] * (y[frame * output_stride] + dry)
            advance(state, count)
            begin += count
        restore_mode(mode)

    return KernelFunctions(measure=measure, prepare=prepare, process=process, reset=reset)
