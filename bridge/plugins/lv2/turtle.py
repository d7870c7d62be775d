"""LV2 bundles read in Python alone: https://www.w3.org/TR/turtle, by rdflib's parser. Nothing is fetched."""

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from .statements import Problem, Term, TermKind, file_of, user_language
from .vocabulary import SEE_ALSO

if TYPE_CHECKING:
    from rdflib.term import Node


class TurtleStatements:
    """The statements of a bundle; see `Statements`.

    Parameters
    ----------
    bundle : Path
        A folder with a ``manifest.ttl``.

    Attributes
    ----------
    problems : list of Problem
        What is wrong with the manifest; then nothing of it is known.
    """

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle
        self._objects: dict[Term, dict[str, list[_Object]]] = {}
        self._subjects: defaultdict[tuple[str, Term], list[Term]] = defaultdict(list)
        self._read: dict[Path, Problem | None] = {}
        self._language = user_language()
        problem = self._read_file(bundle / "manifest.ttl")
        self.problems = [problem] if problem else []

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        found = self._objects.get(subject, {}).get(predicate, [])
        return list(dict.fromkeys(term for term, _ in _in_language(found, self._language)))

    def subjects(self, predicate: str, value: Term) -> list[Term]:
        return list(dict.fromkeys(self._subjects.get((predicate, value), ())))

    def load(self, subject: Term) -> list[Problem]:
        problems = (self._read_file(path) for path in files_to_read(self.objects(subject, SEE_ALSO)))
        return [problem for problem in problems if problem]

    def close(self) -> None:
        """Nothing is held."""

    def _read_file(self, path: Path) -> Problem | None:
        if path not in self._read:
            self._read[path] = self._parse(path)
        return self._read[path]

    def _parse(self, path: Path) -> Problem | None:
        from rdflib import Graph
        from rdflib.exceptions import ParserError
        from rdflib.plugins.parsers.notation3 import BadSyntax

        triples: list[tuple[Node, Node, Node]] = []

        class Sink(Graph):
            def add(self, triple: tuple["Node", "Node", "Node"]) -> "Sink":  # pyright: ignore[reportIncompatibleMethodOverride]
                triples.append(triple)
                return self

        try:
            Sink().parse(data=path.read_bytes(), format="turtle", publicID=path.as_uri())
        except BadSyntax as error:
            return Problem(path, _first_line(error), error.lines + 1)
        except OSError as error:
            return Problem(path, error.strerror or "cannot be read")
        except (ParserError, ValueError, RecursionError, IndexError, AssertionError) as error:
            return Problem(path, _first_line(error))
        for subject, predicate, value in triples:
            self._add(subject, str(predicate), value)
        return None

    def _add(self, subject: "Node", predicate: str, value: "Node") -> None:
        subject_term, (term, language) = _term(subject)[0], _term(value)
        self._objects.setdefault(subject_term, {}).setdefault(predicate, []).append((term, language))
        if term.kind == "uri":
            self._subjects[predicate, term].append(subject_term)


_Object = tuple[Term, str]


def files_to_read(see_also: list[Term]) -> list[Path]:
    """The Turtle files among what ``rdfs:seeAlso`` names; nothing that would have to be fetched."""
    files = (file_of(term.text) for term in see_also if term.kind == "uri" and term.text.endswith(".ttl"))
    return sorted({path for path in files if path})


def _term(node: "Node") -> _Object:
    from rdflib.term import BNode, Literal

    if isinstance(node, Literal):
        return Term(str(node), "literal"), (node.language or "").lower()
    kind: TermKind = "blank" if isinstance(node, BNode) else "uri"
    return Term(str(node), kind), ""


def _in_language(objects: list[_Object], language: str) -> list[_Object]:
    """Without literals in other languages: the user's own, else its family's, else those in none, else any."""
    if not any(tag for _, tag in objects):
        return objects
    literals = [entry for entry in objects if entry[0].kind == "literal"]
    rest = [entry for entry in objects if entry[0].kind != "literal"]
    family = language.partition("-")[0]
    for chosen in (
        [entry for entry in literals if language and entry[1] == language],
        [entry for entry in literals if family and entry[1].partition("-")[0] == family],
        [entry for entry in literals if not entry[1]],
    ):
        if chosen:
            return rest + chosen[-1:]
    return rest


def _first_line(error: Exception) -> str:
    text = getattr(error, "message", "") or str(error)
    return re.sub(r"\s+", " ", text.partition("\n")[0]).strip() or type(error).__name__
