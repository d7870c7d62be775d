"""The compiled functions of WaveNet kernels: an interpreter of the operations that `program` writes.

The state holds, behind the parameter slots: the program's address, the number of voices, the signal table (where every
ring stands; all voices stand alike), and on the next cache line the voices one after the other.
"""

from functools import cache
from typing import Final

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

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
from .operations import (
    BLOCK,
    HEADER_WORDS,
    INPUT,
    KNOBS,
    OPERATION_WORDS,
    OPERATIONS,
    OUTPUT,
    RINGS,
    SIGNAL_FIELD,
    SIGNAL_WORDS,
    SIGNALS,
    VOICE_AT,
    VOICE_FLOATS,
    WEIGHTS_AT,
    WIDTH,
)
from .tile import close_ring, operate

MOST_VOICES: Final = 64

NOW, STRIDE = SIGNAL_FIELD["now"], SIGNAL_FIELD["stride"]
POSITION, SIZE, ROWS = SIGNAL_FIELD["position"], SIGNAL_FIELD["size"], SIGNAL_FIELD["rows"]

PROGRAM, VOICES = 0, 1  # words of the state
STATE_WORDS: Final = 2


@register_jitable
def signals_in(state: int) -> int:
    """Address of the signal table of a state."""
    return state + PARAMETER_BYTES + 8 * STATE_WORDS


@register_jitable
def voices_at(program: int) -> int:
    """Bytes from the start of a state to its first voice."""
    table = PARAMETER_BYTES + 8 * (STATE_WORDS + SIGNAL_WORDS * int64_at(program)[SIGNALS])
    return (table + 63) // 64 * 64


@register_jitable
def copy_rest(state: int) -> None:
    """Put the signal table and all voices to rest."""
    words = int64_at(state + PARAMETER_BYTES)
    program = words[PROGRAM]
    header = int64_at(program)
    table = int64_at(signals_in(state))
    rest = int64_at(program + 8 * (HEADER_WORDS + OPERATION_WORDS * header[OPERATIONS]))
    for i in range(SIGNAL_WORDS * header[SIGNALS]):
        table[i] = rest[i]
    size = header[VOICE_FLOATS]
    voice = float32_at(program + header[VOICE_AT])
    for number in range(words[VOICES]):
        target = float32_at(state + voices_at(program) + 4 * size * number)
        for i in range(size):
            target[i] = voice[i]


@register_jitable
def advance(state: int, program: int, voices: int, frames: int) -> None:
    """Move all rings on by `frames`, copying the ends of those that come round."""
    header = int64_at(program)
    rings = int64_at(
        program + 8 * (HEADER_WORDS + OPERATION_WORDS * header[OPERATIONS] + SIGNAL_WORDS * header[SIGNALS])
    )
    for ring_number in range(header[RINGS]):
        signal = int64_at(signals_in(state) + 8 * SIGNAL_WORDS * rings[ring_number])
        step = frames
        if signal[POSITION] + frames >= signal[SIZE]:
            ring = state + voices_at(program) + 4 * (signal[NOW] - signal[POSITION])
            for voice in range(voices):
                for row in range(signal[ROWS]):
                    close_ring(ring + 4 * (voice * header[VOICE_FLOATS] + row * signal[STRIDE]), signal[SIZE])
            step -= signal[SIZE]
        signal[POSITION] += step
        signal[NOW] += step


def voice_of(state: NDArray[np.uint8], program: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The only voice of a state, and where its signals stand."""
    header = program[: 8 * HEADER_WORDS].view(np.int64)
    table = state[PARAMETER_BYTES + 8 * STATE_WORDS :][: 8 * SIGNAL_WORDS * int(header[SIGNALS])]
    return state[-4 * int(header[VOICE_FLOATS]) :].view(np.float32), table.view(np.int64)


@cache
def wavenet_functions() -> KernelFunctions:
    """Compile the functions, or take from the disk cache what another process compiled from the same sources."""
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
        copy_rest(state)
        return 0

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        copy_rest(state)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        mode = flush_denormals()
        words = int64_at(state + PARAMETER_BYTES)
        program, voices = words[PROGRAM], words[VOICES]
        header = int64_at(program)
        signals, operations = signals_in(state), program + 8 * HEADER_WORDS
        table = int64_at(signals)
        begin = 0
        while begin < frames:
            count = min(BLOCK, frames - begin)
            vectors = (count + WIDTH - 1) // WIDTH
            for number in range(voices):
                voice = state + voices_at(program) + 4 * number * header[VOICE_FLOATS]
                source = float32_at(int64_at(inputs)[number] + 4 * begin)
                x = float32_at(voice + 4 * table[INPUT * SIGNAL_WORDS + NOW])
                for frame in range(count):
                    x[frame] = source[frame]
                for knob in range(header[KNOBS]):
                    value, row = float32_at(state)[knob], (1 + knob) * table[INPUT * SIGNAL_WORDS + STRIDE]
                    for frame in range(BLOCK):
                        x[row + frame] = value
                for i in range(header[OPERATIONS]):
                    operation = operations + 8 * OPERATION_WORDS * i
                    operate(operation, signals, program + header[WEIGHTS_AT], voice, vectors)
                target = float32_at(int64_at(outputs)[number] + 4 * begin)
                y = float32_at(voice + 4 * table[OUTPUT * SIGNAL_WORDS + NOW])
                for frame in range(count):
                    target[frame] = y[frame]
            advance(state, program, voices, count)
            begin += count
        restore_mode(mode)

    return KernelFunctions(measure=measure, prepare=prepare, process=process, reset=reset)
