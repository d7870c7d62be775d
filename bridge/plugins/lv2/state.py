"""The state of an LV2 plugin as data: https://lv2plug.in/ns/ext/state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ....models.errors import PluginError
from .atoms import PATH, Atom, atom_from_document, atom_to_document


@dataclass(frozen=True)
class Lv2State:
    """What makes a plugin sound as it does, complete and free of this process.

    Attributes
    ----------
    plugin : str
        URI of the plugin it is for.
    controls : mapping of str to float
        Values of control inputs by symbol; those left out stay as they are.
    properties : mapping of str to Atom
        What the plugin stores beside them, by the property's URI.
    """

    plugin: str
    controls: Mapping[str, float] = field(default_factory=dict[str, float])
    properties: Mapping[str, Atom] = field(default_factory=dict[str, Atom])

    @property
    def files(self) -> tuple[Path, ...]:
        """The files it refers to (impulse responses, models)."""
        return tuple(Path(str(atom.value)) for atom in self.properties.values() if atom.type == PATH and atom.value)

    def with_files(self, files: Mapping[Path, Path]) -> "Lv2State":
        """The same state with some files elsewhere.

        Parameters
        ----------
        files : mapping of Path to Path
            New places by the old ones.
        """
        moved = {
            key: Atom(PATH, str(files.get(Path(str(atom.value)), atom.value))) if atom.type == PATH else atom
            for key, atom in self.properties.items()
        }
        return replace(self, properties=moved)

    def over(self, other: "Lv2State | None") -> "Lv2State":
        """The state with what it leaves open taken from another."""
        if other is None:
            return self
        return replace(
            self,
            controls={**other.controls, **self.controls},
            properties={**other.properties, **self.properties},
        )

    def to_document(self) -> dict[str, Any]:
        """Plain data for TOML and JSON, exact."""
        return {
            "plugin": self.plugin,
            "controls": dict(self.controls),
            "properties": {key: atom_to_document(atom) for key, atom in self.properties.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Lv2State":
        """The state that `to_document` gave.

        Raises
        ------
        PluginError
            When it is not such a document.
        """
        match document:
            case {"plugin": str(plugin), **rest}:
                pass
            case _:
                raise PluginError("the document is no LV2 state: it names no plugin")
        unknown = sorted(set(rest) - {"controls", "properties"})
        controls, properties = rest.get("controls", {}), rest.get("properties", {})
        if unknown or not isinstance(controls, Mapping) or not isinstance(properties, Mapping):
            raise PluginError(f"the document is no LV2 state of {plugin}: use controls and properties, nothing else")
        try:
            values = {str(symbol): float(value) for symbol, value in controls.items()}  # pyright: ignore
        except (TypeError, ValueError):
            raise PluginError(f"the LV2 state of {plugin} has a control that is no number") from None
        return cls(plugin, values, {str(key): atom_from_document(value) for key, value in properties.items()})  # pyright: ignore
