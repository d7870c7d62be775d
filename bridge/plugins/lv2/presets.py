"""States in Turtle: presets that any LV2 host lists, and the default state of a bundle."""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ....models.errors import PluginError
from .atoms import PATH, STRING, Atom, encode_atom
from .description import Lv2Description
from .preset_bundles import Lv2Preset
from .state import Lv2State
from .statements import Term, UnreadFileError, file_of
from .turtle import TurtleReader, TurtleStatements
from .vocabulary import ATOM, LV2, PRESETS, RDF, STATE, TYPE, XSD

USER_FOLDER: Final = "~/.lv2"

_READ: Final[dict[str, tuple[str, Any]]] = {
    XSD + "boolean": ("Bool", lambda text: text in ("true", "1")),
    XSD + "decimal": ("Double", float),
    XSD + "double": ("Double", float),
    XSD + "float": ("Float", float),
    XSD + "int": ("Int", int),
    XSD + "integer": ("Int", int),
    XSD + "long": ("Long", int),
    XSD + "base64Binary": ("Chunk", base64.b64decode),
}
"""Atom type and conversion of a literal, by its datatype."""

_WRITTEN: Final = {
    "Bool": (XSD + "boolean", lambda value: str(bool(value)).lower()),
    "Double": (XSD + "double", repr),
    "Float": (XSD + "float", repr),
    "Int": (XSD + "int", str),
    "Long": (XSD + "long", str),
}
"""Datatype and text of a value, by the last part of its atom type."""


def read_preset(preset: Lv2Preset) -> Lv2State:
    """Read an installed preset.

    Raises
    ------
    PluginError
        When its bundle cannot be read.
    """
    return _read(preset.uri, preset.plugin, preset.bundle)


def read_default_state(description: Lv2Description) -> Lv2State | None:
    """The state in which a plugin wants to be started (``state:loadDefaultState``), or None."""
    if STATE + "loadDefaultState" not in description.required_features | description.optional_features:
        return None
    state = _read(description.uri, description.uri, description.bundle)
    return state if state.properties or state.controls else None


def write_preset(state: Lv2State, label: str, path: str | Path | None = None) -> Path:
    """Write a state as a preset bundle; its files go into the bundle.

    Parameters
    ----------
    state : Lv2State
        What to keep.
    label : str
        What a user reads.
    path : str or Path, optional
        Folder to make, named ``....lv2``; left out: one in ``~/.lv2``.

    Returns
    -------
    Path
        The bundle.

    Raises
    ------
    PluginError
        When the folder is there already, or the label is empty.
    """
    if not label.strip():
        raise PluginError("a preset needs a label")
    words = "-".join(re.findall(r"[A-Za-z0-9]+", f"{state.plugin.rpartition('/')[2]} {label}"))
    folder = Path(path if path is not None else f"{USER_FOLDER}/{words or 'preset'}.preset.lv2").expanduser()
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise PluginError(f"{folder}: is there already: choose another place for the preset") from None
    names = _copy_files(state, folder)
    about = f"\ta pset:Preset ;\n\tlv2:appliesTo <{state.plugin}> ;\n"
    (folder / "manifest.ttl").write_text(
        f"{_PREFIXES}\n<preset.ttl>\n{about}\trdfs:seeAlso <preset.ttl> .\n", encoding="utf-8"
    )
    said = [f"<preset.ttl>\n{about}\trdfs:label {_quoted(label)}"]
    said += [
        f"\tlv2:port [\n\t\tlv2:symbol {_quoted(symbol)} ;\n\t\tpset:value {_quoted(repr(value))}^^xsd:float\n\t]"
        for symbol, value in sorted(state.controls.items())
    ]
    if state.properties:
        values = " ;\n".join(f"\t\t<{key}> {_object(atom, names)}" for key, atom in sorted(state.properties.items()))
        said.append(f"\tstate:state [\n{values}\n\t]")
    (folder / "preset.ttl").write_text(f"{_PREFIXES}\n" + " ;\n".join(said) + " .\n", encoding="utf-8")
    return folder


def _copy_files(state: Lv2State, folder: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for file in dict.fromkeys(state.files):
        if not file.is_file():
            continue
        name = file.name if file.name not in names.values() else f"{len(names)}-{file.name}"
        shutil.copyfile(file, folder / name)
        names[str(file)] = name
    return names


_PREFIXES: Final = "".join(
    f"@prefix {name}: <{uri}> .\n"
    for name, uri in {
        "atom": ATOM,
        "lv2": LV2,
        "pset": PRESETS,
        "rdf": RDF,
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "state": STATE,
        "xsd": XSD,
    }.items()
)


def _quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(c, c) for c in text) + '"'


def _uri_of(path: str, names: dict[str, str]) -> str:
    if path in names:
        return Path("/", names[path]).as_uri().removeprefix("file:///")
    return Path(path).absolute().as_uri()


def _object(atom: Atom, names: dict[str, str]) -> str:
    kind = atom.type.removeprefix(ATOM)
    if atom.type == PATH and atom.value:
        return f"<{_uri_of(str(atom.value), names)}>"
    if kind in _WRITTEN:
        datatype, text = _WRITTEN[kind]
        return f"{_quoted(text(atom.value))}^^<{datatype}>"
    if atom.type == STRING:
        return _quoted(str(atom.value))
    if kind in ("URI", "URID"):
        return f"<{atom.value}>"
    if kind == "Vector" and isinstance(atom.value, dict):
        items = " ".join(_object(Atom(atom.value["type"], item), names) for item in atom.value["values"])
        return f"[ a atom:Vector ; atom:childType <{atom.value['type']}> ; rdf:value ( {items} ) ]"
    body = base64.b64encode(encode_atom(atom)).decode()
    if kind == "Chunk":
        return f'"{body}"^^xsd:base64Binary'
    return f'[ a <{atom.type}> ; rdf:value "{body}"^^xsd:base64Binary ]'


def _read(uri: str, plugin: str, bundle: Path) -> Lv2State:
    try:
        reader = TurtleReader(bundle)
        statements = reader.about(uri)
    except UnreadFileError as error:
        raise PluginError(f"the state of {uri} cannot be read: {error}") from None
    controls: dict[str, float] = {}
    for port in statements.objects(Term(uri), LV2 + "port"):
        symbols = statements.objects(port, LV2 + "symbol")
        values = statements.objects(port, PRESETS + "value")
        if symbols and values:
            controls[symbols[0].text] = float(values[0].text)
    properties = {
        key: atom
        for node in statements.objects(Term(uri), STATE + "state")
        for key, value in statements.about(node)
        if key != TYPE and (atom := _atom(statements, value, bundle))
    }
    return Lv2State(plugin, controls, properties)


def _atom(statements: TurtleStatements, term: Term, bundle: Path) -> Atom | None:
    if term.kind == "blank":
        return _structured(statements, term, bundle)
    if term.kind == "uri":
        file = file_of(term.text)
        return Atom(PATH, str(file)) if file else Atom(ATOM + "URID", term.text)
    if term.datatype == PATH:
        return Atom(PATH, str(bundle / term.text) if term.text else "")
    if term.datatype in _READ:
        kind, convert = _READ[term.datatype]
        return Atom(ATOM + kind, convert(term.text))
    return Atom(term.datatype or STRING, term.text) if not term.datatype else Atom(STRING, term.text)


def _structured(statements: TurtleStatements, node: Term, bundle: Path) -> Atom | None:
    kinds, values = statements.objects(node, TYPE), statements.objects(node, RDF + "value")
    if not kinds or not values:
        return None
    if kinds[0].text == ATOM + "Vector":
        items = [_atom(statements, item, bundle) for item in _collection(statements, values[0])]
        children = statements.objects(node, ATOM + "childType")
        if not children:
            return None
        return Atom(kinds[0].text, {"type": children[0].text, "values": [item.value for item in items if item]})
    return Atom(kinds[0].text, base64.b64decode(values[0].text))


def _collection(statements: TurtleStatements, node: Term) -> Iterator[Term]:
    while node.text != RDF + "nil":
        yield from statements.objects(node, RDF + "first")
        rest = statements.objects(node, RDF + "rest")
        if not rest:
            return
        node = rest[0]
