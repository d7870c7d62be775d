"""MIDI ports of the system, of JACK, and over the network, by one kind of name."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import mido

from ...models.errors import MidiError, ParameterError

SOCKET: Final = "socket"
VIRTUAL: Final = "virtual"
HIGHEST_PORT: Final = 65535  # of TCP

_APIS: Final[Mapping[str, str]] = MappingProxyType(
    {"": "", "jack": "UNIX_JACK", "alsa": "LINUX_ALSA", "coremidi": "MACOSX_CORE", "winmm": "WINDOWS_MM"}
)
"""What stands in front of a port's name, and rtmidi's name for it."""

GRAMMAR: Final = "[jack:|alsa:|coremidi:|winmm:][virtual:]NAME, or socket:HOST:PORT"

Heard = Callable[[mido.Message], None]


@dataclass(frozen=True)
class Inputs:
    """The MIDI inputs of one API, as it calls them."""

    api: str
    backend: Any
    names: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """As `open_midi_input` takes them."""
        return tuple(f"{self.api}:{name}" if self.api else name for name in self.names)


class SocketPort:
    """Messages that other programs send over TCP as raw bytes, as `mido.sockets.connect` does; any number of senders.

    Parameters
    ----------
    host, port : str, int
        Where to listen.
    heard : callable
        Called with every message, on this port's thread.
    """

    def __init__(self, host: str, port: int, heard: Heard) -> None:
        try:
            self._server = socket.create_server((host, port))
        except OSError as error:
            raise MidiError(f"socket:{host}:{port}: cannot listen there: {error.strerror or error}") from None
        self._heard = heard
        self._closed, self._closing = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="midi-socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._closing.close()
        self._thread.join()

    def _listen(self) -> None:
        with selectors.DefaultSelector() as waiting, self._server, self._closed:
            waiting.register(self._server, selectors.EVENT_READ)
            waiting.register(self._closed, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    if key.fileobj is self._closed:
                        for sender in list(waiting.get_map().values()):
                            if sender.data:
                                sender.data.close()
                        return
                    if key.fileobj is self._server:
                        sender = Sender(self._server.accept()[0])
                        waiting.register(sender.connection, selectors.EVENT_READ, sender)
                    elif not key.data.read(self._heard):
                        waiting.unregister(key.fileobj)
                        key.data.close()


class Sender:
    """One connection to a `SocketPort`."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._parser = mido.Parser()

    def read(self, heard: Heard) -> bool:
        """Take what has come; False when the sender is gone."""
        try:
            data = self.connection.recv(4096)
        except OSError:
            data = b""
        self._parser.feed(data)
        for message in self._parser:
            heard(message)
        return bool(data)

    def close(self) -> None:
        """Let the sender go."""
        self.connection.close()


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
        if not host or not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
            raise ParameterError(f"MIDI input {name!r}: use {GRAMMAR}, PORT from 1 to {HIGHEST_PORT}")
        return SocketPort(host, int(port), heard)
    api, wanted = (kind, rest) if kind in _APIS and rest else ("", name)
    virtual = wanted.startswith(f"{VIRTUAL}:")
    wanted = wanted.removeprefix(f"{VIRTUAL}:")
    if virtual:
        backend, found = _backend(api), wanted
    else:
        backend, found = _matching(name, wanted, _answering((api,) if api else _APIS))
    try:
        return backend.open_input(found, virtual=virtual, callback=heard)
    except (OSError, RuntimeError, ValueError) as error:
        raise MidiError(f"MIDI input {name!r} cannot be opened: {error}") from None


def list_midi_inputs() -> list[str]:
    """Names of the MIDI inputs there are, as `open_midi_input` takes them.

    Raises
    ------
    MidiError
        When nothing can have one: the library is missing.
    """
    return [name for there in _answering(_APIS) for name in there.shown]


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
    except Exception as error:
        raise MidiError(f"MIDI: {api or 'the system'} answers {error}: is it running?") from None


def _answering(apis: Iterable[str]) -> list[Inputs]:
    """What each API of the system has; those that are not there are left out, unless none is."""
    found: list[Inputs] = []
    reasons: list[MidiError] = []
    for api in apis:
        try:
            backend = _backend(api)
            found.append(Inputs(api, backend, tuple(_input_names(backend, api))))
        except MidiError as error:
            reasons.append(error)
    if not found:
        raise reasons[0]
    return found


def _matching(name: str, wanted: str, found: Sequence[Inputs]) -> tuple[Any, str]:
    """The backend and the whole name of a port: one that is called so, else one with it as a part of its name."""
    for inputs in found:
        if wanted in inputs.names:
            return inputs.backend, wanted
    for inputs in found:
        for candidate in inputs.names:
            if wanted.lower() in candidate.lower():
                return inputs.backend, candidate
    known = ", ".join(shown for inputs in found for shown in inputs.shown) or "none"
    raise MidiError(f"there is no MIDI input {name!r}: there are {known}; or use {GRAMMAR}")
