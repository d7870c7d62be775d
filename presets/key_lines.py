"""From a TOML key to the line it stands on.

`tomllib` says where a syntax error is, but keeps no positions of what it read. This scanner walks the same text a
second time and notes, for every table, key and array element, the line on which it starts. It relies on `tomllib`
having accepted the text (TOML v1.0.0, https://toml.io/en/v1.0.0) and therefore checks nothing itself.
"""

import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType

KeyPath = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_.\t -]+")
_SKIP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_.\t -])+""")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Index the lines of a TOML document.

    Parameters
    ----------
    text : str
        A document that `tomllib.loads` accepts.

    Returns
    -------
    mapping of tuple to int
        Line (from 1) of every table, key and array element, by its path: ``("chain", 2, "parameters", "room_size")``.
        A table that several headers or dotted keys contribute to is indexed at the first. The empty path is line 1.
    """
    return MappingProxyType(_Scanner(text.replace("\r\n", "\n")).scan())


def field_name(path: KeyPath) -> str:
    """A path as musicians read it: ``chain[2].parameters.room_size``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {(): 1}
        self.elements: dict[KeyPath, int] = {}  # arrays of tables: number of elements so far

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while True:
            self.take(_SKIP)
            if self.position == len(self.text):
                return self.lines
            if self.text[self.position] == "[":
                table = self.header()
            else:
                self.key_value(table)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Consume what `pattern` matches here (perhaps nothing), counting its lines."""
        match = pattern.match(self.text, self.position)
        taken = match.group() if match else ""
        self.position += len(taken)
        self.line += taken.count("\n")
        return taken

    def skip(self, characters: int) -> None:
        self.position += characters

    def note(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self.line)

    def header(self) -> KeyPath:
        """Read ``[table]`` or ``[[array]]`` and return the path of the table it opens."""
        of_array = self.text.startswith("[[", self.position)
        self.skip(2 if of_array else 1)
        parts = self.key()
        self.skip(2 if of_array else 1)
        path: KeyPath = ()
        for part in parts[:-1]:
            path += (part,)
            self.note(path)
            if path in self.elements:
                path += (self.elements[path] - 1,)
        path += (parts[-1],)
        self.note(path)
        if of_array:
            index = self.elements.get(path, 0)
            self.elements[path] = index + 1
            path += (index,)
            self.note(path)
        return path

    def key(self) -> tuple[str, ...]:
        self.take(_SPACE)
        text = self.take(_KEY)
        if _BARE_KEY.fullmatch(text):
            return tuple(part.strip() for part in text.split("."))
        parts: list[str] = []  # quoted parts and their escapes are read by tomllib itself
        table = tomllib.loads(f"{text}=0")
        while isinstance(table, dict):
            [(part, table)] = table.items()
            parts.append(part)
        return tuple(parts)

    def key_value(self, table: KeyPath) -> None:
        path = table
        for part in self.key():
            path += (part,)
            self.note(path)
        self.take(_SPACE)
        self.skip(1)  # the equals sign
        self.take(_SPACE)
        self.value(path)

    def value(self, path: KeyPath) -> None:
        start = self.text[self.position]
        if start == "[":
            self.array(path)
        elif start == "{":
            self.inline_table(path)
        elif start in "\"'":
            next(filter(None, map(self.take, _STRINGS)))
        else:
            self.take(_SCALAR)

    def array(self, path: KeyPath) -> None:
        self.skip(1)
        index = 0
        while True:
            self.take(_SKIP)
            match self.text[self.position]:
                case "]":
                    self.skip(1)
                    return
                case ",":
                    self.skip(1)
                case _:
                    element = (*path, index)
                    self.note(element)
                    self.value(element)
                    index += 1

    def inline_table(self, path: KeyPath) -> None:
        self.skip(1)
        while True:
            self.take(_SKIP)
            match self.text[self.position]:
                case "}":
                    self.skip(1)
                    return
                case ",":
                    self.skip(1)
                case _:
                    self.key_value(path)
