"""A model at a multiple of its sample rate: as many voices of it, each of which hears every so many-th frame.

A model knows time by its delays: taps so many frames apart, a hidden state one frame old. At k times its rate the same
time is k times as many frames: dilations are multiplied by k ("a trous"), a recurrent state is the one of k frames ago.
A frame then only ever meets frames a multiple of k away from it: what sounds is k copies of the unchanged model that
take turns. That is exact and holds for every architecture; only knobs are shared.

For sound below half of the model's own rate each voice hears what the model would hear, started a fraction of a frame
later. What its nonlinearities add above no longer folds back into the audible range, but is filtered away on the way to
the host.

References
----------
A. Carson, A. Wright, J. Chowdhury, V. Valimaki, S. Bilbao, "Sample Rate Independent Recurrent Neural Networks for Audio
Effects Processing", DAFx 2024: the delayed state of recurrent networks.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from ..memory import call_prepare, call_process, call_reset, float32_at, int64_at
from .layout import (
    CHANNELS,
    INNER,
    INNER_PARAMETERS,
    INNER_PREPARE,
    INNER_PROCESS,
    INNER_PROGRAM,
    INNER_RESET,
    INNER_SIZE,
    OWN_PARAMETERS,
    POINTERS,
    PROGRAM,
    TURN,
    VOICE_FRAMES,
    VOICE_IN,
    VOICE_OUT,
    VOICES,
)


@register_jitable
def _voice_state(state: int, words: Any, voice: int) -> int:
    return state + words[INNER] + voice * words[INNER_SIZE]


@register_jitable
def copy_model_parameters(state: int, words: Any) -> None:
    """Hand the model's own parameters to every voice."""
    slots, count = float32_at(state), int64_at(words[PROGRAM])[INNER_PARAMETERS]
    if count == 0:
        return
    for voice in range(words[VOICES]):
        inner_slots = float32_at(_voice_state(state, words, voice))
        for i in range(count):
            inner_slots[i] = slots[OWN_PARAMETERS + i]


@register_jitable
def prepare_voices(state: int, words: Any, inner_setup: int) -> bool:
    """Prepare every voice; False where one refuses, or has a latency of its own."""
    program = int64_at(words[PROGRAM])
    copy_model_parameters(state, words)
    for voice in range(words[VOICES]):
        place = _voice_state(state, words, voice)
        if call_prepare(program[INNER_PREPARE], place, program[INNER_PROGRAM], inner_setup) != 0:
            return False
    return True


@register_jitable
def rest_voices(state: int, words: Any) -> None:
    """Bring every voice to rest; the first has the next turn."""
    copy_model_parameters(state, words)
    for voice in range(words[VOICES]):
        call_reset(int64_at(words[PROGRAM])[INNER_RESET], _voice_state(state, words, voice))
    words[TURN] = 0


@register_jitable
def _run_voice(state: int, words: Any, voice: int, source: int, out: int, stride: int, frames: int) -> None:
    rows_in = state + words[POINTERS]
    rows_out = rows_in + 8 * words[CHANNELS]
    for channel in range(words[CHANNELS]):
        int64_at(rows_in)[channel] = source + 4 * stride * channel
        int64_at(rows_out)[channel] = out + 4 * stride * channel
    process = int64_at(words[PROGRAM])[INNER_PROCESS]
    call_process(process, _voice_state(state, words, voice), rows_in, rows_out, np.int32(frames))


@register_jitable
def run_voices(state: int, words: Any, source: int, out: int, stride: int, frames: int) -> None:
    """Run the model on `frames` frames of every channel, the channels `stride` floats apart."""
    voices, turn = words[VOICES], words[TURN]
    if voices == 1:
        _run_voice(state, words, 0, source, out, stride, frames)
        return
    voice_in, voice_out, room = state + words[VOICE_IN], state + words[VOICE_OUT], words[VOICE_FRAMES]
    for first in range(min(voices, frames)):
        count = (frames - first + voices - 1) // voices
        for channel in range(words[CHANNELS]):
            frame, part = float32_at(source + 4 * stride * channel), float32_at(voice_in + 4 * room * channel)
            for i in range(count):
                part[i] = frame[first + i * voices]
        _run_voice(state, words, (turn + first) % voices, voice_in, voice_out, room, count)
        for channel in range(words[CHANNELS]):
            frame, part = float32_at(out + 4 * stride * channel), float32_at(voice_out + 4 * room * channel)
            for i in range(count):
                frame[first + i * voices] = part[i]
    words[TURN] = (turn + frames) % voices
