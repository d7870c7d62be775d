"""Files that carry an example of their own input and output: the kernel has to agree with it."""

from dataclasses import replace
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError
from .kernels.contract import Kernel
from .kernels.instance import KernelInstance

Example = tuple[NDArray[np.float32], NDArray[np.float32]]

LARGEST_DIFFERENCE: Final = 1e-4
"""Of the peak of the example's output: trainers compute examples in float32, some with approximated activations."""


def check_example(kernel: Kernel, example: Example, *, sample_rate: float) -> None:
    """Play the example that a model's file gives, and compare.

    Parameters
    ----------
    kernel : Kernel
        The model's kernel.
    example : (ndarray, ndarray)
        Input of shape (frames, inputs), the first of them the audio and the others knobs; output of shape (frames,).
    sample_rate : float
        The model's rate in Hz.

    Raises
    ------
    ModelError
        When the kernel's output differs from the file's by more than 1e-4 of its peak.
    """
    given, expected = example
    open_range = tuple(replace(knob, minimum=-inf, maximum=inf) for knob in kernel.parameters)
    instance = KernelInstance(replace(kernel, parameters=open_range), sample_rate=sample_rate, channels=1)
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
