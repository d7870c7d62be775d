"""Kernels of feed-forward models: Neural Amp Modeler's WaveNets, and its plainer networks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...description import DEFAULT_SAMPLE_RATE, ModelDescription, WaveNet
from ...errors import ModelError
from ..contract import PARAMETER_BYTES, SETUP, Kernel, Parameter, aligned_bytes
from .operations import BLOCK, INPUT, OUTPUT
from .plan import FeedForward, look_back_of, plan_model
from .process import MOST_VOICES, voice_of, wavenet_functions
from .program import ProgramWriter

PREWARM_FRAMES: Final = 64 * BLOCK  # run at a time


def wavenet_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a WaveNet, a ConvNet, a Linear or a Sequential of these.

    It runs at the model's own rate whatever the setup says, gives each of up to 64 channels a history of its own, adds
    no latency, and starts (and restarts after ``reset``) as if silence had run for ``description.prewarm_frames``. Each
    of the model's knobs becomes a parameter from 0 to 1, halfway at first.

    Parameters
    ----------
    description : ModelDescription
        A feed-forward model with one output.

    Raises
    ------
    ModelError
        When the architecture is another one, its parts do not fit onto each other, an activation is not known, or the
        knobs do not fit the inputs.

    References
    ----------
    NeuralAmpModelerCore, NAM/wavenet, NAM/convnet, NAM/linear: the order of operations, and prewarming.
    """
    parameters = tuple(map(Parameter.of_model, description.knobs))
    program = _at_rest(plan_wavenet(description), parameters, description.prewarm_frames)
    name = description.metadata.get("name")
    return Kernel(
        name=name if isinstance(name, str) and name else type(description.architecture).__name__,
        functions=wavenet_functions(),
        program=program,
        parameters=parameters,
        channels=(1, MOST_VOICES),
    )


def plan_wavenet(description: ModelDescription) -> ProgramWriter:
    """Write the operations of a model; raises as `wavenet_kernel` does."""
    architecture = description.architecture
    if not isinstance(architecture, FeedForward):
        raise ModelError(f"this kernel plays WaveNets and other feed-forward models, no {type(architecture).__name__}")
    knobs = architecture.inputs - 1 if isinstance(architecture, WaveNet) else 0
    if len(description.knobs) != knobs:
        raise ModelError(f"the model has {len(description.knobs)} knobs, but {knobs} inputs beside the audio")
    writer = ProgramWriter(look_back=look_back_of(architecture), knobs=knobs)
    plan_model(writer, architecture, description.arrays, INPUT, OUTPUT)
    if architecture.outputs != 1:
        raise ModelError(f"the model has {architecture.outputs} outputs: a kernel plays one")
    return writer


def _at_rest(writer: ProgramWriter, parameters: tuple[Parameter, ...], prewarm_frames: int) -> NDArray[np.uint8]:
    """Pack a program whose voice at rest has heard silence for `prewarm_frames`, rounded up to whole blocks."""
    program = writer.program()
    functions = wavenet_functions()
    setup = np.array([(DEFAULT_SAMPLE_RATE, PREWARM_FRAMES, 1, 1, 0)], SETUP)
    state = aligned_bytes(functions.measure.ctypes(program.ctypes.data, setup.ctypes.data))
    slots = state[:PARAMETER_BYTES].view(np.float32)
    slots[: len(parameters)] = [parameter.default for parameter in parameters]
    functions.prepare.ctypes(state.ctypes.data, program.ctypes.data, setup.ctypes.data)
    silence, ignored = np.zeros(PREWARM_FRAMES, np.float32), np.zeros(PREWARM_FRAMES, np.float32)
    rows = np.array([silence.ctypes.data, ignored.ctypes.data])
    left = -(-prewarm_frames // BLOCK) * BLOCK
    while left:
        frames = min(left, PREWARM_FRAMES)
        functions.process.ctypes(state.ctypes.data, rows[:1].ctypes.data, rows[1:].ctypes.data, frames)
        left -= frames
    return writer.program(*voice_of(state, program))
