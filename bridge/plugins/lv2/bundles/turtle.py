"""LV2 bundles read in Python alone: https://www.w3.org/TR/turtle, by rdflib's parser. Nothing is ever fetched."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from .statements import Problem, Term, UnreadFileError, turtle_files, user_language

if TYPE_CHECKING:
    from rdflib.term import Node

_Object = tuple[Term, str]  # with the language, in lower case; empty for none
_File = dict[Term, dict[str, list[_Object]]]


class TurtleStatements:
    """What some files say together; see `Statements`."""

    def __init__(self, files: tuple[_File, ...]) -> None:
        self._files = files
        self._language = user_language()

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """See `Statements`."""
        found: list[_Object] = []
        for file in self._files:
            said = file.get(subject)
            if said:
                found += said.get(predicate, ())
        return list(dict.fromkeys(_in_language(found, self._language)))

    def about(self, subject: Term) -> list[tuple[str, Term]]:
        """Everything said of `subject`: predicates and objects."""
        return [
            (p, t)
            for p in sorted({p for f in self._files for p in f.get(subject, ())})
            for t in self.objects(subject, p)
        ]

    def subjects(self, predicate: str, value: Term) -> list[Term]:
        """See `Statements`."""
        everything = chain.from_iterable(file.items() for file in self._files)
        return list(dict.fromkeys(s for s, said in everything if any(value == o for o, _ in said.get(predicate, ()))))


class TurtleReader:
    """A bundle read by rdflib's parser; see `BundleReader`.

    Raises
    ------
    UnreadFileError
        When the manifest cannot be read.
    """

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle
        self._manifest = read_turtle(bundle / "manifest.ttl")
        self._files: dict[Path, _File | Problem] = {}
        self.manifest = TurtleStatements((self._manifest,))

    def about(self, uri: str) -> TurtleStatements:
        """See `BundleReader`."""
        return TurtleStatements((self._manifest, *map(self._file, turtle_files(self.manifest, uri))))

    def close(self) -> None:
        """Let go of what was read."""
        self._files.clear()

    def _file(self, path: Path) -> _File:
        if path not in self._files:
            try:
                self._files[path] = read_turtle(path)
            except UnreadFileError as error:
                self._files[path] = error.problem
        file = self._files[path]
        if isinstance(file, Problem):
            raise UnreadFileError(file)
        return file


def read_turtle(path: Path) -> _File:
    """What a Turtle file says: the objects by subject and predicate.

    Raises
    ------
    UnreadFileError
        When it is not there or is not Turtle; nothing of it counts then.
    """
    from rdflib import Graph
    from rdflib.plugins.parsers.notation3 import BadSyntax

    file: _File = {}
    terms: dict[Node, _Object] = {}

    class Sink(Graph):
        def add(self, triple: tuple[Node, Node, Node]) -> Sink:
            said, about, value = triple
            subject = terms.get(said) or terms.setdefault(said, _term(said))
            file.setdefault(subject[0], {}).setdefault(str(about), []).append(_term(value))
            return self

    try:
        Sink().parse(data=path.read_bytes(), format="turtle", publicID=path.as_uri())
    except BadSyntax as error:
        raise UnreadFileError(Problem(path, _reason(error), error.lines + 1)) from None
    except OSError as error:
        raise UnreadFileError(Problem(path, error.strerror or "cannot be read")) from None
    except Exception as error:  # the parser lets many kinds through that damaged text provokes
        raise UnreadFileError(Problem(path, _reason(error))) from None
    return file


def _term(node: Node) -> _Object:
    from rdflib.term import BNode, Literal

    if isinstance(node, Literal):
        return Term(str(node), "literal", str(node.datatype or "")), (node.language or "").lower()
    return Term(str(node), "blank" if isinstance(node, BNode) else "uri"), ""


def _in_language(objects: list[_Object], language: str) -> list[Term]:
    """Without literals in other languages: those in the user's own, else in its family's, else in none."""
    if not any(tag for _, tag in objects):
        return [term for term, _ in objects]
    literals = [entry for entry in objects if entry[0].kind == "literal"]
    family = language.partition("-")[0]
    choices = (
        [term for term, tag in literals if language and tag == language],
        [term for term, tag in literals if family and tag.partition("-")[0] == family],
        [term for term, tag in literals if not tag],
    )
    return [term for term, _ in objects if term.kind != "literal"] + next(filter(None, choices), [])


def _reason(error: Exception) -> str:
    """The parser's complaint without the excerpt of the file that follows it."""
    text = getattr(error, "message", "") or str(error)
    return re.sub(r"\s+", " ", text.partition("\n")[0]).strip() or type(error).__name__
