"""What a kernel has to tell whoever runs it, be it compiled by numba or by a C compiler. Needs no numba."""

from typing import Final, NamedTuple, Protocol

import numpy as np

from .parameter import Parameter

SETUP: Final = np.dtype(
    [
        ("sample_rate", np.float64),
        ("max_frames", np.int32),
        ("inputs", np.int32),
        ("outputs", np.int32),
        ("side_inputs", np.int32),
    ],
    align=True,
)


class KernelAddresses(NamedTuple):
    """Addresses of a kernel's C functions and of its program: `contract` and ``kernel.h`` say what they promise.

    Attributes
    ----------
    measure, prepare, process, reset : int
        The four functions that every kernel has.
    program : int
        The immutable program, the first argument of ``measure``; 0 where the functions need none.
    event : int
        Takes a MIDI message: ``void (void *state, int32 frame, const uint8 *midi, int32 size)``; 0: it takes none.
    latency : int
        Says the latency as it is now: ``int32 (void *state)``; 0: what ``prepare`` said stays true.
    release : int
        Lets go of what ``prepare`` took beside the state's memory: ``void (void *state)``; 0: it took nothing.
    """

    measure: int
    prepare: int
    process: int
    reset: int
    program: int
    event: int = 0
    latency: int = 0
    release: int = 0


class RunnableKernel(Protocol):
    """Whatever the native bridge can run. Compared by identity; it owns the program for as long as it lives."""

    @property
    def name(self) -> str:
        """What the kernel is called in a host."""
        ...

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameter slots, in order."""
        ...

    @property
    def channels(self) -> tuple[int, int]:
        """Fewest and most channels it runs on (inputs = outputs)."""
        ...

    @property
    def tail(self) -> float:
        """Seconds of sound after the input has ended."""
        ...

    @property
    def side_inputs(self) -> int:
        """Rows of side-chain that follow the main inputs in ``process``; silent while nothing feeds them."""
        ...

    @property
    def addresses(self) -> KernelAddresses:
        """The C functions and the program."""
        ...
