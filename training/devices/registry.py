"""All devices by name: our own circuits, and guitarix's where it is installed."""

from typing import Final

from ...models.errors import ParameterError, PluginError
from ...presets.builtins import suggestion
from .amps import AMPS
from .device import Device
from .diode_clipper import DiodeClipper
from .plugins.guitarix import PACKAGE, URIS, guitarix_device, installed_guitarix

CIRCUITS: Final[dict[str, Device]] = {**AMPS, "overdrive": DiodeClipper()}
"""Those that are computed here, as they stand in the factory; always there."""


def device_names() -> tuple[str, ...]:
    """The devices of this machine, our own first."""
    return (*CIRCUITS, *installed_guitarix())


def load_device(name: str) -> Device:
    """A device by name, its knobs where they stand at first.

    Parameters
    ----------
    name : str
        One of `device_names`.

    Raises
    ------
    ParameterError
        When there is none of that name.
    PluginError
        When it is guitarix's, and guitarix is not installed here.

    Examples
    --------
    >>> load_device("crunch").with_knobs(gain=0.7)  # doctest: +SKIP
    """
    if name in CIRCUITS:
        return CIRCUITS[name]
    if name not in URIS:
        raise ParameterError(f"there is no device {name!r}: {suggestion(name, CIRCUITS | dict(URIS))}")
    try:
        return guitarix_device(name)
    except PluginError as error:
        raise PluginError(f"{name}: install {PACKAGE} ({error})") from None
