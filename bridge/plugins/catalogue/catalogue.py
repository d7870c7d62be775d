"""All plugins of this system."""

import os
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from ....models.errors import PluginError
from ....presets.builtins import suggestion
from ..identity import PluginIdentity, PluginKind
from ..lv2.bundles.description import Lv2Description
from ..lv2.bundles.statements import Problem
from ..lv2.bundles.summary import Lv2Summary
from ..lv2.demands import obstacle
from ..lv2.discovery import InstalledLv2, describe_lv2, installed_lv2
from ..quarantine import find_verdict
from ..vst3 import Vst3Entry, examine_vst3, vst3_folders
from .entry import CatalogueEntry, PluginParameter, category_of, lv2_parameters, vst3_parameters

KINDS: Final[tuple[PluginKind, ...]] = ("lv2", "vst3")

_MOST_SHOWN: Final = 5


@dataclass(frozen=True)
class Catalogue:
    """Installed plugins, LV2 ones before VST3 ones, each kind by name.

    Attributes
    ----------
    entries : tuple of CatalogueEntry
    problems : tuple of Problem
        What could not be read, and so is left out.
    bundles_read : int
        How many LV2 bundles had to be read, because the cache did not know them as they are.
    """

    entries: tuple[CatalogueEntry, ...]
    problems: tuple[Problem, ...] = ()
    bundles_read: int = 0
    _vst3: tuple[Vst3Entry, ...] = ()

    @classmethod
    def load(cls, kinds: Collection[PluginKind] = KINDS, *, fresh: bool = False) -> "Catalogue":
        """Look for plugins in the system's folders; only what is new or changed is looked at.

        VST3 files that were never tried are tried in child processes, which takes seconds for each.

        Parameters
        ----------
        kinds : collection of {"lv2", "vst3"}
        fresh : bool
            Forget what was read of LV2 bundles. Verdicts on plugins stay: see `clear_verdicts`.
        """
        lv2 = installed_lv2(fresh=fresh) if "lv2" in kinds else InstalledLv2({}, (), (), 0, 0)
        vst3 = tuple(_examine(find_vst3_files())) if "vst3" in kinds else ()
        entries = (*map(_lv2_entry, lv2.plugins.values()), *map(_vst3_entry, vst3))
        return cls(
            tuple(sorted(entries, key=lambda entry: (entry.kind, entry.name.casefold(), entry.identity))),
            lv2.problems,
            lv2.bundles_read,
            vst3,
        )

    def find(self, wanted: str) -> CatalogueEntry:
        """The plugin of that URI, path, file name or name, in any case, or of which a part is meant.

        Raises
        ------
        PluginError
            When there is none, or several are meant; with those that come near.
        """
        text = wanted.casefold()
        for found in (
            [entry for entry in self.entries if entry.identity == wanted],
            [entry for entry in self.entries if text in map(str.casefold, _names(entry))],
            [entry for entry in self.entries if any(text in name.casefold() for name in _names(entry))],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                shown = ", ".join(_unambiguous(entry) for entry in found[:_MOST_SHOWN])
                more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
                raise PluginError(
                    f"{wanted!r} may be one of {len(found)} plugins: {shown}{more}; give the one in brackets"
                )
        close = suggestion(wanted, {name: None for entry in self.entries for name in _names(entry)})
        remedy = close if close.startswith("did you mean") else "see `ampboard plugins list`"
        raise PluginError(f"no plugin {wanted!r} is installed: {remedy}")

    def parameters(self, entry: CatalogueEntry) -> tuple[PluginParameter, ...]:
        """What can be set of a plugin."""
        if entry.kind == "lv2":
            return lv2_parameters(self.describe(entry))
        return vst3_parameters(self.examination(entry))

    def describe(self, entry: CatalogueEntry) -> Lv2Description:
        """Everything that is known of an LV2 plugin."""
        return describe_lv2(entry.identity)

    def examination(self, entry: CatalogueEntry) -> Vst3Entry:
        """Everything that is known of a VST3 plugin."""
        return self._examinations[entry.identity, entry.plugin]

    @cached_property
    def _examinations(self) -> dict[tuple[str, str], Vst3Entry]:
        return {(str(entry.path), entry.plugin): entry for entry in self._vst3}


def find_vst3_files() -> tuple[Path, ...]:
    """VST3 files and bundles in the system's folders and their subfolders."""
    return tuple(path for folder in vst3_folders() for path in _vst3_below(folder))


def _vst3_below(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:  # not there, or not ours to read
        return
    for path in paths:
        if path.suffix.lower() == ".vst3":
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _vst3_below(path)


def _examine(paths: Iterable[Path]) -> Iterator[Vst3Entry]:
    """Each file is looked at in a process of its own, so threads do."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for entries in threads.map(examine_vst3, paths):
            yield from entries


def _lv2_entry(plugin: Lv2Summary) -> CatalogueEntry:
    entry = CatalogueEntry(
        kind="lv2",
        identity=plugin.uri,
        plugin="",
        name=plugin.name or plugin.uri,
        author=plugin.author,
        version=plugin.version,
        category=category_of(plugin.plugin_class),
        audio_inputs=plugin.audio_inputs,
        audio_outputs=plugin.audio_outputs,
        side_chain_inputs=plugin.side_chain_inputs,
        is_effect=bool(plugin.audio_inputs and plugin.audio_outputs),
        parameter_count=plugin.parameters,
        obstacle=obstacle(plugin),
    )
    verdict = find_verdict(PluginIdentity.lv2(plugin.uri, plugin.binary))
    return entry if verdict is None or verdict.outcome == "ok" else replace(entry, obstacle=str(verdict))


def _vst3_entry(plugin: Vst3Entry) -> CatalogueEntry:
    channels = max(plugin.channels, default=0)
    return CatalogueEntry(
        kind="vst3",
        identity=str(plugin.path),
        plugin=plugin.plugin,
        name=plugin.name or plugin.plugin or plugin.path.stem,
        author=plugin.vendor,
        version=plugin.version,
        category=plugin.category,
        audio_inputs=0 if plugin.is_instrument else channels,
        audio_outputs=channels,
        side_chain_inputs=0,
        is_effect=plugin.is_effect,
        parameter_count=len(plugin.parameters),
        obstacle="" if plugin.verdict.outcome == "ok" else str(plugin.verdict),
    )


def _names(entry: CatalogueEntry) -> tuple[str, ...]:
    """What a user may call a plugin."""
    if entry.kind == "lv2":
        return (entry.name, entry.identity)
    path = Path(entry.identity)
    return (entry.name, path.stem, path.name, entry.identity)


def _unambiguous(entry: CatalogueEntry) -> str:
    return f"{entry.name} ({entry.identity})"
