"""Files that carry an example of their own input and output: the kernel has to agree with it."""

from dataclasses import replace
from math import inf
from typing import Final

import numpy as np

from .description import DEFAULT_SAMPLE_RATE, ModelDescription
from .errors import ModelError
from .formats.rtneural import example_of
from .kernels.contract import Kernel
from .kernels.instance import KernelInstance

LARGEST_DIFFERENCE: Final = 1e-3
"""Of the peak of the example's output: trainers compute examples in float32, some with approximated activations."""


def check_example(kernel: Kernel, description: ModelDescription) -> None:
    """Play the example that a model's file gives, if there is one, and compare.

    Parameters
    ----------
    kernel : Kernel
        The model's kernel.
    description : ModelDescription
        The model; its `document` may have an example.

    Raises
    ------
    ModelError
        When the kernel's output differs from the file's by more than 1e-3 of its peak.
    """
    example = example_of(description)
    if example is None:
        return
    given, expected = example
    open_range = tuple(replace(knob, minimum=-inf, maximum=inf) for knob in kernel.parameters)
    rate = description.sample_rate or DEFAULT_SAMPLE_RATE
    instance = KernelInstance(replace(kernel, parameters=open_range), sample_rate=rate, channels=1)
    if not open_range:
        output = instance.process(given.T)[0]
    else:
        output = np.empty_like(expected)
        for frame, (audio, *knobs) in enumerate(given):
            for parameter, value in zip(open_range, knobs, strict=True):
                instance.set(parameter.name, float(value))
            output[frame] = instance.process(np.array([[audio]]))[0, 0]
    difference, peak = np.abs(output - expected), np.abs(expected).max()
    worst = int(difference.argmax())
    if not difference[worst] <= LARGEST_DIFFERENCE * peak:
        raise ModelError(
            f"output_batch: the model gives {output[worst]:.6g} at frame {worst}, the file says {expected[worst]:.6g} "
            f"(peak {peak:.3g}): its weights and its example do not belong together; download or export it again"
        )
