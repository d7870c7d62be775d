"""A kernel as a pedalboard plugin.

`KernelPlugin` loads the native bridge, a VST3 plugin in C, and lets it run a kernel: in ``Pedalboard``, ``Chain``,
``Mix`` and ``AudioStream`` it is a plugin like any other, and the audio thread never meets Python.
"""

import ctypes
import struct
import weakref
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pedalboard
from pedalboard import AudioProcessorParameter  # pyright: ignore[reportPrivateImportUsage]

from ...models.errors import ParameterError, PluginError
from ...models.kernels.runnable import SETUP, RunnableKernel
from ..audio import Audio
from ..native import running as native
from ..native.library import VENDOR, bundle_path
from ..native.running import Counters, RunningKernel
from ..native.side_chain import SideBus

_NONE: Final[Mapping[str, float]] = MappingProxyType({})
_TRIAL_FRAMES: Final = 64
_MEASURE: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
_CHUNK_START: Final = b"ampboard" + struct.pack("<I", 1)  # as state_chunk.h


def runs_at(kernel: RunnableKernel, sample_rate: float) -> bool:
    """Whether a kernel accepts a sample rate, as far as its ``measure`` tells."""
    setup = np.zeros(1, SETUP)
    setup[0] = (sample_rate, _TRIAL_FRAMES, kernel.channels[0], kernel.channels[0], kernel.side_inputs)
    addresses = kernel.addresses
    return _MEASURE(addresses.measure)(addresses.program, setup.ctypes.data) >= 0


class KernelPlugin(pedalboard.VST3Plugin):
    """A `pedalboard.Plugin` that runs a kernel.

    The kernel's parameters are attributes, named as `Parameter.name` says, exact to the float, settable while audio
    plays. ``plugin.parameters`` shows the same values the way pedalboard shows those of every plugin.

    Parameters
    ----------
    kernel : RunnableKernel
        What to run.
    parameters : mapping of str to float, optional
        Parameter values other than the defaults.

    Raises
    ------
    ParameterError
        When a parameter is unknown or out of range; also on setting an attribute that is no parameter.
    PluginError
        When the bridge is not compiled, or this is not the thread that created the first plugin of the process.

    Notes
    -----
    Rendering works on any thread and releases the GIL; creation only on the thread that created the first plugin.
    A kernel that refuses the sample rate raises when the plugin itself is called. In a board it is silent and counted
    (`counters`), for a board cannot raise from inside.
    """

    _running: RunningKernel
    _views: dict[str, AudioProcessorParameter]

    def __init__(self, kernel: RunnableKernel, parameters: Mapping[str, float] = _NONE) -> None:
        native.release_finished()
        for parameter in kernel.parameters:
            if hasattr(type(self), parameter.name):
                raise ParameterError(
                    f"kernel {kernel.name!r} cannot call a parameter {parameter.name!r}: plugins have that attribute"
                )
        try:
            with native.class_for(kernel) as number:
                super().__init__(str(bundle_path()))
                self._running = native.start(number, kernel)
        except (ImportError, RuntimeError, ValueError) as error:
            if isinstance(error, ParameterError):
                raise
            raise PluginError(
                f"{kernel.name} cannot become a plugin ({error}): create it on the thread that created the first plugin"
            ) from error
        self.reset()  # the trial blocks of the constructor are no part of any stream
        for name, value in parameters.items():
            self._running.set(name, value)

    @property
    def running(self) -> RunningKernel:
        """The kernel that plays, with its counters."""
        return self._running

    @property
    def kernel(self) -> RunnableKernel:
        """The kernel that plays."""
        return self._running.kernel

    @property
    def latency(self) -> int:
        """Frames by which the output lags the input (pedalboard compensates them); 0 before the first block."""
        return self._running.latency

    @property
    def counters(self) -> Counters:
        """What the native side counted so far."""
        return self._running.counters()

    def send_midi(self, message: bytes, frame: int = 0) -> None:
        """Hand a MIDI message to the kernel: see `RunningKernel.send_midi`."""
        self._running.send_midi(message, frame)

    @property
    def side_chain(self) -> SideBus | Audio | None:
        """What the kernel hears beside its input: see `RunningKernel.side_chain`."""
        return self._running.side_chain

    @side_chain.setter
    def side_chain(self, source: SideBus | Audio | None) -> None:
        self._running.side_chain = source

    def process(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, input_array: Audio, sample_rate: float, buffer_size: int = 8192, reset: bool = True
    ) -> Audio:
        """Run audio through the plugin; see `pedalboard.Plugin.process`.

        Raises
        ------
        ParameterError
            When the kernel does not run at the sample rate.
        """
        kernel, refusals = self._running.kernel, self._running.counters().refusals
        if not runs_at(kernel, sample_rate):
            raise ParameterError(f"{kernel.name} does not run at {sample_rate:g} Hz: use another sample rate")
        output: Audio = super().process(input_array, sample_rate, buffer_size, reset)  # pyright: ignore[reportArgumentType]
        if self._running.counters().refusals > refusals:
            raise ParameterError(f"{kernel.name} does not run at {sample_rate:g} Hz with this audio's channels")
        return output

    __call__ = process  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def swap(self, kernel: RunnableKernel) -> None:
        """Let another kernel with the same parameters take over between two blocks: see `RunningKernel.swap`."""
        self._running.swap(kernel)

    @staticmethod
    def identify(plugin: pedalboard.Plugin) -> RunningKernel | None:
        """Return the kernel that `plugin` runs, or None when it is no kernel's plugin.

        A board hands out a plain ``VST3Plugin`` once the `KernelPlugin` put into it was collected; the plugin inside is
        the same, and its state says which.
        """
        if isinstance(plugin, KernelPlugin):
            return plugin.running
        if not isinstance(plugin, pedalboard.VST3Plugin) or plugin.manufacturer_name != VENDOR:
            return None
        _, found, rest = bytes(plugin.preset_data).partition(_CHUNK_START)
        return native.find(struct.unpack_from("<I", rest)[0]) if found else None

    def _get_parameters(self) -> dict[str, AudioProcessorParameter]:
        """The views behind ``plugin.parameters``, made at the first use: pedalboard reads 1001 texts for each.

        They hold the plugin weakly: subclasses of pybind11 classes are not garbage-collected, so that pedalboard's own
        views, which hold it strongly, would keep the plugin and its kernel for ever.
        """
        if "_views" not in self.__dict__:
            plugin: Any = weakref.proxy(self)
            self._views = {
                parameter.name: AudioProcessorParameter(plugin, parameter.title)
                for parameter in self._running.kernel.parameters
            }
        return self._views

    def __getattr__(self, name: str) -> float:
        running = self.__dict__.get("_running")
        if running is None or name not in running:
            known = ", ".join(running.names) if running else "none"
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}; its parameters are {known}")
        title = running.kernel.parameters[running.index(name)].title
        return running.get_or_raw(name, self._get_parameter(title).raw_value)

    def __setattr__(self, name: str, value: Any) -> None:
        running = self.__dict__.get("_running")
        if running is not None and name in running:
            running.set(name, value)
        elif name.startswith("_") or hasattr(type(self), name):
            object.__setattr__(self, name, value)  # not pedalboard's: it reads 1001 texts of each parameter first
        else:
            known = ", ".join(running.names) if running else "none"
            raise ParameterError(f"{type(self).__name__} has no parameter {name!r}: it has {known}")

    def __dir__(self) -> list[str]:
        running = self.__dict__.get("_running")
        return sorted({*object.__dir__(self), *(running.names if running else ())})

    def __repr__(self) -> str:
        values = "".join(f", {name}={getattr(self, name):g}" for name in self._running.names)
        return f"{type(self).__name__}({self._running.kernel.name!r}{values})"
