"""Values of LV2 atoms as plain Python values, free of this process's numbers: https://lv2plug.in/ns/ext/atom."""

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ....models.errors import PluginError
from ...native.lv2_host import map_uri, unmap_uri
from .bundles.vocabulary import ATOM

PATH: Final = ATOM + "Path"
STRING: Final = ATOM + "String"
FLOAT: Final = ATOM + "Float"
INT: Final = ATOM + "Int"

AtomValue = bool | int | float | str | bytes | dict[str, Any] | list[Any]

_NUMBERS: Final = {"Int": "<i", "Long": "<q", "Float": "<f", "Double": "<d"}
_TEXTS: Final = ("String", "Path", "URI")
_HEADER: Final = struct.Struct("<II")
_PROPERTY: Final = struct.Struct("<IIII")


@dataclass(frozen=True)
class Atom:
    """A value with its type.

    Attributes
    ----------
    type : str
        URI of the atom type.
    value : bool, int, float, str, bytes, dict or list
        A URI for ``atom:URID``; ``{"type": ..., "values": [...]}`` for ``atom:Vector``; a list of atoms for
        ``atom:Tuple``; ``{"id", "type", "properties"}`` for ``atom:Object``; bytes for any type not known here.
    """

    type: str
    value: AtomValue


def encode_atom(atom: Atom) -> bytes:
    """The body of an atom, with this process's numbers for URIs.

    Raises
    ------
    PluginError
        When the value is not one of the type.
    """
    encode = None if isinstance(atom.value, bytes) else _ENCODERS.get(atom.type.removeprefix(ATOM))
    try:
        return encode(atom.value) if encode else _bytes(atom.value)
    except (TypeError, KeyError, ValueError, AttributeError, struct.error) as error:
        raise PluginError(f"{atom.value!r} is no value of type {atom.type} ({error})") from None


def decode_atom(type_uri: str, body: bytes) -> Atom:
    """An atom from its body; bytes when the body is malformed."""
    decode = _DECODERS.get(type_uri.removeprefix(ATOM))
    try:
        return Atom(type_uri, decode(body) if decode else body)
    except (ValueError, struct.error):
        return Atom(type_uri, body)


def atom_to_document(atom: Atom) -> dict[str, Any]:
    """Plain data for TOML and JSON: bytes become base64."""
    return {"type": _short(atom.type), "value": _plain(atom.value)}


def atom_from_document(document: Any) -> Atom:
    """The atom that `atom_to_document` gave.

    Raises
    ------
    PluginError
        When it is not such a document.
    """
    if not isinstance(document, dict) or not {"type", "value"} <= set(document):  # pyright: ignore[reportUnknownArgumentType]
        raise PluginError(f"{document!r} is no value of an LV2 state: it needs a type and a value")
    return Atom(_long(document["type"]), _from_plain(document["value"]))  # pyright: ignore[reportUnknownArgumentType]


def _short(uri: str) -> str:
    return "atom:" + uri.removeprefix(ATOM) if uri.startswith(ATOM) else uri


def _long(uri: str) -> str:
    return ATOM + uri.removeprefix("atom:") if uri.startswith("atom:") else uri


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case Atom():
            return atom_to_document(value)
        case dict():
            return {k: _plain(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


def _from_plain(value: Any) -> Any:
    match value:
        case {"base64": str(text), **rest} if not rest:
            return base64.b64decode(text)
        case {"type": str(), "value": _, **rest} if not rest:
            return atom_from_document(value)
        case dict():
            return {k: _from_plain(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_from_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("expected bytes")
    return value


def _text(value: Any) -> bytes:
    return value.encode() + b"\0"


def _read_text(body: bytes) -> str:
    return body.partition(b"\0")[0].decode()


def _number(form: str) -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    packer = struct.Struct(form)
    return lambda value: packer.pack(value), lambda body: packer.unpack_from(body)[0]


def _padded(body: bytes) -> bytes:
    return body + bytes(-len(body) % 8)


def _whole(atom: Atom) -> bytes:
    body = encode_atom(atom)
    return _HEADER.pack(len(body), map_uri(atom.type)) + _padded(body)


def _vector(value: Any) -> bytes:
    items = [encode_atom(Atom(value["type"], item)) for item in value["values"]]
    size = len(items[0]) if items else 4
    if any(len(item) != size for item in items):
        raise ValueError("its items differ in size")
    return _HEADER.pack(size, map_uri(value["type"])) + b"".join(items)


def _read_vector(body: bytes) -> dict[str, Any]:
    size, kind = _HEADER.unpack_from(body)
    uri = unmap_uri(kind)
    items = body[_HEADER.size :]
    if not size or not uri or len(items) % size:
        raise ValueError("a malformed vector")
    return {"type": uri, "values": [decode_atom(uri, items[i : i + size]).value for i in range(0, len(items), size)]}


def _tuple(value: Any) -> bytes:
    return b"".join(_whole(item) for item in value)


def _read_tuple(body: bytes) -> list[Atom]:
    items: list[Atom] = []
    at = 0
    while at + _HEADER.size <= len(body):
        size, kind = _HEADER.unpack_from(body, at)
        at += _HEADER.size
        items.append(decode_atom(unmap_uri(kind), body[at : at + size]))
        at += size + -size % 8
    return items


def _object(value: Any) -> bytes:
    numbers = [map_uri(value[name]) if value[name] else 0 for name in ("id", "type")]
    parts = [_HEADER.pack(*numbers)]
    for key, atom in value["properties"].items():
        body = encode_atom(atom)
        parts += [_PROPERTY.pack(map_uri(key), 0, len(body), map_uri(atom.type)), _padded(body)]
    return b"".join(parts)


def _read_object(body: bytes) -> dict[str, Any]:
    identifier, kind = _HEADER.unpack_from(body)
    properties: dict[str, Atom] = {}
    at = _HEADER.size
    while at + _PROPERTY.size <= len(body):
        key, _, size, value_type = _PROPERTY.unpack_from(body, at)
        at += _PROPERTY.size
        properties[unmap_uri(key)] = decode_atom(unmap_uri(value_type), body[at : at + size])
        at += size + -size % 8
    return {"id": unmap_uri(identifier), "type": unmap_uri(kind), "properties": properties}


_CODECS: Final[dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]] = {
    **{name: _number(form) for name, form in _NUMBERS.items()},
    **dict.fromkeys(_TEXTS, (_text, _read_text)),
    "Bool": (lambda value: struct.pack("<i", bool(value)), lambda body: bool(struct.unpack_from("<i", body)[0])),
    "URID": (
        lambda value: struct.pack("<I", map_uri(value)),
        lambda body: unmap_uri(struct.unpack_from("<I", body)[0]),
    ),
    "Vector": (_vector, _read_vector),
    "Tuple": (_tuple, _read_tuple),
    "Object": (_object, _read_object),
}
_ENCODERS: Final = {name: codec[0] for name, codec in _CODECS.items()}
_DECODERS: Final = {name: codec[1] for name, codec in _CODECS.items()}
