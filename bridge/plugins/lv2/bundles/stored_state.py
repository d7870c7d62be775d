"""State that a bundle holds as Turtle: what a preset sets, and a plugin's default state.

https://lv2plug.in/ns/ext/presets and https://lv2plug.in/ns/ext/state; literals become atoms as in sratom, so that a
plugin gets what it would get from a host that uses liblilv.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .....models.errors import PluginError
from .statements import Term, UnreadFileError, file_of
from .turtle import TurtleReader
from .vocabulary import ATOM, LV2, PRESETS, RDF, STATE, XSD

if TYPE_CHECKING:
    from .preset_bundles import Lv2Preset

StateValue = bool | int | float | str | bytes

_TYPES: Final[Mapping[str, tuple[str, Callable[[str], StateValue]]]] = MappingProxyType(
    {
        "": ("String", str),
        XSD + "string": ("String", str),
        XSD + "boolean": ("Bool", lambda text: text in ("true", "1")),
        XSD + "int": ("Int", int),
        XSD + "integer": ("Int", int),
        XSD + "long": ("Long", int),
        XSD + "float": ("Float", float),
        XSD + "decimal": ("Float", float),
        XSD + "double": ("Double", float),
        XSD + "base64Binary": ("Chunk", lambda text: base64.b64decode(text, validate=True)),
        ATOM + "Path": ("Path", str),
    }
)


@dataclass(frozen=True)
class StoredState:
    """What a bundle says a plugin is to be set to.

    Attributes
    ----------
    controls : mapping of str to float
        Values by symbol of the control port.
    properties : tuple of (str, str, value)
        URI of the key, URI of the atom type, and the value: a number, a text, bytes; of an ``atom:Path`` its absolute
        path, of an ``atom:URID`` the URI.
    left_out : tuple of str
        URIs of the keys whose values are of kinds that are not read: nested objects.
    """

    controls: Mapping[str, float] = field(default_factory=dict[str, float])
    properties: tuple[tuple[str, str, StateValue], ...] = ()
    left_out: tuple[str, ...] = ()


def read_preset(preset: Lv2Preset) -> StoredState:
    """What a preset sets.

    Raises
    ------
    PluginError
        When a file of its bundle is broken.
    """
    return read_stored_state(preset.uri, preset.bundle)


def read_stored_state(uri: str, bundle: Path) -> StoredState:
    """What a bundle says of the state of `uri`: a preset's values, or the default state of a plugin.

    Raises
    ------
    PluginError
        When a file of the bundle is broken.
    """
    try:
        said = TurtleReader(bundle).about(uri)
    except UnreadFileError as error:
        raise PluginError(f"the state of {uri} cannot be read: {error}") from None
    controls: dict[str, float] = {}
    for port in said.objects(Term(uri), LV2 + "port"):
        symbol = next((t.text for t in said.objects(port, LV2 + "symbol")), "")
        for value in said.objects(port, PRESETS + "value"):
            number = _number(value.text)
            if symbol and number is not None:
                controls[symbol] = number
    properties: list[tuple[str, str, StateValue]] = []
    left_out: list[str] = []
    for state in said.objects(Term(uri), STATE + "state"):
        for key, value in said.about(state):
            typed = next((t.text for t in said.objects(value, RDF + "type")), "")
            inner = next(iter(said.objects(value, RDF + "value")), None)
            atom = _atom(inner if typed and inner else value, bundle)
            if atom is None:
                left_out.append(key)
            else:
                properties.append((key, typed if typed and inner else atom[0], atom[1]))
    return StoredState(
        MappingProxyType(dict(sorted(controls.items()))), tuple(sorted(properties, key=_key)), tuple(left_out)
    )


def _key(stored: tuple[str, str, StateValue]) -> str:
    return stored[0]


def _atom(term: Term, bundle: Path) -> tuple[str, StateValue] | None:
    if term.kind == "blank":
        return None
    if term.kind == "uri":
        path = file_of(term.text)
        return (ATOM + "Path", str(path)) if path else (ATOM + "URID", term.text)
    name, parse = _TYPES.get(term.datatype, ("Literal", str))
    try:
        value = parse(term.text)
    except (ValueError, binascii.Error):
        return None
    return ATOM + name, str(bundle / str(value)) if name == "Path" else value


def _number(text: str) -> float | None:
    try:
        number = float({"true": "1", "false": "0"}.get(text, text))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
