"""The kernel contract: four C functions over one opaque state.

Everything of ours that makes sound satisfies it, and whoever runs a kernel (a test, ``Model.process``, the VST3 bridge,
an exported plugin) needs nothing else::

    int64 measure(const void *program, const kernel_setup *setup)               bytes of state; < 0: setup refused
    int32 prepare(void *state, const void *program, const kernel_setup *setup)  latency in host frames; < 0: refused
    void  process(void *state, const float *const *in, float *const *out, int32 frames)
    void  reset(void *state)

A kernel of a C compiler may have two more (``kernel.h``): ``event`` takes MIDI, ``release`` lets go of what ``prepare``
took beside the state's memory; and it may hear a side-chain. `runnable` says how it presents itself.

The *program* is immutable (tables and weights, shared by all instances). The *state* is memory that the caller owns:
zeroed, aligned to 64 bytes, as large as ``measure`` asks. It starts with the parameter slots (``float32``), which the
caller writes between calls of ``process``; a kernel holds no pointer into its own state, so a state can be copied.
``prepare`` ends in the state of rest that ``reset`` returns to. ``measure`` and ``prepare`` run off the audio thread;
``reset`` takes bounded time on it; ``process`` allocates nothing, locks nothing and accepts any number of frames up to
``max_frames``. Inputs and outputs never overlap.

In numba the pointers are ``int64`` addresses (the same register in every 64-bit C calling convention): see `memory`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numba import cfunc, types
from numba.extending import register_jitable
from numpy.typing import NDArray

from ..errors import ParameterError
from .memory import float64_at, int32_at
from .parameter import Parameter
from .runnable import SETUP, KernelAddresses

__all__ = [
    "ALIGNMENT",
    "MEASURE",
    "PARAMETER_BYTES",
    "PARAMETER_SLOTS",
    "PREPARE",
    "PROCESS",
    "RESET",
    "SETUP",
    "Kernel",
    "KernelFunctions",
    "Parameter",
    "aligned_bytes",
    "compiled",
    "pack_program",
    "setup_channels",
    "setup_sample_rate",
]

ALIGNMENT: Final = 64
PARAMETER_SLOTS: Final = 64
PARAMETER_BYTES: Final = 4 * PARAMETER_SLOTS  # a numba kernel's own data start here

MEASURE: Final = types.int64(types.int64, types.int64)
PREPARE: Final = types.int32(types.int64, types.int64, types.int64)
PROCESS: Final = types.void(types.int64, types.int64, types.int64, types.int32)
RESET: Final = types.void(types.int64)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a kernel function to a C function pointer: no bounds checks, no exceptions, cached on disk by CPU.

    The result's ``__wrapped__`` is the Python function, for who wants to compile it otherwise (without the cache, say).
    """
    options: dict[str, Any] = {"nopython": True, "error_model": "numpy", "boundscheck": False, "cache": True}
    return cfunc(signature, **options)


@register_jitable
def setup_sample_rate(setup: int) -> float:
    """Host sample rate in Hz, read from a setup inside a compiled kernel."""
    return float64_at(setup)[0]


@register_jitable
def setup_channels(setup: int) -> int:
    """Read the number of main inputs (and outputs) from a setup inside a compiled kernel."""
    return int32_at(setup + 8)[1]


@dataclass(frozen=True)
class KernelFunctions:
    """The compiled C functions of a kernel (numba ``CFunc`` objects, each with an ``address``)."""

    measure: Any
    prepare: Any
    process: Any
    reset: Any

    @property
    def addresses(self) -> tuple[int, int, int, int]:
        """Addresses of measure, prepare, process and reset."""
        return self.measure.address, self.prepare.address, self.process.address, self.reset.address


@dataclass(frozen=True, eq=False)
class Kernel:
    """Functions and program of a kernel compiled by numba, with what a host has to know about it: a `RunnableKernel`.

    Attributes
    ----------
    name : str
        What the kernel is called in a host.
    functions : KernelFunctions
        The four functions of the contract.
    program : ndarray of uint8
        The immutable program, aligned to 64 bytes.
    parameters : tuple of Parameter
        The parameter slots, in order; at most 64.
    channels : tuple of (int, int)
        Fewest and most channels it runs on (inputs = outputs).
    tail : float
        Seconds of sound after the input has ended (a cabinet's response, a reverb); what a render keeps.
    keep : tuple
        Whatever the program holds addresses of.
    """

    name: str
    functions: KernelFunctions
    program: NDArray[np.uint8]
    parameters: tuple[Parameter, ...] = ()
    channels: tuple[int, int] = (1, 64)
    tail: float = 0.0
    keep: tuple[Any, ...] = field(default=())

    def __post_init__(self) -> None:
        if len(self.parameters) > PARAMETER_SLOTS:
            raise ParameterError(
                f"kernel {self.name!r} has {len(self.parameters)} parameters: at most {PARAMETER_SLOTS}"
            )
        if self.program.ctypes.data % ALIGNMENT:
            raise ParameterError(f"the program of kernel {self.name!r} is not aligned to {ALIGNMENT} bytes")

    @property
    def side_inputs(self) -> int:
        """Kernels of numba hear no side-chain."""
        return 0

    @property
    def addresses(self) -> KernelAddresses:
        """The C functions and the program; such a kernel takes no MIDI and its state is nothing but its memory."""
        return KernelAddresses(*self.functions.addresses, program=self.program.ctypes.data)


def aligned_bytes(size: int) -> NDArray[np.uint8]:
    """`size` zero bytes that start on a cache line."""
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


def pack_program(header: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay out a program: int64 words first, float32 weights behind them on the next cache line.

    The first weight lies at byte ``-(-header.nbytes // 64) * 64``.
    """
    start = -(-header.nbytes // ALIGNMENT) * ALIGNMENT
    program = aligned_bytes(start + weights.nbytes)
    program[: header.nbytes] = np.ascontiguousarray(header).view(np.uint8)
    program[start:] = np.ascontiguousarray(weights).ravel().view(np.uint8)
    program.flags.writeable = False
    return program
