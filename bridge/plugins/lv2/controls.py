"""Control inputs of an LV2 plugin as parameters of a kernel."""

import math
from collections.abc import Container, Iterable
from typing import Final

from ....models.kernels.parameter import Parameter
from .bundles.description import Lv2Port
from .bundles.vocabulary import LV2

_TITLE_LENGTH: Final = 63  # as the bridge keeps it


def default_value(port: Lv2Port) -> float:
    """What a control input is set to when nobody sets it: an effect is on, the rest as low as it goes."""
    if port.default is not None:
        return port.default
    if port.designation == LV2 + "enabled":
        return 1.0
    return port.minimum or 0.0


def control_parameters(
    ports: Iterable[Lv2Port], reserved: Container[str]
) -> tuple[tuple[Parameter, ...], dict[str, str]]:
    """The parameters of control inputs, and their names by symbol, both in the order of the slots.

    Parameters
    ----------
    ports : iterable of Lv2Port
        The control inputs.
    reserved : container of str
        Names that no parameter may have: a symbol like that gets an underscore behind.
    """
    names: dict[str, str] = {}
    titles: set[str] = set()
    parameters: list[Parameter] = []
    for port in ports:
        name = port.symbol
        while name in reserved or name in names.values():
            name += "_"
        names[port.symbol] = name
        title = _title(port, titles)
        titles.add(title)
        parameters.append(_parameter(port, name, title))
    return tuple(parameters), names


def _title(port: Lv2Port, taken: Container[str]) -> str:
    """Its name in ASCII, as the bridge keeps it, and unlike all others."""
    title = port.name.strip().encode("ascii", "replace").decode()[:_TITLE_LENGTH].strip() or port.symbol
    if title not in taken:
        return title
    mark = f" {port.index}"
    return title[: _TITLE_LENGTH - len(mark)] + mark


def _parameter(port: Lv2Port, name: str, title: str) -> Parameter:
    default = default_value(port)
    minimum = port.minimum if port.minimum is not None else min(0.0, default)
    maximum = port.maximum if port.maximum is not None else max(1.0, default)
    labels = tuple((point.value, point.label) for point in port.scale_points)
    if "toggled" in port.properties:
        minimum, maximum = min(0.0, minimum), max(1.0, maximum)
    minimum, maximum = min((minimum, default)), max((maximum, default))
    if not minimum < maximum:
        maximum = minimum + 1.0
    values = [value for value, _ in labels]
    is_whole = "integer" in port.properties or (
        "enumeration" in port.properties and all(value == math.floor(value) for value in values)
    )
    steps = 0
    if "toggled" in port.properties and (minimum, maximum) == (0.0, 1.0):
        steps = 1
    elif is_whole and minimum == math.floor(minimum) and maximum == math.floor(maximum):
        steps = int(maximum - minimum)
    return Parameter(
        name=name,
        title=title,
        unit=port.unit,
        minimum=minimum,
        maximum=maximum,
        default=default,
        steps=steps if steps < 1 << 24 else 0,
        labels=labels,
        logarithmic="logarithmic" in port.properties and minimum > 0,
    )
