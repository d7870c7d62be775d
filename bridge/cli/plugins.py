"""``ampboard plugins``: what is installed, what it can do, and what went wrong with it."""

import time
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Json, errors, print_error, print_facts, print_json, print_rows

if TYPE_CHECKING:
    from ..plugins.catalogue import Catalogue, CatalogueEntry, PluginParameter

app = typer.Typer(no_args_is_help=True, help="List, look at and check installed LV2 and VST3 plugins.")


class Kind(StrEnum):
    """Kinds of plugins."""

    LV2 = "lv2"
    VST3 = "vst3"


KindOption = Annotated[Kind | None, typer.Option(help="Only this kind.")]


@app.command("list")
def list_all(
    kind: KindOption = None,
    filter: Annotated[str, typer.Option(help="Only with this text in name, author, category or identity.")] = "",
    effects: Annotated[bool, typer.Option("--effects", help="Only what audio goes into and comes out of.")] = False,
    json: Json = False,
) -> None:
    """List the installed plugins."""
    catalogue = _catalogue(kind)
    entries = [e for e in catalogue.entries if _matches(e, filter) and (e.is_effect or not effects)]
    if json:
        print_json([asdict(entry) for entry in entries])
        return
    hidden = set[str]() if any(entry.obstacle for entry in entries) else {"does not load"}
    rows = [{k: v for k, v in _row(e).items() if k not in hidden} for e in entries]
    print_rows(rows, as_json=False, whole="identity")
    if catalogue.problems:
        print_error(f"{len(catalogue.problems)} could not be read: see `ampboard plugins scan`")


@app.command()
def info(
    plugin: Annotated[str, typer.Argument(help="URI, name, or path; part of it, where that is enough.")],
    kind: KindOption = None,
    json: Json = False,
) -> None:
    """Show a plugin's channels, parameters, presets and files, and how to use it."""
    from ..plugins.catalogue.usage import preset_lines, script_line

    # What is a URI needs no look at the VST3 files.
    catalogue = _catalogue(kind or (Kind.LV2 if "://" in plugin or plugin.startswith("urn:") else None))
    entry = catalogue.find(plugin)
    facts = _facts(catalogue, entry)
    parameters = catalogue.parameters(entry)
    in_preset, in_script = preset_lines(entry, parameters), script_line(entry, parameters)
    if json:
        listed = [asdict(parameter) for parameter in parameters]
        print_json(facts | {"parameters": listed, "preset_lines": in_preset, "script_line": in_script})
        return
    print_facts(facts, as_json=False)
    if parameters:
        print_rows([_parameter_row(parameter) for parameter in parameters], as_json=False, title="Parameters")
    if not entry.obstacle and entry.is_effect:
        typer.echo(f"In a preset:\n\n{in_preset}\n\nIn a script:\n\nfrom ampboard.bridge import load_{entry.kind}\n")
        typer.echo(in_script)


@app.command()
def scan(
    kind: KindOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Read every LV2 bundle again.")] = False,
    json: Json = False,
) -> None:
    """Look for plugins; VST3 files that are new are tried in processes of their own. Tell what went wrong."""
    start = time.perf_counter()
    catalogue = _catalogue(kind, fresh=fresh)
    seconds = time.perf_counter() - start
    failures = [entry for entry in catalogue.entries if entry.obstacle]
    if json:
        print_json(
            {
                "plugins": {k: sum(entry.kind == k for entry in catalogue.entries) for k in Kind},
                "effects": sum(entry.is_effect for entry in catalogue.entries),
                "bundles_read": catalogue.bundles_read,
                "seconds": seconds,
                "do_not_load": [asdict(entry) for entry in failures],
                "problems": [str(problem) for problem in catalogue.problems],
            }
        )
        return
    for k in Kind if kind is None else (kind,):
        of_kind = [entry for entry in catalogue.entries if entry.kind == k]
        effects = sum(entry.is_effect for entry in of_kind)
        typer.echo(f"{k.upper()}: {len(of_kind)} plugins, of which {effects} effects")
    typer.echo(f"{catalogue.bundles_read} LV2 bundles were read; {seconds:.2f} s")
    if failures:
        rows = [{"plugin": e.name, "kind": e.kind, "reason": e.obstacle, "identity": e.identity} for e in failures]
        print_rows(rows, as_json=False, title="These do not load")
    for problem in catalogue.problems:
        print_error(str(problem))


@app.command()
def clear(
    plugin: Annotated[str, typer.Argument(help="Path, file name, URI or name of a plugin.")] = "all",
) -> None:
    """Forget how plugins fared when they were tried, so that they are tried again."""
    from ..plugins.quarantine import clear_verdicts

    cleared = clear_verdicts(None if plugin == "all" else plugin)
    for identity in cleared:
        typer.echo(f"{identity.name}: will be tried again")
    if not cleared:
        typer.echo("no verdicts are kept")


def _catalogue(kind: Kind | None, *, fresh: bool = False) -> "Catalogue":
    from ..plugins.catalogue import KINDS, Catalogue

    with errors.status("looking for plugins: new ones are read, or tried in a process of their own"):
        return Catalogue.load(KINDS if kind is None else (kind.value,), fresh=fresh)


def _matches(entry: "CatalogueEntry", text: str) -> bool:
    told = (entry.name, entry.author, entry.category, entry.identity)
    return any(text.casefold() in told_text.casefold() for told_text in told)


def _row(entry: "CatalogueEntry") -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "category": entry.category.replace("|", " "),
        "in": f"{entry.audio_inputs}+{entry.side_chain_inputs}" if entry.side_chain_inputs else str(entry.audio_inputs),
        "out": entry.audio_outputs,
        "parameters": entry.parameter_count,
        "identity": entry.identity,
        "does not load": entry.obstacle,
    }


def _facts(catalogue: "Catalogue", entry: "CatalogueEntry") -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": entry.name,
        "kind": entry.kind,
        "uri" if entry.kind == "lv2" else "path": entry.identity,
        "plugin": entry.plugin,
        "author": entry.author,
        "version": entry.version,
        "category": entry.category,
        "audio_inputs": entry.audio_inputs,
        "side_chain_inputs": entry.side_chain_inputs,
        "audio_outputs": entry.audio_outputs,
        "does_not_load": entry.obstacle,
    }
    if entry.kind == "vst3":
        examination = catalogue.examination(entry)
        return facts | {"latency": f"{examination.latency} frames" if examination.latency else ""}
    from ..plugins.lv2.block_sizes import stated_block_size
    from ..plugins.lv2.discovery import lv2_presets

    description = catalogue.describe(entry)
    block = stated_block_size(description)
    midi = [port.symbol for port in description.ports if _MIDI in port.supports and not port.is_output]
    return facts | {
        "licence": description.licence,
        "bundle": str(description.bundle),
        "takes_midi": midi,
        "blocks": f"always of {block} frames, which delay by as much" if block else "",
        "reports_latency": any("reportsLatency" in port.properties for port in description.ports) or None,
        "files": [p.name or p.uri for p in description.patch_parameters if p.is_writable and p.type in _FILES],
        "presets": [preset.label or preset.uri for preset in lv2_presets(entry.identity)],
    }


_MIDI = "http://lv2plug.in/ns/ext/midi#MidiEvent"
_FILES = ("http://lv2plug.in/ns/ext/atom#Path", "http://lv2plug.in/ns/ext/atom#URI")


def _kind(parameter: "PluginParameter") -> str:
    if parameter.is_switch:
        return "off/on"
    words = ("whole numbers", parameter.is_whole), ("logarithmic", parameter.is_logarithmic)
    return ", ".join(word for word, holds in words if holds)


def _parameter_row(parameter: "PluginParameter") -> dict[str, Any]:
    low, high = parameter.minimum, parameter.maximum
    return {
        "set as": parameter.name,
        "name": parameter.title,
        "unit": parameter.unit,
        "range": "" if low is None or high is None else f"{low:g} to {high:g}",
        "default": parameter.default,
        "takes": _kind(parameter),
        "labels": [label if value is None else f"{value:g} {label}" for value, label in parameter.labels],
    }
