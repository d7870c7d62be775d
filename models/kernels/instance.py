"""A kernel with a state of its own, driven from Python: what `Model.process` and the tests use."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import AudioError, ParameterError
from .contract import SETUP, Kernel, aligned_bytes

MAX_FRAMES = 1 << 30


class KernelInstance:
    """One running kernel.

    Parameters
    ----------
    kernel : Kernel
        What to run.
    sample_rate : float
        Host sample rate in Hz.
    channels : int
        Number of channels, in and out.
    parameters : mapping of str to float, optional
        Parameter values other than the defaults.

    Attributes
    ----------
    latency : int
        Frames by which the output lags the input.

    Raises
    ------
    ParameterError
        When the kernel refuses the sample rate or the channels, or a parameter is unknown or out of range.
    """

    def __init__(
        self, kernel: Kernel, *, sample_rate: float, channels: int, parameters: Mapping[str, float] | None = None
    ) -> None:
        self.kernel = kernel
        self.channels = channels
        setup = np.zeros(1, SETUP)
        setup[0] = (sample_rate, MAX_FRAMES, channels, channels, 0)
        functions = kernel.functions
        size = functions.measure.ctypes(kernel.program.ctypes.data, setup.ctypes.data)
        if size < 0:
            raise ParameterError(f"{kernel.name} does not run with {channels} channels at {sample_rate:g} Hz")
        self._state = aligned_bytes(size)
        self._slots = self._state[: 4 * max(1, len(kernel.parameters))].view(np.float32)
        self._indices = {p.name: i for i, p in enumerate(kernel.parameters)}
        for index, parameter in enumerate(kernel.parameters):
            self._slots[index] = parameter.default
        for name, value in (parameters or {}).items():
            self.set(name, value)
        self._address = self._state.ctypes.data
        self._run = functions.process.ctypes
        self.latency = int(functions.prepare.ctypes(self._address, kernel.program.ctypes.data, setup.ctypes.data))
        if self.latency < 0:
            raise ParameterError(f"{kernel.name} does not run with {channels} channels at {sample_rate:g} Hz")

    def set(self, name: str, value: float) -> None:
        """Set a parameter; heard from the next block on."""
        if name not in self._indices:
            known = ", ".join(self._indices) or "none"
            raise ParameterError(f"{self.kernel.name} has no parameter {name!r}: it has {known}")
        index = self._indices[name]
        self._slots[index] = self.kernel.parameters[index].check(value)

    def reset(self) -> None:
        """Return to rest."""
        self.kernel.functions.reset.ctypes(self._address)

    def process(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Process one block of shape (channels, frames), float32, and keep the state for the next."""
        audio = np.ascontiguousarray(audio, np.float32)
        if audio.ndim != 2 or audio.shape[0] != self.channels:
            raise AudioError(f"expected audio of shape ({self.channels}, frames), not {audio.shape}")
        out = np.empty_like(audio)
        frames = audio.shape[1]
        if frames:
            rows = np.arange(self.channels, dtype=np.int64) * audio.strides[0]
            inputs, outputs = rows + audio.ctypes.data, rows + out.ctypes.data
            self._run(self._address, inputs.ctypes.data, outputs.ctypes.data, frames)
        return out
