"""Where live sound comes from and goes to: JACK, PortAudio, or pedalboard's own AudioStream."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from ....models.errors import DeviceError, ParameterError
from .protocol import Backend, Wiring

AUTO: Final = "auto"
STREAM: Final = "stream"

_CLASSES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "jack": (".jack", "JackBackend"),
        "portaudio": (".portaudio", "PortAudioBackend"),
    }
)
"""Module and class of each backend of the engine, in the order in which ``auto`` tries them."""

NAMES: Final = (AUTO, *_CLASSES, STREAM)


def _backend(name: str) -> Callable[[Wiring], Any]:
    module, attribute = _CLASSES[name]
    return getattr(import_module(module, __name__), attribute)


def open_backend(name: str, wiring: Wiring) -> Backend:
    """Open a device.

    Parameters
    ----------
    name : str
        Which backend; ``"auto"`` takes the first that opens, and JACK where a server is named.
    wiring : Wiring
        What to open.

    Raises
    ------
    DeviceError
        When it cannot be opened; with ``"auto"`` the message says why of each.
    ParameterError
        When no backend has this name.
    """
    if name == AUTO and wiring.server:
        name = "jack"  # nothing else has a server
    if name in _CLASSES:
        return _backend(name)(wiring)
    if name != AUTO:
        raise ParameterError(f"there is no backend {name!r} for the engine: use one of {', '.join((AUTO, *_CLASSES))}")
    reasons: list[str] = []
    for candidate in _CLASSES:
        try:
            return _backend(candidate)(wiring)
        except DeviceError as error:
            reasons.append(str(error))
    raise DeviceError("; ".join(reasons))
