"""LSTM and GRU models as kernels.

Small networks run a step that is compiled for their shape and written out (`recurrent_step`), large ones loops that
serve all sizes (`recurrent_rolled`). Both are cached on disk.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...description import DEFAULT_SAMPLE_RATE, ModelDescription, Recurrent
from ...errors import ModelError
from ..contract import ALIGNMENT, PARAMETER_BYTES, SETUP, Kernel, Parameter, aligned_bytes, pack_program
from ..vector import vector_unit
from .layout import Shape, UnrolledLayout
from .process import (
    BIAS_FLOATS,
    BIASES,
    HEAD,
    HEADER_WORDS,
    HIDDEN,
    KNOB_WEIGHTS,
    KNOBS,
    LAYERS,
    MOST_CHANNELS,
    REST,
    VOICE_SIZE,
    VOICES,
    WEIGHTS,
    recurrent_functions,
)
from .rolled import RolledLayout
from .weights import Float32Array, Packed, recurrent_network

MOST_WEIGHTS: Final = 1 << 22  # far beyond what runs in real time: bounds the time of prewarming
PREWARM_BLOCK: Final = 4_096  # frames


def recurrent_kernel(description: ModelDescription) -> Kernel:
    """Build the kernel of an LSTM or GRU model.

    It runs at the model's own rate whatever the setup says, every channel a voice of its own, without latency. The
    state of rest is the model's initial state after its prewarming silence, knobs in the middle.

    Parameters
    ----------
    description : ModelDescription
        A model whose architecture is `Recurrent`; each of its knobs becomes a parameter from 0 to 1.

    Returns
    -------
    Kernel
        For 1 to 64 channels.

    Raises
    ------
    ModelError
        When the knobs do not fit the inputs, or the model is far too large to play.
    """
    architecture = description.architecture
    assert isinstance(architecture, Recurrent)
    _check(description, architecture)
    shape = Shape(architecture.kind, architecture.hidden_size, architecture.layers, step_width(architecture))
    layout = UnrolledLayout(shape) if shape.unrolled else RolledLayout(shape)
    packed = layout.pack(recurrent_network(description))
    functions = recurrent_functions(shape)
    parameters = tuple(map(Parameter.of_model, description.knobs))
    name = f"{architecture.kind.upper()} {architecture.layers}x{architecture.hidden_size}"

    def kernel(voice: Float32Array) -> Kernel:
        return Kernel(name, functions, _program(shape, packed, voice), parameters, (1, MOST_CHANNELS))

    return kernel(_voice_at_rest(kernel(packed.voice), description.prewarm_frames))


def step_width(network: Recurrent) -> int:
    """Floats in a vector of the step: the widest of the processor, or half of that where it runs in two halves.

    A step waits less for half a vector. The widest needs fewer instructions all the same, which tells in an LSTM that
    works more than it waits and leaves no lane idle (LSTM-40: 5 %, LSTM-32 and 2x16: 10 %).
    """
    unit = vector_unit()
    if not unit.halves:
        return unit.width
    half = Shape(network.kind, network.hidden_size, network.layers, unit.width // 2)
    working = half.kind == "lstm" and half.hidden % half.width == 0 and half.voices_at_once == 1
    return unit.width if working else half.width


def _check(description: ModelDescription, architecture: Recurrent) -> None:
    knobs = architecture.input_size - 1
    if len(description.knobs) != knobs:
        raise ModelError(f"the model has {len(description.knobs)} knobs, but {knobs} inputs beside the audio")
    if description.weight_count > MOST_WEIGHTS:
        raise ModelError(
            f"the model has {description.weight_count} weights: a recurrent model of more than {MOST_WEIGHTS} "
            "is a hundred times too slow to play"
        )


def _program(shape: Shape, packed: Packed, voice: Float32Array) -> NDArray[np.uint8]:
    header = np.zeros(HEADER_WORDS, np.int64)
    header[[BIAS_FLOATS, KNOBS]] = packed.biases.size, len(packed.knobs)
    header[[HIDDEN, LAYERS, VOICE_SIZE]] = shape.hidden, shape.layers, _whole_lines(voice.nbytes)
    header[HEAD] = packed.head * packed.weights.itemsize
    sections = {WEIGHTS: packed.weights, BIASES: packed.biases, KNOB_WEIGHTS: packed.knobs.ravel(), REST: voice}
    place, parts = _whole_lines(header.nbytes), list[Float32Array]()
    for word, section in sections.items():
        header[word] = place
        parts.append(np.pad(section, (0, (_whole_lines(section.nbytes) - section.nbytes) // section.itemsize)))
        place += parts[-1].nbytes
    return pack_program(header, np.concatenate(parts))


def _whole_lines(size: int) -> int:
    """Bytes of the cache lines that `size` bytes take."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def _voice_at_rest(kernel: Kernel, frames: int) -> Float32Array:
    """State of a voice after so many frames of silence."""
    setup = np.zeros(1, SETUP)
    setup[0] = DEFAULT_SAMPLE_RATE, PREWARM_BLOCK, 1, 1, 0
    program, functions = kernel.program.ctypes.data, kernel.functions
    state = aligned_bytes(functions.measure.ctypes(program, setup.ctypes.data))
    slots = state[:PARAMETER_BYTES].view(np.float32)
    slots[: len(kernel.parameters)] = [parameter.default for parameter in kernel.parameters]
    functions.prepare.ctypes(state.ctypes.data, program, setup.ctypes.data)
    silence, sound = np.zeros((2, PREWARM_BLOCK), np.float32)
    inputs, outputs = (np.array([block.ctypes.data]) for block in (silence, sound))
    for first in range(0, frames, PREWARM_BLOCK):
        count = min(PREWARM_BLOCK, frames - first)
        functions.process.ctypes(state.ctypes.data, inputs.ctypes.data, outputs.ctypes.data, count)
    size = int(kernel.program[: 8 * HEADER_WORDS].view(np.int64)[VOICE_SIZE])
    return state[VOICES : VOICES + size].view(np.float32)
