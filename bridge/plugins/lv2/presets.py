"""States in Turtle: presets that any LV2 host lists, and the default state of a bundle."""

import base64
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from ....models.errors import PluginError
from .atoms import PATH, STRING, Atom, encode_atom
from .bundles.description import Lv2Description
from .bundles.preset_bundles import Lv2Preset
from .bundles.stored_state import StoredState, read_stored_state
from .bundles.vocabulary import ATOM, LV2, PRESETS, RDF, STATE, XSD
from .state import Lv2State

USER_FOLDER: Final = "~/.lv2"

_WRITTEN: Final = {
    "Bool": (XSD + "boolean", lambda value: str(bool(value)).lower()),
    "Double": (XSD + "double", repr),
    "Float": (XSD + "float", repr),
    "Int": (XSD + "int", str),
    "Long": (XSD + "long", str),
}
"""Datatype and text of a value, by the last part of its atom type."""


def preset_state(preset: Lv2Preset) -> Lv2State:
    """What an installed preset sets.

    Raises
    ------
    PluginError
        When its bundle cannot be read.
    """
    return _state(preset.plugin, read_stored_state(preset.uri, preset.bundle))


def default_state(description: Lv2Description) -> Lv2State | None:
    """The state in which a plugin wants to be started (``state:loadDefaultState``); None when it does not say.

    Raises
    ------
    PluginError
        When its bundle cannot be read.
    """
    if STATE + "loadDefaultState" not in description.required_features | description.optional_features:
        return None
    state = _state(description.uri, read_stored_state(description.uri, description.bundle))
    return replace(state, controls={}) if state.properties else None


def _state(plugin: str, stored: StoredState) -> Lv2State:
    return Lv2State(plugin, stored.controls, {key: Atom(kind, value) for key, kind, value in stored.properties})


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
        When the folder is there already or cannot be written, or the label is empty.
    """
    if not label.strip():
        raise PluginError("a preset needs a label")
    words = "-".join(re.findall(r"[A-Za-z0-9]+", f"{state.plugin.rpartition('/')[2]} {label}"))
    folder = Path(path if path is not None else f"{USER_FOLDER}/{words or 'preset'}.preset.lv2").expanduser()
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise PluginError(f"{folder}: is there already: choose another place for the preset") from None
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        _write(state, label, folder)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder


def _unwritable(folder: Path, error: OSError) -> PluginError:
    return PluginError(
        f"{folder}: the preset cannot be written ({error.strerror or error}): choose a place that is writable"
    )


def _write(state: Lv2State, label: str, folder: Path) -> None:
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
