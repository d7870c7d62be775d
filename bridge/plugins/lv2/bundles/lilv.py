"""LV2 bundles read by liblilv, where the library is installed: https://drobilla.gitlab.io/lilv."""

import sys
from ctypes import CDLL, c_bool, c_char_p, c_int, c_uint, c_void_p
from functools import cache
from pathlib import Path
from typing import Any, Final

from .statements import Problem, Term, TermKind, UnreadFileError, turtle_files
from .vocabulary import LV2, TYPE

_LIBRARIES: Final = {"linux": "liblilv-0.so.0", "darwin": "liblilv-0.0.dylib", "win32": "lilv-0.dll"}

# Name without "lilv_": result, arguments.
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "world_new": (c_void_p, ()),
    "world_free": (None, (c_void_p,)),
    "world_load_bundle": (None, (c_void_p, c_void_p)),
    "world_load_resource": (c_int, (c_void_p, c_void_p)),
    "world_get_all_plugins": (c_void_p, (c_void_p,)),
    "plugins_size": (c_uint, (c_void_p,)),
    "world_find_nodes": (c_void_p, (c_void_p, c_void_p, c_void_p, c_void_p)),
    "new_uri": (c_void_p, (c_void_p, c_char_p)),
    "new_file_uri": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "node_duplicate": (c_void_p, (c_void_p,)),
    "node_free": (None, (c_void_p,)),
    "node_as_string": (c_char_p, (c_void_p,)),
    "node_is_uri": (c_bool, (c_void_p,)),
    "node_is_blank": (c_bool, (c_void_p,)),
    "nodes_free": (None, (c_void_p,)),
    "nodes_begin": (c_void_p, (c_void_p,)),
    "nodes_next": (c_void_p, (c_void_p, c_void_p)),
    "nodes_is_end": (c_bool, (c_void_p, c_void_p)),
    "nodes_get": (c_void_p, (c_void_p, c_void_p)),
}


@cache
def lilv() -> dict[str, Any]:
    """The functions of liblilv by name; empty where it is not installed."""
    try:
        library = CDLL(_LIBRARIES.get(sys.platform, _LIBRARIES["linux"]))
        functions = {name: getattr(library, f"lilv_{name}") for name in _FUNCTIONS}
    except (OSError, AttributeError):
        return {}
    for name, (result, arguments) in _FUNCTIONS.items():
        functions[name].restype, functions[name].argtypes = result, arguments
    return functions


class LilvStatements:
    """What one world of liblilv knows; see `Statements`."""

    def __init__(self, bundle: Path) -> None:
        self._lilv = lilv()
        self._world = self._lilv["world_new"]()
        self._nodes: dict[Term, Any] = {}
        folder = self._lilv["new_file_uri"](self._world, None, f"{bundle}/".encode())
        self._lilv["world_load_bundle"](self._world, folder)
        self._lilv["node_free"](folder)

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """See `Statements`."""
        return self._find(self._node(subject), self._node(Term(predicate)), None)

    def subjects(self, predicate: str, value: Term) -> list[Term]:
        """See `Statements`."""
        return self._find(None, self._node(Term(predicate)), self._node(value))

    def has_plugins(self) -> bool:
        """Whether the library took plugins from the manifest; of a broken one it takes none, but keeps statements."""
        return bool(self._lilv["plugins_size"](self._lilv["world_get_all_plugins"](self._world)))

    def load(self, uri: str) -> int:
        """Read what ``rdfs:seeAlso`` names for `uri`: how many files could be."""
        return self._lilv["world_load_resource"](self._world, self._node(Term(uri)))

    def close(self) -> None:
        """Give the library's memory back."""
        for node in self._nodes.values():
            self._lilv["node_free"](node)
        self._nodes.clear()
        self._lilv["world_free"](self._world)

    def _node(self, term: Term) -> Any:
        node = self._nodes.get(term)
        if node is None:
            node = self._nodes[term] = self._lilv["new_uri"](self._world, term.text.encode())
        return node

    def _find(self, subject: Any, predicate: Any, value: Any) -> list[Term]:
        lilv = self._lilv
        nodes = lilv["world_find_nodes"](self._world, subject, predicate, value)
        if not nodes:
            return []
        found: list[Term] = []
        place = lilv["nodes_begin"](nodes)
        while not lilv["nodes_is_end"](nodes, place):
            node = lilv["nodes_get"](nodes, place)
            kind: TermKind = (
                "uri" if lilv["node_is_uri"](node) else "blank" if lilv["node_is_blank"](node) else "literal"
            )
            term = Term(lilv["node_as_string"](node).decode(errors="replace"), kind)
            if kind == "blank" and term not in self._nodes:
                self._nodes[term] = lilv["node_duplicate"](node)
            found.append(term)
            place = lilv["nodes_next"](nodes, place)
        lilv["nodes_free"](nodes)
        return found


class LilvReader:
    """A bundle read by liblilv; see `BundleReader`. Close it: the library holds memory of its own.

    Each file set has a world of its own, so that files which describe the same thing differently stay apart. The
    library says only on standard error what it could not read, and where.

    Raises
    ------
    UnreadFileError
        When the library found neither a plugin nor a specification, be it that the manifest is broken.
    """

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle
        self.manifest = LilvStatements(bundle)
        self._open: tuple[tuple[Path, ...], LilvStatements] | None = None
        if not self.manifest.has_plugins() and not self.manifest.subjects(TYPE, Term(LV2 + "Specification")):
            self.close()
            raise UnreadFileError(Problem(bundle, "liblilv found nothing in it"))

    def about(self, uri: str) -> LilvStatements:
        """See `BundleReader`; what an earlier call returned is closed."""
        files = turtle_files(self.manifest, uri)
        if not files:
            return self.manifest
        if self._open is None or self._open[0] != files:
            self._close_open()
            self._open = files, LilvStatements(self.bundle)
            if self._open[1].load(uri) != len(files):
                self._close_open()
                raise UnreadFileError(Problem(self.bundle, f"liblilv cannot read {', '.join(map(str, files))}"))
        return self._open[1]

    def close(self) -> None:
        """Give the library's memory back."""
        self._close_open()
        self.manifest.close()

    def _close_open(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None
