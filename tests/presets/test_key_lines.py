"""The line index, against documents whose lines are noted while they are written."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampboard.presets.key_lines import KeyPath, key_lines

bare_keys = st.text("abcdefXYZ0189_-", min_size=1, max_size=6)
keys = bare_keys | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), max_size=30)
numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.booleans()
leaves = numbers | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
tables = st.dictionaries(keys, values, max_size=5)
tables_of_tables = st.dictionaries(keys, tables | st.lists(tables, min_size=1, max_size=3), max_size=4)


def quoted(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


class Writer:
    """Writes TOML in randomly chosen notations and notes the line on which each path begins."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[KeyPath, int] = {(): 1}

    def choose(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def note(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def gap(self) -> None:
        self.text += self.choose("", " ", "\t ")

    def blank(self) -> None:
        self.text += self.choose("", "", "\n", ' # [not] = \'a "table"""\n', "\r\n", "\n\n  ")

    def key(self, key: str) -> None:
        bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
        literal = "'" not in key and all(c.isprintable() for c in key)
        self.text += self.choose(quoted(key), *([key] * 2 if bare else []), *([f"'{key}'"] if literal else []))

    def value(self, path: KeyPath, value: Any) -> None:
        if isinstance(value, dict):
            self.text += "{"
            for position, (key, inner) in enumerate(value.items()):
                self.text += ", " if position else ""
                self.gap()
                self.note((*path, key))
                self.key(key)
                self.gap()
                self.text += "="
                self.gap()
                self.value((*path, key), inner)
            self.gap()
            self.text += "}"
        elif isinstance(value, list):
            self.text += "["
            for index, inner in enumerate(value):
                self.blank()
                self.note((*path, index))
                self.value((*path, index), inner)
                self.blank()
                self.text += "," if index < len(value) - 1 else self.choose("", ",")
            self.blank()
            self.text += "]"
        elif isinstance(value, bool):
            self.text += str(value).lower()
        elif isinstance(value, str):
            self.string(value)
        else:
            self.text += repr(value)

    def string(self, value: str) -> None:
        plain = all(c.isprintable() or c == "\n" for c in value)
        ways = [quoted(value)]
        if plain and "'" not in value:
            ways += [f"'''\n{value}'''"] if "\n" in value else [f"'{value}'", f"'''{value}'''"]
        if plain and "\\" not in value and '"""' not in value and not value.endswith('"'):
            ways += [f'"""\n{value}"""', f'"""\\\n   {value}"""' if value[:1] not in (" ", "\n") else quoted(value)]
            ways += [f'"""\n{value}\\""""', f'"""\n{value}"" """']
        self.text += self.choose(*ways)

    def body(self, path: KeyPath, table: dict[str, Any]) -> None:
        for key, value in table.items():
            self.note((*path, key))
            self.key(key)
            self.gap()
            self.text += "="
            self.gap()
            self.value((*path, key), value)
            self.text += self.choose("\n", " # = \"'\n", "\r\n")
            self.text += self.choose("", "\n")

    def header(self, path: KeyPath, *, element: int | None = None) -> None:
        brackets = 1 if element is None else 2
        self.note(path)
        if element is not None:
            self.note((*path, element))
        self.text += "[" * brackets
        for position, part in enumerate(p for p in path if isinstance(p, str)):
            self.text += "." if position else ""
            self.gap()
            self.key(part)
            self.gap()
        self.text += "]" * brackets + "\n"


@st.composite
def documents(draw: Any) -> tuple[str, dict[KeyPath, int]]:
    writer = Writer(draw)
    writer.blank()
    if writer.text.endswith("  "):
        writer.text += "\n"
    top = draw(tables)
    writer.body((), top)
    for name, section in draw(tables_of_tables).items():
        if name in top:
            continue
        if isinstance(section, dict):
            writer.header((name,))
            writer.body((name,), section)
            continue
        for index, element in enumerate(section):
            writer.header((name,), element=index)
            writer.body((name, index), element)
            inner = draw(bare_keys)
            if inner not in element:
                writer.header((name, index, inner))
                writer.body((name, index, inner), draw(tables))
    return writer.text, writer.lines


def paths_of(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        yield from paths_of(value, (*path, key))


@given(documents())
def test_every_key_and_element_is_on_the_line_it_was_written_on(document: tuple[str, dict[KeyPath, int]]) -> None:
    text, lines = document
    data = tomllib.loads(text)
    index = key_lines(text)
    assert set(paths_of(data)) == set(index)
    assert dict(index) == lines


@given(st.text("[]{}=\"'#.,\\\n \tab01:-", max_size=60))
def test_whatever_tomllib_accepts_is_indexed_whole(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    assert set(key_lines(text)) == set(paths_of(data))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a.b.c = 1\na.b.d = 2", ("a", "b", "d"), 2),
        ("a.b.c = 1\na.b.d = 2", ("a", "b"), 1),
        ('x = """\n[a]\n"""\n[a]\ny = 1', ("a", "y"), 5),
        ("[[n]]\n[[n]]\n[n.p]\nq = 1", ("n", 1, "p", "q"), 4),
        ("[[n]]\n[[n.m]]\n[[n.m]]\nk = 1\n[[n]]\n[[n.m]]\nk = 2", ("n", 1, "m", 0, "k"), 7),
        ("[a.b]\nx = 1\n[a]\ny = 2", ("a", "y"), 4),
        ("d = 1979-05-27 07:32:00 # when\nt = 07:32:00\nz = [ 1, # one\n 2]", ("z", 1), 4),
        ('"a.b"."c\\"]" = [[1], [\n2]]', ("a.b", 'c"]', 1, 0), 2),
        ("a = \"\"\"x\"\"\"\"\nb = '''y'''''\nc = 1", ("c",), 3),
    ],
)
def test_lines_of_particular_notations(text: str, path: KeyPath, line: int) -> None:
    tomllib.loads(text)
    assert key_lines(text)[path] == line
