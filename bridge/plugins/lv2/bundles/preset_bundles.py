"""Presets that bundles hold: https://lv2plug.in/ns/ext/presets."""

from dataclasses import dataclass
from pathlib import Path

from .statements import BundleReader, Statements, Term
from .vocabulary import LABEL, LV2, PRESETS, TYPE


@dataclass(frozen=True)
class Lv2Preset:
    """A preset of an installed plugin.

    Attributes
    ----------
    uri : str
        What it is called by.
    label : str
        What a user reads; empty when the bundle gives none.
    plugin : str
        URI of the plugin it is for.
    bundle : Path
        The folder it lies in, which need not be the plugin's.
    """

    uri: str
    label: str
    plugin: str
    bundle: Path


def preset_uris(manifest: Statements) -> list[str]:
    """The presets that a bundle's manifest names."""
    return sorted({t.text for t in manifest.subjects(TYPE, Term(PRESETS + "Preset")) if t.kind == "uri"})


def describe_preset(uri: str, reader: BundleReader) -> list[Lv2Preset]:
    """A preset, once for each plugin that it is for.

    Raises
    ------
    UnreadFileError
        When its label stands in a file that cannot be read.
    """
    plugins = sorted(t.text for t in reader.manifest.objects(Term(uri), LV2 + "appliesTo") if t.kind == "uri")
    label = _label(uri, reader.manifest) or _label(uri, reader.about(uri))
    return [Lv2Preset(uri, label, plugin, reader.bundle) for plugin in plugins]


def _label(uri: str, statements: Statements) -> str:
    return max((t.text for t in statements.objects(Term(uri), LABEL) if t.kind == "literal"), default="")
