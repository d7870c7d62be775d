"""Kernels of PedalNet's WaveNets, as programs of the WaveNet interpreter.

The mix of all layers' outputs is added up layer by layer while the outputs are still in the cache.
"""

from typing import Final

import numpy as np

from ..architectures.pedalnet import PedalNet
from ..description import ModelDescription
from ..errors import ModelError
from .activations import activation_named
from .contract import Kernel
from .wavenet.operations import ADD, INPUT, NOTHING, OUTPUT, STORE
from .wavenet.process import MOST_VOICES, wavenet_functions
from .wavenet.program import Convolution, Float64Array, ProgramWriter

FILTER: Final = activation_named("Tanh")
GATE: Final = activation_named("Sigmoid")


def pedalnet_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a PedalNet model.

    It runs at the model's own rate whatever the setup says, every one of up to 64 channels with a history of its own,
    without latency, and starts (and restarts after ``reset``) on histories of zeros.

    Raises
    ------
    ModelError
        When the architecture is another one.
    """
    return Kernel(
        name="PedalNet",
        functions=wavenet_functions(),
        program=plan_pedalnet(description).program(),
        channels=(1, MOST_VOICES),
    )


def plan_pedalnet(description: ModelDescription) -> ProgramWriter:
    """Write the operations of a PedalNet model; raises as `pedalnet_kernel` does."""
    network = description.architecture
    if not isinstance(network, PedalNet):
        raise ModelError("this kernel plays PedalNet models only")

    def array(name: str) -> Float64Array:
        return description.arrays[name].astype(np.float64)

    channels, last = network.channels, len(network.dilations) - 1
    writer = ProgramWriter(look_back=0)
    gate, outputs = writer.signal(channels), writer.signal(channels)
    # with the input folded into the first convolution, its history would start on the input's bias, not on zeros
    source = writer.signal(channels, look_back=network.look_back(0))
    writer.convolve(
        Convolution(source=INPUT, weights=array("input.weight")[None], bias=array("input.bias"), target=source)
    )
    mix = array("mix.weight").reshape(1, last + 1, channels)
    for layer, dilation in enumerate(network.dilations):
        weights, bias = array(f"{layer}.conv.weight").transpose(2, 0, 1), array(f"{layer}.conv.bias")
        for rows, function, target in ((slice(channels, None), GATE, gate), (slice(channels), FILTER, outputs)):
            writer.convolve(
                Convolution(
                    source=source,
                    weights=function.scale * weights[:, rows],
                    bias=function.scale * bias[rows],
                    dilation=dilation,
                    activation=function.code,
                    factor=gate if target == outputs else NOTHING,
                    target=target,
                )
            )
        writer.convolve(
            Convolution(
                source=outputs,
                weights=mix[:, layer][None],
                bias=np.zeros(1) if layer else array("mix.bias"),
                head=OUTPUT,
                head_mode=ADD if layer else STORE,
            )
        )
        if layer < last:
            target = writer.signal(channels, look_back=network.look_back(layer + 1))
            writer.convolve(
                Convolution(
                    source=outputs,
                    weights=array(f"{layer}.out.weight")[None],
                    bias=array(f"{layer}.out.bias"),
                    residual=source,
                    target=target,
                )
            )
            source = target
    return writer
