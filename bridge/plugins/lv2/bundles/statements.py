"""What is said in the Turtle files of one bundle, however they were read."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .vocabulary import SEE_ALSO

TermKind = Literal["uri", "blank", "literal"]


@dataclass(frozen=True, slots=True)
class Term:
    """A subject or an object: a URI, an unnamed node, or a literal as it was written.

    `datatype` is a literal's, by URI; empty when it has none, or liblilv, which keeps it to itself, has read it.
    """

    text: str
    kind: TermKind = "uri"
    datatype: str = ""


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
    """Statements that can be asked."""

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """What `subject` is said to be related to; of literals in several languages, those for this user."""
        ...

    def subjects(self, predicate: str, value: Term) -> list[Term]:
        """Who is related to `value`."""
        ...


class BundleReader(Protocol):
    """A bundle whose files are read when they are asked for."""

    @property
    def bundle(self) -> Path:
        """The folder."""
        ...

    @property
    def manifest(self) -> Statements:
        """What ``manifest.ttl`` says."""
        ...

    def about(self, uri: str) -> Statements:
        """What the manifest says together with the files it names for `uri`, and no others.

        Raises
        ------
        UnreadFileError
            When one of them cannot be read.
        """
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class UnreadFileError(Exception):
    """A file of a bundle cannot be read; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def turtle_files(statements: Statements, uri: str) -> tuple[Path, ...]:
    """The Turtle files that ``rdfs:seeAlso`` names for `uri`; never anything that would have to be fetched."""
    named = (t.text for t in statements.objects(Term(uri), SEE_ALSO) if t.kind == "uri" and t.text.endswith(".ttl"))
    return tuple(sorted({path for path in map(file_of, named) if path}))


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
    return Path(url2pathname(parts.path))
