"""``ampboard presets``: list, show and check presets and setlists."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Json, foreign_output_aside, print_error, print_facts, print_json, print_rows

if TYPE_CHECKING:
    from ...presets import Preset

app = typer.Typer(no_args_is_help=True, help="List, show and check presets.")

_TABLES = ("files", "parameters", "knobs")

PresetName = Annotated[str, typer.Argument(help="A TOML file, or the name of a preset in the library.")]


@app.command("list")
def list_all(json: Json = False) -> None:
    """List the presets that ship and your own."""
    from ...models.errors import AmpboardError
    from ...presets import list_presets, load_preset
    from ..chains.requirements import missing_packages

    rows: list[dict[str, Any]] = []
    for entry in list_presets():
        row: dict[str, Any] = {"name": entry.name, "origin": entry.origin, "chain": "", "needs": "", "description": ""}
        try:
            preset = load_preset(entry.path)
        except AmpboardError as error:  # one broken file does not hide the others
            row["description"] = str(error)
        else:
            row["chain"] = " > ".join(preset.ids[("chain", index)] for index in range(len(preset.chain)))
            row["description"] = preset.description
            row["needs"] = _needs(preset, missing_packages(preset), as_json=json)
        rows.append(row | ({"path": str(entry.path)} if json else {}))
    print_rows(rows, as_json=json)


@app.command()
def show(preset: PresetName, json: Json = False) -> None:
    """Show what a preset does: its nodes, their parameters, its MIDI controls."""
    from ...presets import load_preset
    from ..chains.requirements import missing_packages, missing_plugins

    loaded = load_preset(preset)
    if json:
        print_json(loaded.model_dump(mode="json", by_alias=True, exclude_none=True) | {"path": str(loaded.path)})
        return
    print_facts(
        {
            "name": loaded.name,
            "description": loaded.description,
            "author": loaded.author,
            "tags": list(loaded.tags),
            "file": str(loaded.path),
            "input": f"{loaded.levels.input_db:+g} dB",
            "output": f"{loaded.levels.output_db:+g} dB",
            "needs": _needs(loaded, missing_packages(loaded), as_json=False),
        },
        as_json=False,
    )
    print_rows(_node_rows(loaded), as_json=False, title="Chain")
    if loaded.midi:
        mappings = [
            {
                "control": mapping.title,
                "channel": mapping.channel or "any",
                "moves": f"{mapping.target} {mapping.name}" if mapping.name else mapping.target,
                "from": mapping.minimum,
                "to": mapping.maximum,
                "curve": mapping.switching or mapping.curve,
            }
            for mapping in loaded.midi
        ]
        print_rows(mappings, as_json=False, title="MIDI")
    if loaded.snapshots:
        rows = [
            {"CC69": index, "snapshot": snapshot.name, "sets": ", ".join(snapshot.settings)}
            for index, snapshot in enumerate(loaded.snapshots)
        ]
        print_rows(rows, as_json=False, title="Snapshots")
    for name, line in missing_plugins(loaded).items():
        print_error(f"{name}: {line}")


@app.command()
def validate(
    presets: Annotated[
        list[str],
        typer.Argument(help="Preset or setlist files, or names of presets in the library.", metavar="PRESETS..."),
    ],
    json: Json = False,
) -> None:
    """Check presets and setlists; every problem is told with its line. Exit code 2 when there are any."""
    with foreign_output_aside():
        problems = {name: _problems(name) for name in presets}
    if json:
        print_json([{"file": file, "valid": not lines, "problems": lines} for file, lines in problems.items()])
    else:
        for file, lines in problems.items():
            for line in lines:
                print_error(line)
            if not lines:
                typer.echo(f"{file}: valid")
    if any(problems.values()):
        raise typer.Exit(2)


def _needs(preset: "Preset", missing: Collection[str], *, as_json: bool) -> Any:
    """The packages of a preset's plugins, and which of them are missing."""
    if as_json:
        return [{"package": package, "missing": package in missing} for package in preset.packages]
    return ", ".join(f"{package} (missing)" if package in missing else package for package in preset.packages)


def _problems(name: str) -> list[str]:
    """Everything that is wrong with a preset or a setlist, a line each; a preset's chain is made as well."""
    from ...models.errors import AmpboardError
    from ...presets import InvalidDocument, load_preset, load_setlist
    from ...presets.document import TomlDocument
    from ...presets.loading import preset_path
    from ..chains import build_chain

    try:
        path = Path(name) if Path(name).is_file() else preset_path(name)
        in_setlist = "slots" in TomlDocument.read(path).data
        for preset in load_setlist(path).presets if in_setlist else (load_preset(path),):
            if missing := _missing_lines(preset):
                return missing
            build_chain(preset)
    except InvalidDocument as error:
        return list(error.lines)
    except AmpboardError as error:
        return [str(error)]
    return []


def _missing_lines(preset: "Preset") -> list[str]:
    from ..chains.requirements import missing_plugins

    missing = missing_plugins(preset)
    return [f"{preset.place(path)}: {missing[name]}" for path, name in preset.ids.items() if name in missing]


def _node_rows(preset: "Preset") -> list[dict[str, Any]]:
    hidden = {"type", "id", "bypass", "sha256", "branches", "raw_state", "state", "package"}
    rows: list[dict[str, Any]] = []
    for path, name in preset.ids.items():
        depth = path.count("branches")
        node = preset.nodes.get(name)
        if node is None:
            rows.append({"node": "  " * (2 * depth - 1) + name, "type": "", "settings": ""})
            continue
        settings = node.model_dump(mode="json", exclude=hidden, exclude_none=True)
        nested = {key: value for table in _TABLES for key, value in settings.pop(table, {}).items()}
        text = ", ".join(f"{key} {value}" for key, value in {**settings, **nested}.items())
        bypassed = " (bypassed)" if node.bypass else ""
        rows.append({"node": "  " * (2 * depth) + name + bypassed, "type": node.type, "settings": text})
    return rows
