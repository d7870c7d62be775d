"""Models that exist in several sizes: which one plays at a quality from 0 (smallest) to 1 (the whole model).

A container holds whole models. A slimmable WaveNet is trained so that the first channels of its layers are a model of
their own (NeuralAmpModelerCore, NAM/container and NAM/wavenet/slimmable: the same choices, the same slices).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .architectures.wavenet import LayerArray, WaveNet
from .description import Container, ModelDescription


def at_quality(description: ModelDescription, quality: float = 1.0) -> ModelDescription:
    """Return the model that plays at a quality; one that cannot be slimmed is returned as it is.

    What the chosen model of a container does not say about itself is taken from the container.
    """
    architecture = description.architecture
    if isinstance(architecture, Container):
        last = len(architecture.models) - 1
        index = next((i for i, end in enumerate(architecture.qualities) if quality < end), last)
        chosen = architecture.models[index]
        return at_quality(  # as in the original engine, the choice does not reach into the chosen model
            replace(
                chosen,
                sample_rate=chosen.sample_rate or description.sample_rate,
                metadata={**description.metadata, **chosen.metadata},
            )
        )
    if isinstance(architecture, WaveNet):
        return _slimmed(description, architecture, quality)
    return description


def sizes(description: ModelDescription) -> tuple[int, ...]:
    """Weights of every size a model comes in, from the smallest; just one for models that cannot be slimmed."""
    architecture = description.architecture
    if isinstance(architecture, Container):
        return tuple(at_quality(model).weight_count for model in architecture.models)
    widths = {1}
    if isinstance(architecture, WaveNet):
        widths |= {len(stack.slimmable_channels) for stack in architecture.layer_arrays}
    steps = max(widths)
    return tuple(at_quality(description, (step + 0.5) / steps).weight_count for step in range(steps))


def _slimmed(description: ModelDescription, architecture: WaveNet, quality: float) -> ModelDescription:
    """Cut the first channels out of a slimmable WaveNet."""
    stacks = architecture.layer_arrays
    widths = [_width(stack, quality) for stack in stacks]
    if widths == [stack.channels for stack in stacks]:
        return description
    slim_stacks = list[LayerArray]()
    for number, (stack, width) in enumerate(zip(stacks, widths, strict=True)):
        bottleneck = max(1, stack.width * width // stack.channels) if stack.layer1x1 else width
        slim_stacks.append(
            replace(
                stack,
                input_size=widths[number - 1] if number else stack.input_size,
                channels=width,
                bottleneck=bottleneck,
                head_size=widths[number + 1] if number + 1 < len(stacks) else stack.head_size,
                slimmable_channels=(),
            )
        )
    slim = replace(architecture, layer_arrays=tuple(slim_stacks))
    arrays = {name: _first(description.arrays[name], shape) for name, shape in slim.shapes().items()}
    return replace(description, architecture=slim, arrays=arrays, prewarm_frames=slim.receptive_field)


def _width(stack: LayerArray, quality: float) -> int:
    widths = stack.slimmable_channels
    return widths[min(int(quality * len(widths)), len(widths) - 1)] if widths else stack.channels


def _first(array: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array[tuple(map(slice, shape))])
