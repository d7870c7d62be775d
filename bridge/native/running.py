"""Kernels that the native side runs: one plugin class a kernel, found again by its number.

The table keeps a kernel's program and code alive for as long as the native side may call it. It never depends on Python
wrappers: a board holds the plugin itself and may outlive every wrapper of it.
"""

import ctypes
import operator
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ...models.errors import ParameterError, PluginError
from ...models.kernels.parameter import Parameter
from ...models.kernels.runnable import RunnableKernel
from ..audio import Audio
from .library import (
    IMPOSSIBLE,
    LONGEST_MIDI,
    NO_INSTANCE,
    NO_MIDI,
    VENDOR,
    NativeClass,
    NativeCounters,
    NativeKernel,
    NativeLabel,
    NativeParameter,
    library,
)
from .midi_message import is_whole_message
from .side_chain import SideBus, stem

_VERSION: Final = "1"
_LATEST_FRAME: Final = 2**31 - 1
_SAME_NORMALISED: Final = 1e-6  # as parameter.c


@dataclass(frozen=True)
class Counters:
    """What the native side counted for one plugin since it was created.

    Attributes
    ----------
    process_calls : int
        Blocks the host asked for.
    resets : int
        Returns to rest that the host asked for.
    prepares : int
        Times a kernel was made ready for a sample rate and channel count.
    refusals : int
        Times a kernel refused them; the plugin is silent then.
    non_finite_inputs : int
        Input samples that were NaN or infinite and became 0.
    non_finite_outputs : int
        Output samples that were NaN or infinite; each time the kernel was reset and faded in again.
    dropped_midi : int
        MIDI messages that found no room, because more than 2048 waited.
    """

    process_calls: int
    resets: int
    prepares: int
    refusals: int
    non_finite_inputs: int
    non_finite_outputs: int
    dropped_midi: int


class RunningKernel:
    """The kernel of one living plugin, by exact values.

    Obtained from `KernelPlugin.running` or `KernelPlugin.identify`. Every method may be called from any thread while
    the plugin plays.

    Attributes
    ----------
    number : int
        Number of the plugin class, as its state chunk names it.
    kernel : RunnableKernel
        The kernel that plays.
    """

    def __init__(self, number: int, kernel: RunnableKernel) -> None:
        self.number = number
        self.kernel = kernel
        self._indices = {parameter.name: index for index, parameter in enumerate(kernel.parameters)}
        self._attached: dict[int, RunnableKernel] = {}
        self._swapping = threading.Lock()
        self._side_chain: SideBus | Audio | None = None
        self._tap: SideBus | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._indices

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the kernel's order."""
        return tuple(self._indices)

    def index(self, name: str) -> int:
        """Return the slot of parameter `name`; raise `ParameterError` when there is none."""
        if name not in self._indices:
            known = ", ".join(self._indices) or "none"
            raise ParameterError(f"{self.kernel.name} has no parameter {name!r}: it has {known}")
        return self._indices[name]

    def get(self, name: str) -> float:
        """Return the exact value of a parameter, in its unit."""
        value = ctypes.c_double()
        self._check(library().ampboard_get_parameter(self.number, self.index(name), ctypes.byref(value)))
        return value.value

    def get_or_raw(self, name: str, raw: float) -> float:
        """Return the exact value, unless the host holds another (`raw`, 0 to 1) that the plugin has yet to see."""
        value = self.get(name)
        parameter = self.kernel.parameters[self.index(name)]
        if abs(raw - parameter.position(value)) <= _SAME_NORMALISED:
            return value
        return parameter.value_at(raw)

    def set(self, name: str, value: float | str) -> None:
        """Set a parameter to `value`, in its unit or as one of its labels, exactly; heard from the next block on.

        Raises
        ------
        ParameterError
            When there is no such parameter, or the value is outside its range.
        """
        index = self.index(name)
        number = self.kernel.parameters[index].check(value)
        self._check(library().ampboard_set_parameter(self.number, index, number))

    def swap(self, kernel: RunnableKernel) -> None:
        """Let `kernel` take over between two blocks, from its state of rest, with the present parameter values.

        It is prepared on the calling thread; the one that played is released once the audio thread has left it. Another
        latency is compensated from the next reset on.

        Raises
        ------
        ParameterError
            When its parameters or channels are not those of the kernel that plays, or it refuses the sample rate.
        """
        present = self.kernel
        if kernel.parameters != present.parameters:
            raise ParameterError(f"{kernel.name} cannot replace {present.name}: their parameters differ")
        if kernel.channels[0] > present.channels[0] or kernel.channels[1] < present.channels[1]:
            raise ParameterError(
                f"{kernel.name} cannot replace {present.name}: it runs on {kernel.channels[0]} to {kernel.channels[1]} "
                f"channels, not on {present.channels[0]} to {present.channels[1]}"
            )
        with self._swapping:
            self.attach(kernel)
            self.kernel = kernel
            self._release()

    def send_midi(self, message: bytes, frame: int = 0) -> None:
        """Hand a MIDI message to the kernel.

        Parameters
        ----------
        message : bytes
            One whole message of at most 52 bytes, its status byte first.
        frame : int
            When it is due, counted from the first frame of the next block; beyond that block's end it waits for the
            block that has the frame. Messages of the same frame keep their order.

        Raises
        ------
        ParameterError
            When the kernel takes no MIDI, or this is no message.

        Notes
        -----
        A reset forgets what still waits from earlier blocks. What was sent since the last block stays: it counts from
        the first frame after the reset. Messages for which there is no room are counted (`Counters.dropped_midi`).
        """
        try:
            content, due = bytes(memoryview(message)), operator.index(frame)
        except TypeError:
            raise ParameterError(
                f"{self.kernel.name}: MIDI message {message!r} at frame {frame!r}: "
                "use bytes, and a whole number of frames"
            ) from None
        if not is_whole_message(content) or len(content) > LONGEST_MIDI or not 0 <= due <= _LATEST_FRAME:
            raise ParameterError(
                f"{self.kernel.name}: MIDI message {content[:16].hex(' ')!r} at frame {due}: use a whole message of "
                f"at most {LONGEST_MIDI} bytes, its status byte first, and a frame from 0"
            )
        result = library().ampboard_send_midi(self.number, due, content, len(content))
        if result == NO_MIDI:
            raise ParameterError(f"{self.kernel.name} takes no MIDI")
        self._check(result)

    @property
    def side_chain(self) -> "SideBus | Audio | None":
        """What the kernel hears beside its input: a bus, a stem, or None (silence).

        A stem is float32 of shape (channels, frames), or (frames,) for mono, counted from the first frame after a reset
        of the plugin; it is copied. One channel feeds every row of the kernel's side-chain, one row hears the mean of
        all channels, otherwise each row hears its own channel. May be set while audio plays.

        Raises
        ------
        ParameterError
            When the kernel hears no side-chain.
        AudioError
            When an array has another shape.
        """
        return self._side_chain

    @side_chain.setter
    def side_chain(self, source: "SideBus | Audio | None") -> None:
        if source is not None and not self.kernel.side_inputs:
            raise ParameterError(f"{self.kernel.name} hears no side-chain")
        if source is None or isinstance(source, SideBus):
            self._link(library().ampboard_listen_to, source.handle if source else None)
        else:
            with stem(source) as handle:
                self._link(library().ampboard_listen_to, handle)
        self._side_chain = source

    @property
    def tap(self) -> "SideBus | None":
        """The bus that the plugin's input goes into, or None. May be set while audio plays."""
        return self._tap

    @tap.setter
    def tap(self, bus: "SideBus | None") -> None:
        self._link(library().ampboard_tap_into, bus.handle if bus else None)
        self._tap = bus

    def _link(self, link: Callable[[int, int | None], int], handle: int | None) -> None:
        result = link(self.number, handle)
        self._check(result)
        if result == IMPOSSIBLE:
            raise PluginError(f"{self.kernel.name}: no memory for its side-chain: use a bus of fewer seconds")

    @property
    def latency(self) -> int:
        """Frames by which the output lags the input; 0 before the first block was processed."""
        return int(self._read_counters().latency)

    def counters(self) -> Counters:
        """Return what was counted so far."""
        counters = self._read_counters()
        return Counters(*(int(getattr(counters, field)) for field in Counters.__dataclass_fields__))

    def _read_counters(self) -> NativeCounters:
        counters = NativeCounters()
        self._check(library().ampboard_get_counters(self.number, ctypes.byref(counters)))
        return counters

    def _check(self, result: int) -> None:
        if result == NO_INSTANCE:
            raise PluginError(f"{self.kernel.name}: the plugin is gone")

    def attach(self, kernel: RunnableKernel) -> None:
        """Hand `kernel` to the native side and keep it alive: what `start` and `swap` do."""
        native = NativeKernel(**kernel.addresses._asdict(), tail=kernel.tail, side_inputs=kernel.side_inputs)
        attachment = library().ampboard_attach_kernel(self.number, ctypes.byref(native))
        if attachment == NO_INSTANCE:
            raise PluginError(f"{kernel.name}: the plugin is gone")
        if attachment < 0:
            raise ParameterError(f"{kernel.name} does not run at the plugin's present sample rate and channels")
        self._attached[attachment] = kernel

    def _release(self) -> None:
        """Let go of kernels that the audio thread has left."""
        capacity = len(self._attached) + 3
        attachments = (ctypes.c_uint64 * capacity)()
        count = library().ampboard_live_attachments(self.number, attachments, capacity)
        if 0 <= count <= capacity:
            alive = set(attachments[:count])
            self._attached = {number: kernel for number, kernel in self._attached.items() if number in alive}


_table: dict[int, RunningKernel] = {}
_table_lock = threading.Lock()


def start(number: int, kernel: RunnableKernel) -> RunningKernel:
    """Let the plugin of class `number` run `kernel`, and keep the kernel alive while it does."""
    running = RunningKernel(number, kernel)
    running.attach(kernel)
    with _table_lock:
        _table[number] = running
    return running


def find(number: int) -> RunningKernel | None:
    """Return the kernel that the plugin of class `number` runs, or None."""
    with _table_lock:
        return _table.get(number)


def release_finished() -> int:
    """Let go of the kernels whose plugins are gone; return how many still run.

    Creating a plugin does this too.
    """
    native = library()
    with _table_lock:
        for number in list(_table):
            if not native.ampboard_is_alive(number):
                native.ampboard_unregister_class(number)
                del _table[number]
        return len(_table)


@contextmanager
def class_for(kernel: RunnableKernel) -> Generator[int]:
    """Register a plugin class for `kernel`, and let this thread's factory offer nothing else inside the block.

    The class is withdrawn again when the block raises.
    """
    number = _register(kernel)
    native = library()
    native.ampboard_show_only(number)
    try:
        yield number
    except BaseException:
        native.ampboard_unregister_class(number)
        raise
    finally:
        native.ampboard_show_only(0)


def _register(kernel: RunnableKernel) -> int:
    titles = [parameter.title for parameter in kernel.parameters]
    if len(set(titles)) < len(titles):
        raise ParameterError(f"two parameters of kernel {kernel.name!r} have the same title: {', '.join(titles)}")
    native_parameters = (NativeParameter * max(1, len(titles)))(*map(_native, kernel.parameters))
    description = NativeClass(
        _text(kernel.name, 64) or b"Kernel",
        VENDOR.encode(),
        _VERSION.encode(),
        kernel.channels[0],
        kernel.channels[1],
        len(titles),
        native_parameters,
    )
    number = library().ampboard_register_class(ctypes.byref(description))
    if not number:
        raise ParameterError(
            f"kernel {kernel.name!r} cannot be a plugin: it needs 1 to 64 channels, and parameters whose minimum is "
            "below the maximum with the default between them"
        )
    return int(number)


def _native(parameter: Parameter) -> NativeParameter:
    labels = ((value, _text(label, 64)) for value, label in parameter.labels)
    return NativeParameter(
        _text(parameter.title, 64),
        _text(parameter.unit, 16),
        parameter.minimum,
        parameter.maximum,
        parameter.default,
        parameter.steps,
        parameter.logarithmic,
        len(parameter.labels),
        (NativeLabel * len(parameter.labels))(*labels),
    )


def _text(text: str, size: int) -> bytes:
    return text.strip().encode("ascii", "replace")[: size - 1]
