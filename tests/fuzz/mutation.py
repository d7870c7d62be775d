"""Damaging files: a few edits each, some that know the structure, some that do not."""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 3, 7, 8, 16, 17, 255, 256, 4_096, 4_097, 65_535, 65_536),
    *(2**24, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, -(2**31), -(2**63), 10**30, 10**400),
    *(0.5, -0.0, 1e-45, 1e-38, 1e-30, 3.4e38, 1e39, 1e308, 44_100.0, 48_000, 48_000.5, 999, 1e6),
    *(float("nan"), float("inf"), float("-inf")),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, "", "0", "Tanh", "ReLU", "LSTM", "WaveNet", "\x00", "é\ud800", "x" * 10_000),
    *([], [[]], {}, {"": None}, [None], [0] * 1_000, [[1.0, 2.0], [3.0]]),
)
TOKENS = tuple(
    b'0 -1 1e400 nan -inf 9223372036854775808 true "" "../../x" [ ] { } [[ ]] = , # . 1979-05-27 """ \\u0000'.split()
)
DEEP = 100_000  # levels of nesting

Place = tuple[Any, Any]  # a container and the key or index in it


def mutate(content: bytes, kind: str, random: Random) -> bytes:
    """Return a damaged copy of a file.

    Parameters
    ----------
    content : bytes
        The file.
    kind : str
        ``"json"``, ``"toml"`` or ``"midi"``: what the edits know about it.
    random : random.Random
        Decides everything.
    """
    if random.random() < 0.7:
        content = _STRUCTURE[kind](content, random)
    if random.random() < 0.4:
        for _ in range(random.choice((1, 1, 2, 5))):
            content = random.choice(_BYTES)(content, random)
    return content


def _edit_json(content: bytes, random: Random) -> bytes:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        places = list(_places(document))
        if not places:
            break
        container, key = random.choice(places)
        random.choice(_EDITS)(container, key, places, random)
    text = json.dumps(document)
    if random.random() < 0.03:
        text = text.replace("[", "[" * DEEP, 1)
    return text.encode("utf-8", "surrogatepass")


def _places(node: Any, most: int = 40) -> Iterator[Place]:
    """Every place of a document; of a long list only some, or the weights would drown the rest."""
    keys: Any = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys if len(keys) <= most else (*range(most // 2), *range(len(keys) - most // 2, len(keys))):
        yield node, key
        yield from _places(node[key], most)


def _replace(container: Any, key: Any, places: list[Place], random: Random) -> None:
    container[key] = random.choice(random.choice((NUMBERS, NUMBERS, VALUES)))


def _nudge(container: Any, key: Any, places: list[Place], random: Random) -> None:
    """Change a number a little: what is nearly right goes furthest."""
    value = container[key]
    if isinstance(value, bool):
        container[key] = not value
    elif isinstance(value, int):
        container[key] = random.choice((value + 1, value - 1, value * 2, value // 2, -value, float(value), value + 0.5))
    elif isinstance(value, float):
        container[key] = random.choice((value * 1e30, -value, round(value) if abs(value) < 1e9 else 0, value * 1e-40))
    elif isinstance(value, str):
        container[key] = random.choice((value + "x", value[:-1], value.upper(), value * 100))


def _drop(container: Any, key: Any, places: list[Place], random: Random) -> None:
    del container[key]


def _resize(container: Any, key: Any, places: list[Place], random: Random) -> None:
    value = container[key]
    if isinstance(value, list):
        container[key] = random.choice((value[:-1], value[1:], value * 2, value[: len(value) // 2], value[:1] * 1_000))
    elif isinstance(value, dict):
        value[random.choice(("", "weights", "config", "layers", "unknown"))] = 1


def _nest(container: Any, key: Any, places: list[Place], random: Random) -> None:
    container[key] = random.choice(([container[key]], {"value": container[key]}, [container[key]] * 3))


def _move(container: Any, key: Any, places: list[Place], random: Random) -> None:
    """Put a copy of one part of the document where another stands."""
    source, place = random.choice(places)
    if isinstance(source, dict | list) and (place in source if isinstance(source, dict) else place < len(source)):
        container[key] = json.loads(json.dumps(source[place]))


_EDITS: tuple[Callable[[Any, Any, list[Place], Random], None], ...] = (
    *(_replace, _replace, _nudge, _nudge, _nudge),
    *(_drop, _resize, _nest, _move),
)


def _edit_toml(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    for _ in range(random.choice((1, 1, 2, 4))):
        number = random.randrange(len(lines))
        match random.randrange(6):
            case 0:
                del lines[number]
                lines = lines or [b""]
            case 1:
                lines.insert(number, random.choice(lines))
            case 2:
                other = random.randrange(len(lines))
                lines[number], lines[other] = lines[other], lines[number]
            case 3:
                lines[number] += random.choice(TOKENS)
            case 4:
                value = repr(random.choice(NUMBERS[:-3])).encode()
                lines[number] = re.sub(rb"-?\d+(\.\d+)?", value, lines[number], count=1)
            case _:
                words = lines[number].split(b" ")
                words[random.randrange(len(words))] = random.choice(TOKENS)
                lines[number] = b" ".join(words)
    if random.random() < 0.02:
        lines.append(b"deep = " + b"[" * DEEP)
    return b"\n".join(lines)


def _edit_midi(content: bytes, random: Random) -> bytes:
    """Change the numbers that say how long things are, or an event."""
    data = bytearray(content)
    starts = [match.start() for match in re.finditer(rb"MThd|MTrk", content)]
    for _ in range(random.choice((1, 1, 2, 4))):
        start = random.choice(starts or [0])
        place = start + random.choice((0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, random.randrange(len(data) or 1)))
        value = random.choice((0x00, 0x01, 0x7F, 0x80, 0xC0, 0xF0, 0xF7, 0xFF, random.randrange(256)))
        if place < len(data):
            data[place] = value
    if random.random() < 0.1 and starts:
        data += data[random.choice(starts) :]
    return bytes(data)


_STRUCTURE = {"json": _edit_json, "toml": _edit_toml, "midi": _edit_midi}


def _flip(content: bytes, random: Random) -> bytes:
    if not content:
        return content
    place = random.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << random.randrange(8)]) + content[place + 1 :]


def _truncate(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _insert(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + random.choice((*TOKENS, b"\xff\xfe", b"\x00", b"\xef\xbb\xbf")) + content[place:]


def _cut(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + content[place + random.choice((1, 4, 100)) :]


_BYTES = (_flip, _flip, _truncate, _insert, _cut)
