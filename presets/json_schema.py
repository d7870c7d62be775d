"""JSON Schemas of the preset and setlist formats, for editors.

They ship in ``schema/`` and are written anew by ``python -m ampboard.presets.json_schema``. The classes and parameters
of the builtin processors are those of the pedalboard that is installed when they are written.
"""

import json
from pathlib import Path
from typing import Any, Final

from ..models.writing import write_atomically
from .builtins import BuiltinParameter, builtin_classes, builtin_parameters
from .nodes import Record
from .preset import Preset
from .setlist import Setlist

FORMATS: Final[dict[str, type[Record]]] = {"preset": Preset, "setlist": Setlist}
FOLDER: Final = Path(__file__).parent / "schema"


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a format: ``preset`` or ``setlist``."""
    schema = FORMATS[name].model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    if "Builtin" in definitions:
        general = definitions["Builtin"]
        names = [f"Builtin{plugin}" for plugin in builtin_classes()]
        definitions["Builtin"] = {
            "description": general["description"],
            "oneOf": [{"$ref": f"#/$defs/{definition}"} for definition in names],
        }
        definitions.update({f"Builtin{plugin}": _builtin_schema(general, plugin) for plugin in builtin_classes()})
    _without_discriminators(schema)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"ampboard {name}"}
    return head | {key: value for key, value in schema.items() if key != "title"}


def schema_text(name: str) -> str:
    """The schema as it ships."""
    return json.dumps(json_schema(name), indent=1, sort_keys=True) + "\n"


def schema_path(name: str) -> Path:
    """The file the schema ships in."""
    return FOLDER / f"{name}.schema.json"


def write_schemas() -> None:
    """Write the schemas of all formats to where they ship."""
    for name in FORMATS:
        write_atomically(schema_path(name), schema_text(name).encode())


def _builtin_schema(general: dict[str, Any], plugin: str) -> dict[str, Any]:
    parameters = builtin_parameters(plugin)
    properties = general["properties"] | {
        "plugin": {"const": plugin},
        "parameters": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _parameter_schema(parameter) for name, parameter in parameters.items()},
        },
    }
    return general | {"title": plugin, "description": f"pedalboard.{plugin}", "properties": properties}


def _parameter_schema(parameter: BuiltinParameter) -> dict[str, Any]:
    if parameter.choices:
        return {"enum": list(parameter.choices), "default": parameter.default}
    if parameter.is_switch:
        return {"type": "boolean", "default": parameter.default}
    limits = dict(zip(("minimum", "maximum"), parameter.range, strict=True)) if parameter.range else {}
    return {"type": "number", "default": parameter.default, **limits}


def _without_discriminators(schema: Any) -> None:
    """Drop OpenAPI's ``discriminator``, which JSON Schema does not know."""
    if isinstance(schema, dict):
        schema.pop("discriminator", None)
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _without_discriminators(child)


if __name__ == "__main__":
    write_schemas()
