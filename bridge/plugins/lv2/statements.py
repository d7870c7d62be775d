"""What is said in the Turtle files of one bundle, however they were read."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

TermKind = Literal["uri", "blank", "literal"]


@dataclass(frozen=True, slots=True)
class Term:
    """A subject or an object: a URI, an unnamed node, or a literal as it was written."""

    text: str
    kind: TermKind = "uri"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a bundle, so that something in it is left out.

    Attributes
    ----------
    path : Path
        The file, or the bundle.
    reason : str
        In one line.
    line : int or None
        Line in the file, from 1, where one is to blame.
    """

    path: Path
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        """``file:line: reason``."""
        return f"{self.path}:{self.line}: {self.reason}" if self.line else f"{self.path}: {self.reason}"


class Statements(Protocol):
    """The statements of one bundle: its manifest, and what was loaded after it."""

    bundle: Path

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """What `subject` is said to be related to; of literals in several languages, the one for this user."""
        ...

    def subjects(self, predicate: str, value: Term) -> list[Term]:
        """Who is related to `value`."""
        ...

    def load(self, subject: Term) -> list[Problem]:
        """Read the Turtle files that ``rdfs:seeAlso`` names for `subject`; each problem is one file left out."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


def user_language() -> str:
    """The language of names, as in ``LANG``: ``de`` or ``pt-br``; empty for none.

    As liblilv reads it, so that its answers are the same.
    """
    written = os.environ.get("LANG", "").partition(".")[0].replace("_", "-").lower()
    return "" if written in ("c", "posix") else written


def file_of(uri: str) -> Path | None:
    """The file a ``file:`` URI names; None for any other."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    return Path(url2pathname(parts.path) if sys.platform == "win32" else unquote(parts.path))
