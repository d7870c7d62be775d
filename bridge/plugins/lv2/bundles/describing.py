"""From the statements of a bundle to descriptions of its plugins, the same whoever read the statements."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from .description import Lv2Description, Lv2Port, PatchParameter, PortKind, ScalePoint
from .statements import Statements, Term, file_of
from .vocabulary import (
    ATOM,
    CLASS_DEPTHS,
    DOAP,
    FOAF,
    LABEL,
    LV2,
    OPTIONS,
    PATCH,
    PORT_GROUPS,
    RDF,
    RDFS,
    RESIZE_PORT,
    TYPE,
    UNIT_SYMBOLS,
    UNITS,
    last_part,
)

_PORT_KINDS: dict[str, PortKind] = {
    LV2 + "AudioPort": "audio",
    LV2 + "ControlPort": "control",
    LV2 + "CVPort": "cv",
    ATOM + "AtomPort": "atom",
}


class MalformedPluginError(Exception):
    """A plugin's description lacks what no host can do without."""


def plugin_uris(manifest: Statements) -> list[str]:
    """The plugins that a bundle's manifest names."""
    return sorted({term.text for term in manifest.subjects(TYPE, Term(LV2 + "Plugin")) if term.kind == "uri"})


def describe_plugin(uri: str, bundle: Path, statements: Statements) -> Lv2Description:
    """What the statements of a bundle say about a plugin.

    Raises
    ------
    MalformedPluginError
        When ports or code are missing or contradict each other.
    """
    return _Description(statements).plugin(uri, bundle)


class _Description:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def plugin(self, uri: str, bundle: Path) -> Lv2Description:
        plugin = Term(uri)
        binary = file_of(self._text(plugin, LV2 + "binary"))
        if binary is None:
            raise MalformedPluginError("no lv2:binary that is a file")
        project = self._objects(plugin, LV2 + "project")
        version = [self._number(plugin, LV2 + name) for name in ("minorVersion", "microVersion")]
        return Lv2Description(
            uri=uri,
            name=self._text(plugin, DOAP + "name"),
            author=self._first(self._author(term) for term in (plugin, *project)),
            licence=self._first(self._text(term, DOAP + "license") for term in (plugin, *project)),
            version="" if version == [None, None] else ".".join(str(int(part or 0)) for part in version),
            plugin_class=self._class(plugin),
            bundle=bundle,
            binary=binary,
            required_features=self._uris(plugin, LV2 + "requiredFeature"),
            optional_features=self._uris(plugin, LV2 + "optionalFeature"),
            extension_data=self._uris(plugin, LV2 + "extensionData"),
            required_options=self._uris(plugin, OPTIONS + "requiredOption"),
            ports=self._ports(plugin),
            patch_parameters=self._patch_parameters(plugin),
        )

    def _author(self, project: Term) -> str:
        people = [p for role in ("maintainer", "developer") for p in self._objects(project, DOAP + role)]
        return self._first(self._text(person, FOAF + "name") for person in people)

    def _class(self, plugin: Term) -> str:
        named = {uri.removeprefix(LV2) for uri in self._uris(plugin, TYPE) if uri.startswith(LV2)}
        return max(sorted(named & CLASS_DEPTHS.keys()), key=CLASS_DEPTHS.__getitem__, default="Plugin")

    def _ports(self, plugin: Term) -> tuple[Lv2Port, ...]:
        ports = sorted((self._port(term) for term in self._objects(plugin, LV2 + "port")), key=lambda port: port.index)
        if [port.index for port in ports] != list(range(len(ports))):
            raise MalformedPluginError(f"its ports are numbered {', '.join(str(p.index) for p in ports)}")
        return tuple(_with_own_symbols(ports))

    def _port(self, port: Term) -> Lv2Port:
        index, symbol = self._number(port, LV2 + "index"), self._text(port, LV2 + "symbol")
        if index is None or not symbol:
            raise MalformedPluginError(
                f"a port without lv2:{'index' if index is None else 'symbol'}: {symbol or index}"
            )
        types = self._uris(port, TYPE)
        properties = {last_part(uri) for uri in self._uris(port, LV2 + "portProperty")}
        groups = self._objects(port, PORT_GROUPS + "group")
        if any(self._objects(group, PORT_GROUPS + "sideChainOf") for group in groups):
            properties.add("isSideChain")
        return Lv2Port(
            index=int(index),
            symbol=symbol,
            name=self._text(port, LV2 + "name"),
            kind=_port_kind(types),
            is_output=LV2 + "OutputPort" in types,
            minimum=self._number(port, LV2 + "minimum"),
            maximum=self._number(port, LV2 + "maximum"),
            default=self._number(port, LV2 + "default"),
            unit=self._unit(port),
            scale_points=self._scale_points(port),
            properties=frozenset(properties),
            designation=self._text(port, LV2 + "designation"),
            supports=self._uris(port, ATOM + "supports"),
            minimum_size=int(self._number(port, RESIZE_PORT + "minimumSize") or 0),
        )

    def _unit(self, port: Term) -> str:
        for unit in self._objects(port, UNITS + "unit"):
            if unit.text.startswith(UNITS):
                return UNIT_SYMBOLS.get(unit.text.removeprefix(UNITS), "")
            return self._text(unit, UNITS + "symbol") or self._text(unit, LABEL)
        return ""

    def _scale_points(self, port: Term) -> tuple[ScalePoint, ...]:
        points: set[tuple[float, str]] = set()
        for point in self._objects(port, LV2 + "scalePoint"):
            value = self._number(point, RDF + "value")
            if value is not None:
                points.add((value, self._text(point, LABEL)))
        return tuple(ScalePoint(value, label) for value, label in sorted(points))

    def _patch_parameters(self, plugin: Term) -> tuple[PatchParameter, ...]:
        writable, readable = (self._uris(plugin, PATCH + access) for access in ("writable", "readable"))
        return tuple(
            PatchParameter(
                uri=uri,
                name=self._text(Term(uri), LABEL),
                type=self._text(Term(uri), RDFS + "range"),
                is_writable=uri in writable,
            )
            for uri in sorted(writable | readable)
        )

    def _objects(self, subject: Term, predicate: str) -> list[Term]:
        return sorted(self._statements.objects(subject, predicate), key=lambda term: term.text)

    def _uris(self, subject: Term, predicate: str) -> frozenset[str]:
        return frozenset(t.text for t in self._statements.objects(subject, predicate) if t.kind == "uri")

    def _text(self, subject: Term, predicate: str) -> str:
        return max((t.text for t in self._statements.objects(subject, predicate) if t.kind != "blank"), default="")

    def _number(self, subject: Term, predicate: str) -> float | None:
        for text in sorted((term.text for term in self._statements.objects(subject, predicate)), reverse=True):
            try:
                number = float({"true": "1", "false": "0"}.get(text, text))
            except ValueError:
                continue
            if math.isfinite(number):
                return number
        return None

    @staticmethod
    def _first(texts: Iterable[str]) -> str:
        return next((text for text in texts if text), "")


def _port_kind(types: frozenset[str]) -> PortKind:
    for uri, kind in _PORT_KINDS.items():
        if uri in types:
            return kind
    return "unknown"


def _with_own_symbols(ports: Iterable[Lv2Port]) -> Iterator[Lv2Port]:
    """Symbols are unique by the specification; bundles are about that break it: a repeated one gets its index."""
    taken: set[str] = set()
    for port in ports:
        symbol = f"{port.symbol}_{port.index}" if port.symbol in taken else port.symbol
        taken.add(symbol)
        yield port if symbol == port.symbol else replace(port, symbol=symbol)
