"""LV2 bundles without code, written by the tests that read them."""

from pathlib import Path

PREFIXES = """\
@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix opts: <http://lv2plug.in/ns/ext/options#> .
@prefix patch: <http://lv2plug.in/ns/ext/patch#> .
@prefix pg: <http://lv2plug.in/ns/ext/port-groups#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rsz: <http://lv2plug.in/ns/ext/resize-port#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PORTS = """
  lv2:port [ a lv2:AudioPort , lv2:InputPort ; lv2:index 0 ; lv2:symbol "in" ; lv2:name "In" ] ,
           [ a lv2:AudioPort , lv2:OutputPort ; lv2:index 1 ; lv2:symbol "out" ; lv2:name "Out" ]"""


def write_bundle(folder: Path, manifest: str, **files: str) -> Path:
    """A bundle of a manifest and files (name without ``.ttl``), each after the prefixes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"manifest": manifest, **files}.items():
        (folder / f"{name}.ttl").write_text(PREFIXES + text)
    return folder


def manifest_of(*uris: str, file: str = "plugin.ttl") -> str:
    """A manifest that names plugins, all described in one file."""
    return "".join(f"<{uri}> a lv2:Plugin ; lv2:binary <plugin.so> ; rdfs:seeAlso <{file}> .\n" for uri in uris)


def write_plugin(
    folder: Path, uri: str, name: str = "Plugin", version: tuple[int, int] = (1, 0), more: str = ""
) -> Path:
    """A bundle of one effect with an input and an output."""
    text = (
        f'<{uri}> a lv2:Plugin ; doap:name "{name}" ; lv2:minorVersion {version[0]} ; '
        f"lv2:microVersion {version[1]} ;{more}{PORTS} ."
    )
    return write_bundle(folder, manifest_of(uri), plugin=text)


def line_of(path: Path, text: str) -> int:
    """The line, from 1, in which `text` stands."""
    return path.read_text().partition(text)[0].count("\n") + 1
