"""JACK, through JACK-Client."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from ....models.errors import DeviceError
from .native_counter import NativeCounter
from .protocol import Listener, Process, Wiring

NONE: Final = ("none",)
_HALF: Final = 1 << 31  # of JACK's frame clock, which has 32 bits

log = logging.getLogger(__name__)


def _module() -> Any:
    try:
        import jack
    except ModuleNotFoundError:
        raise DeviceError("JACK: the package JACK-Client is missing: pip install ampboard[live]") from None
    except OSError as error:
        raise DeviceError(f"JACK: the library is missing ({error}): install jackd2 or pipewire-jack") from None
    jack.set_error_function(lambda message: log.debug("%s", message))
    jack.set_info_function(lambda message: log.debug("%s", message))
    return jack


def _client(module: Any, name: str, server: str) -> Any:
    try:
        return module.Client(name, no_start_server=True, servername=server or None)
    except module.JackError as error:
        which = f"no JACK server named {server!r}" if server else "no JACK server"
        raise DeviceError(f"JACK: {which} answers ({error}): start one, or use --backend portaudio") from None


def list_ports(server: str = "") -> list[dict[str, str]]:
    """The audio ports of a running server: name, and whether sound comes from it or goes to it."""
    module = _module()
    client = _client(module, "ampboard-list", server)
    try:
        ports = client.get_ports(is_audio=True)
        return [
            {
                "port": port.name,
                "direction": "source" if port.is_output else "sink",
                "physical": "yes" if port.is_physical else "no",
            }
            for port in ports
        ]
    finally:
        client.close()


class JackBackend:
    """An audio client of a JACK server.

    Raises
    ------
    DeviceError
        When the library or the server is not there, or a port to connect to does not exist.
    """

    name = "jack"

    def __init__(self, wiring: Wiring) -> None:
        self._module = _module()
        self._wiring = wiring
        self._client = _client(self._module, wiring.client, wiring.server)
        self.sample_rate = int(self._client.samplerate)
        self.block = int(self._client.blocksize)
        self._inputs = [self._client.inports.register(f"input_{n + 1}") for n in range(wiring.inputs)]
        self._outputs = [self._client.outports.register(f"output_{n + 1}") for n in range(wiring.outputs)]
        self._expected = -1

    def start(self, process: Process, listener: Listener) -> None:
        """See `Backend`."""
        client, inputs, outputs = self._client, self._inputs, self._outputs
        get_buffer, data = self._module._lib.jack_port_get_buffer, self._module._ffi.buffer
        in_ports, out_ports = [port._ptr for port in inputs], [port._ptr for port in outputs]
        last_frame_time, pointer = self._module._lib.jack_last_frame_time, client._ptr

        count_xruns = self._watch_xruns(listener)

        played = np.empty((len(in_ports), self.block), np.float32)

        def play(frames: int) -> None:
            nonlocal played
            count_xruns()
            began = last_frame_time(pointer)
            if self._expected < 0:
                listener.began(began)
            elif began != self._expected:
                listener.gap((began - self._expected + _HALF) % (2 * _HALF) - _HALF)
            self._expected = (began + frames) % (2 * _HALF)
            size = 4 * frames
            if frames != played.shape[1]:  # the server has changed its block
                played = np.empty((len(in_ports), frames), np.float32)
            for row, port in zip(played, in_ports, strict=True):
                row[:] = np.frombuffer(data(get_buffer(port, frames), size), np.float32)
            output = process(played)
            for row, port in zip(output, out_ports, strict=True):
                np.frombuffer(data(get_buffer(port, frames), size), np.float32)[:] = row

        client.set_process_callback(play)
        client.set_shutdown_callback(lambda status, reason: listener.ended(f"JACK: {reason}"))
        client.activate()
        self._connect(self._wiring.sources, inputs, is_output=True)
        self._connect(self._wiring.sinks, outputs, is_output=False)

    def _watch_xruns(self, listener: Listener) -> Callable[[], None]:
        """Have xruns counted; return what the audio thread calls to hear of them."""
        if not NativeCounter.available():
            self._client.set_xrun_callback(lambda delay: listener.xrun())
            return lambda: None
        ffi, counter = self._module._ffi, NativeCounter()
        callback = ffi.cast("JackXRunCallback", counter.function)
        self._module._lib.jack_set_xrun_callback(self._client._ptr, callback, ffi.cast("void*", counter.argument))
        self._counter = counter
        told = 0

        def count() -> None:
            nonlocal told
            while told < counter.value:
                told += 1
                listener.xrun()

        return count

    def stop(self) -> None:
        """See `Backend`."""
        self._client.deactivate(ignore_errors=True)
        self._client.close(ignore_errors=True)

    def _connect(self, wanted: Sequence[str], own: Sequence[Any], *, is_output: bool) -> None:
        if tuple(wanted) == NONE:
            return
        if wanted:
            ports = self._client.get_ports(is_audio=True, is_output=is_output, is_input=not is_output)
            known = [port.name for port in ports if port.name.partition(":")[0] != self._client.name]
            for name in wanted:
                if name not in known:
                    raise DeviceError(f"JACK: there is no port {name!r}: use one of {', '.join(known) or 'none'}")
            others: Sequence[Any] = list(wanted)
        else:
            others = self._client.get_ports(
                is_audio=True, is_physical=True, is_output=is_output, is_input=not is_output
            )
        for ours, other in zip(own, others, strict=False):
            pair = (other, ours) if is_output else (ours, other)
            self._client.connect(*pair)
