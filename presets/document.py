"""A TOML file with the line of every key, and errors that point into it."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from ..models.errors import PresetError
from .key_lines import KeyPath, field_name, key_lines

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 64
MAX_KEY_PARTS: Final = 32

_SYNTAX_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# tomllib takes quadratic time for a dotted key, minutes for one of 100,000 parts
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?>[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){%d}""" % MAX_KEY_PARTS)  # noqa: UP031


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a preset or setlist: where (keys and indices) and what."""

    path: KeyPath
    message: str

    @property
    def field(self) -> str:
        """The path as text: ``chain[2].parameters.room_size``."""
        return field_name(self.path)


class InvalidDocument(PresetError):  # noqa: N818 - the name says what the file is
    """A preset or setlist in which something is wrong; the message tells the first and counts the others.

    Attributes
    ----------
    lines : tuple of str
        One line for each problem, in the order of the file: ``crunch.toml:14: chain[2].parameters.room_size: ...``.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        others = len(lines) - 1
        more = f" (and {others} more {'error' if others == 1 else 'errors'} in this file)" if others else ""
        super().__init__(lines[0] + more)
        self.lines = tuple(lines)


@dataclass(frozen=True)
class TomlDocument:
    """What a TOML file says, and on which lines."""

    path: Path
    data: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a TOML file from anyone.

        Raises
        ------
        PresetError
            When it is missing, larger than 1 MiB, not UTF-8, nested deeper than 64 levels, or not TOML (with the line).
        """
        text = _read_text(path)
        if long_key := _LONG_KEY.search(text):
            line = text.count("\n", 0, long_key.start()) + 1
            raise InvalidDocument([f"{path}:{line}: dotted names are too long: use at most {MAX_KEY_PARTS} parts"])
        too_deep = f"{path}: tables and arrays are nested too deeply: use at most {MAX_DEPTH} levels"
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidDocument([_syntax_error(path, str(error), text)]) from None
        except RecursionError:
            raise PresetError(too_deep) from None
        except ValueError as error:  # such as a date that does not exist, or an integer of 5,000 digits
            raise PresetError(f"{path}: not TOML: {error}") from None
        if _deeper_than(data, MAX_DEPTH):
            raise PresetError(too_deep)
        return cls(path, data, key_lines(text))

    def line(self, path: KeyPath) -> int:
        """Line of a key, or of the nearest table around it when the key is not in the file."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def error(self, problems: Iterable[Problem]) -> InvalidDocument:
        """The error that reports `problems` (at least one), ordered as they stand in the file."""
        found = sorted(((self.line(p.path), p) for p in problems), key=lambda pair: pair[0])
        return InvalidDocument([f"{self._place(line, problem)}: {problem.message}" for line, problem in found])

    def _place(self, line: int, problem: Problem) -> str:
        return f"{self.path}:{line}: {problem.field}" if problem.path else str(self.path)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PresetError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise PresetError(f"{path}: larger than {MAX_BYTES >> 20} MiB: keep plugin states in files beside it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidDocument([f"{path}:{line}: not UTF-8 text: save the file as UTF-8"]) from None


def _syntax_error(path: Path, message: str, text: str) -> str:
    found = _SYNTAX_LINE.search(message)
    line = found[1] if found and found[1] else text.count("\n") + 1
    column = f" (column {found[2]})" if found and found[2] else ""
    reason = message[: found.start()] if found else message
    return f"{path}:{line}: not TOML: {reason}{column}"


def _deeper_than(data: Any, depth: int) -> bool:
    level: list[Any] = [data]
    for _ in range(depth):
        level = [
            child
            for value in level
            if isinstance(value, (dict, list))
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
