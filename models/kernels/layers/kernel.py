"""Kernels of networks that are any layers one behind the other."""

from typing import Final

from ...architectures.layer_sequence import LayerSequence
from ...description import LARGEST_HISTORY, ModelDescription
from ...errors import ModelError
from ..contract import Kernel, Parameter
from ..recurrent.rolled import TILE
from ..vector import best_width
from .process import MOST_VOICES, layers_functions
from .program import ProgramWriter
from .steps import network_steps

MOST_MULTIPLY_ADDS: Final = 1 << 22  # a frame: far beyond what runs in real time
WIDEST_VECTOR: Final = 16  # floats


def layers_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a `LayerSequence` model.

    It runs at the model's own rate whatever the setup says, every one of up to 64 channels a voice of its own, without
    latency, and starts (and restarts after ``reset``) from zeros everywhere, as RTNeural does.

    Parameters
    ----------
    description : ModelDescription
        A model whose architecture is `LayerSequence`; each of its knobs becomes a parameter from 0 to 1.

    Raises
    ------
    ModelError
        When the architecture is another one, the layers do not fit onto each other, or the model is far too large to
        play.
    """
    network = description.architecture
    if not isinstance(network, LayerSequence):
        raise ModelError("this kernel plays layers one behind the other only")
    _check(description, network)
    gains = 10 ** (network.input_db / 20), 10 ** (network.output_db / 20), float(network.skip)
    width = vector_width(max(network.widths[1:]))
    writer = ProgramWriter(network_steps(description), inputs=network.input_size, gains=gains, width=width)
    parameters = tuple(Parameter(name, name.replace("_", " ").title(), "", 0.0, 1.0, 0.5) for name in description.knobs)
    return Kernel("LayerSequence", layers_functions(width), writer.program(), parameters, (1, MOST_VOICES))


def vector_width(channels: int) -> int:
    """Floats in a vector: what takes the fewest tiles for the widest layer, and no wider than that needs."""
    widths = [width for width in (4, 8, 16) if width <= best_width()]
    return min(widths, key=lambda width: -(-channels // (TILE * width)))


def _check(description: ModelDescription, network: LayerSequence) -> None:
    inputs = network.input_size
    if len(description.knobs) != inputs - 1:
        raise ModelError(f"the model has {len(description.knobs)} knobs, but {inputs - 1} inputs beside the audio")
    for number, layer in enumerate(network.layers):
        if layer.inputs != inputs:
            raise ModelError(f"layer {number} has {layer.inputs} inputs, but {inputs} channels reach it")
        inputs = layer.outputs
    if inputs != 1:
        raise ModelError(f"the last layer has {inputs} outputs: a kernel plays one")
    cost = sum(layer.inputs * layer.outputs * layer.kernel_size for layer in network.layers) + description.weight_count
    if cost > MOST_MULTIPLY_ADDS:
        raise ModelError(
            f"the model takes {cost} multiply-adds a frame: more than {MOST_MULTIPLY_ADDS} are far too slow"
        )
    remembered = sum(max(layer.inputs, WIDEST_VECTOR) * 2 * layer.look_back for layer in network.layers)
    if remembered > LARGEST_HISTORY:
        raise ModelError(f"the model remembers {remembered} values: at most {LARGEST_HISTORY} can be real")
