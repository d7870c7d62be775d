"""Atom bodies against the layouts of the specification, packed by hand."""

import struct

import pytest

from ampboard.bridge.native.lv2_host import map_uri, unmap_uri
from ampboard.bridge.plugins.lv2.atoms import Atom, decode_atom, encode_atom
from ampboard.bridge.plugins.lv2.bundles.vocabulary import ATOM
from ampboard.models.errors import PluginError


def test_a_uri_keeps_its_number() -> None:
    number = map_uri("urn:ampboard-test:number")
    assert map_uri("urn:ampboard-test:number") == number
    assert unmap_uri(number) == "urn:ampboard-test:number"
    assert unmap_uri(0) == ""
    assert unmap_uri(4_000_000_000) == ""


@pytest.mark.parametrize(
    ("kind", "value", "body"),
    [
        ("Int", -2, struct.pack("<i", -2)),
        ("Long", 1 << 40, struct.pack("<q", 1 << 40)),
        ("Float", 0.5, struct.pack("<f", 0.5)),
        ("Double", 0.1, struct.pack("<d", 0.1)),
        ("Bool", True, struct.pack("<i", 1)),
        ("String", "grün", "grün".encode() + b"\0"),
        ("Path", "/a", b"/a\0"),
        ("Chunk", b"\1\2", b"\1\2"),
    ],
)
def test_plain_bodies(kind: str, value: object, body: bytes) -> None:
    atom = Atom(ATOM + kind, value)  # pyright: ignore[reportArgumentType]
    assert encode_atom(atom) == body
    assert decode_atom(ATOM + kind, body) == atom


def test_numbers_for_uris_are_this_process_s() -> None:
    assert encode_atom(Atom(ATOM + "URID", "urn:a")) == struct.pack("<I", map_uri("urn:a"))
    vector = Atom(ATOM + "Vector", {"type": ATOM + "Float", "values": [1.0, 2.0]})
    assert encode_atom(vector) == struct.pack("<IIff", 4, map_uri(ATOM + "Float"), 1.0, 2.0)
    inner = struct.pack("<IIi4x", 4, map_uri(ATOM + "Int"), 7)
    assert encode_atom(Atom(ATOM + "Tuple", [Atom(ATOM + "Int", 7)])) == inner
    obj = Atom(ATOM + "Object", {"id": "", "type": "urn:t", "properties": {"urn:k": Atom(ATOM + "Int", 7)}})
    body = struct.pack("<IIIIIIi4x", 0, map_uri("urn:t"), map_uri("urn:k"), 0, 4, map_uri(ATOM + "Int"), 7)
    assert encode_atom(obj) == body
    assert decode_atom(ATOM + "Object", body) == obj


@pytest.mark.parametrize("kind", ["Int", "Vector", "Object", "Double"])
def test_a_malformed_body_stays_bytes(kind: str) -> None:
    assert decode_atom(ATOM + kind, b"\1") == Atom(ATOM + kind, b"\1")


def test_a_value_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(PluginError, match="Int"):
        encode_atom(Atom(ATOM + "Int", "text"))
