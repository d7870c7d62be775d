"""Descriptions as data that JSON holds, and back."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final

from .description import Lv2Description, Lv2Port, PatchParameter, ScalePoint

_PORT_FIELDS: Final = tuple(
    (field.name, None if field.default is MISSING else (field.default,)) for field in fields(Lv2Port)
)
_SETS: Final = ("required_features", "optional_features", "extension_data", "required_options")


def description_to_document(description: Lv2Description) -> dict[str, Any]:
    """A description as JSON holds it; ports without what is at its default."""
    document = {field.name: getattr(description, field.name) for field in fields(description)}
    return document | {
        "bundle": str(description.bundle),
        "binary": str(description.binary),
        **{name: sorted(document[name]) for name in _SETS},
        "ports": [_port_to_document(port) for port in description.ports],
        "patch_parameters": [[p.uri, p.name, p.type, p.is_writable] for p in description.patch_parameters],
    }


def description_from_document(document: dict[str, Any]) -> Lv2Description:
    """The description that was made into `document`."""
    changed: dict[str, Any] = {
        "bundle": Path(document["bundle"]),
        "binary": Path(document["binary"]),
        **{name: frozenset(document[name]) for name in _SETS},
        "ports": tuple(map(_port_from_document, document["ports"])),
        "patch_parameters": tuple(PatchParameter(*parameter) for parameter in document["patch_parameters"]),
    }
    return Lv2Description(**{**document, **changed})


def _port_to_document(port: Lv2Port) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, default in _PORT_FIELDS:
        value = getattr(port, name)
        if default is None or value != default[0]:
            document[name] = sorted(value) if isinstance(value, frozenset) else value
    if port.scale_points:
        document["scale_points"] = [[point.value, point.label] for point in port.scale_points]
    return document


def _port_from_document(document: dict[str, Any]) -> Lv2Port:
    port = dict(document)
    for name in ("properties", "supports"):
        if name in port:
            port[name] = frozenset(port[name])
    if "scale_points" in port:
        port["scale_points"] = tuple(ScalePoint(*point) for point in port["scale_points"])
    return Lv2Port(**port)
