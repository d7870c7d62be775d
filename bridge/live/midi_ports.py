"""MIDI ports of the system, of JACK, and over the network, by one kind of name."""

import threading
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import mido

from ...models.errors import MidiError, ParameterError

SOCKET: Final = "socket"
VIRTUAL: Final = "virtual"
POLL_SECONDS: Final = 0.0005

_APIS: Final[Mapping[str, str]] = MappingProxyType(
    {"": "", "jack": "UNIX_JACK", "alsa": "LINUX_ALSA", "coremidi": "MACOSX_CORE", "winmm": "WINDOWS_MM"}
)
"""What stands in front of a port's name, and rtmidi's name for it."""

GRAMMAR: Final = "[jack:|alsa:|coremidi:|winmm:][virtual:]NAME, or socket:HOST:PORT"

Heard = Callable[[mido.Message], None]


class SocketPort:
    """Messages that other programs send over TCP, as mido.sockets does; everyone may connect and leave."""

    def __init__(self, host: str, port: int, heard: Heard) -> None:
        from mido import sockets

        try:
            self._server = sockets.PortServer(host, port)
        except OSError as error:
            raise MidiError(f"socket:{host}:{port}: cannot listen there: {error.strerror or error}") from None
        self._heard = heard
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="midi-socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._closing.set()
        self._thread.join(1.0)
        self._server.close()

    def _listen(self) -> None:
        connected: list[Any] = []  # the server's own receive() waits for ever, whatever it is asked
        while not self._closing.wait(POLL_SECONDS):
            if sender := self._server.accept(block=False):
                connected.append(sender)
            for sender in connected:
                self._take(sender)
            connected = [sender for sender in connected if not sender.closed]
        for sender in connected:
            sender.close()

    def _take(self, sender: Any) -> None:
        try:
            for message in sender.iter_pending():
                self._heard(message)
        except OSError:  # it went away in the middle
            sender.close()


def open_midi_input(name: str, heard: Heard) -> Any:
    """Open a MIDI input.

    Parameters
    ----------
    name : str
        See `GRAMMAR`. A port is found by a part of its name; ``virtual`` makes one that others connect to.
    heard : callable
        Called with every message, on a thread of the port.

    Returns
    -------
    object
        With a method ``close()``.

    Raises
    ------
    MidiError
        When there is no such port, or nothing that could have one.
    ParameterError
        When the name says nothing.
    """
    kind, _, rest = name.partition(":")
    if kind == SOCKET:
        host, _, port = rest.rpartition(":")
        if not host or not port.isdigit():
            raise ParameterError(f"MIDI input {name!r}: use {GRAMMAR}")
        return SocketPort(host, int(port), heard)
    api, wanted = (kind, rest) if kind in _APIS and rest else ("", name)
    virtual = wanted.startswith(f"{VIRTUAL}:")
    wanted = wanted.removeprefix(f"{VIRTUAL}:")
    backend = _backend(api)
    found = wanted if virtual else _matching(name, wanted, _input_names(backend, api))
    try:
        return backend.open_input(found, virtual=virtual, callback=heard)
    except (OSError, RuntimeError, ValueError) as error:
        raise MidiError(f"MIDI input {name!r} cannot be opened: {error}") from None


def list_midi_inputs() -> list[str]:
    """Names of the MIDI inputs there are, as `open_midi_input` takes them."""
    found: list[str] = []
    for api in _APIS:
        try:
            names = _input_names(_backend(api), api)
        except MidiError:
            continue
        found += [f"{api}:{name}" if api else name for name in names]
    return list(dict.fromkeys(found))


def _backend(api: str) -> Any:
    module = f"mido.backends.rtmidi/{_APIS[api]}" if api else "mido.backends.rtmidi"
    try:
        backend = mido.Backend(module, load=True)
    except ModuleNotFoundError:
        raise MidiError("MIDI: the package python-rtmidi is missing: pip install ampboard[live]") from None
    except (ImportError, ValueError) as error:
        raise MidiError(f"MIDI: {api} is not there: {error}") from None
    return backend


def _input_names(backend: Any, api: str) -> list[str]:
    try:
        return list(backend.get_input_names())
    except Exception as error:  # noqa: BLE001 - rtmidi has errors of its own for each system
        raise MidiError(f"MIDI: {api or 'the system'} answers {error}: is it running?") from None


def _matching(name: str, wanted: str, names: Iterable[str]) -> str:
    there = list(names)
    for candidate in there:
        if candidate == wanted:
            return candidate
    found = [candidate for candidate in there if wanted.lower() in candidate.lower()]
    if not found:
        known = ", ".join(there) or "none"
        raise MidiError(f"there is no MIDI input {name!r}: there are {known}; or use {GRAMMAR}")
    return found[0]
