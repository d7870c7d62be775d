"""Installed LV2 plugins and their presets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ....models.errors import ParameterError, PluginError
from ....presets.builtins import suggestion
from .bundle_cache import (
    bundle_fingerprint,
    cache_folder,
    clear_cache,
    find_bundle,
    find_description,
    keep_bundle,
    keep_description,
)
from .bundles.describing import MalformedPluginError
from .bundles.description import Lv2Description
from .bundles.folders import lv2_bundles, lv2_folders
from .bundles.preset_bundles import Lv2Preset
from .bundles.reading import ReaderName, read_plugin
from .bundles.statements import Problem, UnreadFileError, user_language
from .bundles.summary import BundleSummary, Lv2Summary
from .scanning import scan_bundles


@dataclass(frozen=True)
class InstalledLv2:
    """All LV2 plugins of this system.

    Attributes
    ----------
    plugins : mapping of str to Lv2Summary
        By URI.
    presets : tuple of Lv2Preset
        By plugin, then URI.
    problems : tuple of Problem
        What could not be read, and so is left out.
    bundles, bundles_read : int
        How many there are, and how many of them had to be read, because the cache did not know them as they are.
    """

    plugins: Mapping[str, Lv2Summary]
    presets: tuple[Lv2Preset, ...]
    problems: tuple[Problem, ...]
    bundles: int
    bundles_read: int


def installed_lv2(*, fresh: bool = False, reader: ReaderName | None = None) -> InstalledLv2:
    """Look for LV2 plugins in `lv2_folders`; only bundles that are new or changed are read.

    Of a plugin in several bundles the highest version counts, of equal ones that in the first folder.

    Parameters
    ----------
    fresh : bool
        Forget the cache, and read everything.
    reader : {"lilv", "turtle"}, optional
        Who reads: liblilv where it is installed, else Python.
    """
    if fresh:
        clear_cache()
        _of_this_process.cache_clear()
    fingerprints = {bundle: bundle_fingerprint(bundle) for bundle in lv2_bundles()}
    found = {bundle: find_bundle(bundle, fingerprint) for bundle, fingerprint in fingerprints.items()}
    unknown = {bundle: fingerprints[bundle] for bundle, summary in found.items() if summary is None}
    read = scan_bundles(unknown, reader=reader)
    for bundle, summary in read.items():
        if summary.is_complete:
            keep_bundle(summary, fingerprints[bundle])
    return _together([found[bundle] or read[bundle] for bundle in fingerprints], len(read))


def describe_lv2(uri: str) -> Lv2Description:
    """What an installed plugin's bundle says about it; milliseconds once its bundle is known.

    Raises
    ------
    PluginError
        When no bundle in `lv2_folders` describes it, or the bundle is broken.
    ParameterError
        When it is no URI.
    """
    if not isinstance(uri, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ParameterError(f"the plugin is {uri!r}: name it by its URI")
    summary = _find(uri)
    fingerprint = bundle_fingerprint(summary.bundle)
    known = find_description(uri, summary.bundle, fingerprint)
    if known:
        return known
    try:
        description = read_plugin(uri, summary.bundle)
    except (UnreadFileError, MalformedPluginError) as error:
        raise PluginError(f"{uri} cannot be described: {error}") from None
    keep_description(description, fingerprint)
    return description


def lv2_presets(uri: str) -> tuple[Lv2Preset, ...]:
    """The presets that bundles hold for an installed plugin, by label.

    Raises
    ------
    PluginError
        When the plugin is not installed.
    """
    _find(uri)
    presets = (preset for preset in _installed().presets if preset.plugin == uri)
    return tuple(sorted(presets, key=lambda preset: (preset.label, preset.uri)))


def _find(uri: str) -> Lv2Summary:
    installed = _installed()
    if uri in installed.plugins:
        return installed.plugins[uri]
    broken = [problem for problem in installed.problems if uri in problem.reason]
    if broken:
        raise PluginError(str(broken[0]))
    folders = ", ".join(map(str, lv2_folders()))
    if "://" not in uri and not uri.startswith("urn:"):
        raise PluginError(f"{uri!r} is no LV2 plugin: give its URI, which `ampboard plugins list` shows")
    close = suggestion(uri, installed.plugins)
    remedy = close if close.startswith("did you mean") else "install it, or set LV2_PATH to where it is"
    raise PluginError(f"there is no LV2 plugin {uri} in {folders}: {remedy}")


def _installed() -> InstalledLv2:
    """What is installed, looked for anew when a folder has changed."""
    times = tuple((folder, _time(folder)) for folder in lv2_folders())
    return _of_this_process(times, cache_folder(), user_language())


@lru_cache(maxsize=4)
def _of_this_process(*_: object) -> InstalledLv2:
    return installed_lv2()


def _time(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _together(bundles: list[BundleSummary], read: int) -> InstalledLv2:
    plugins: dict[str, Lv2Summary] = {}
    for bundle in bundles:
        for plugin in bundle.plugins:
            other = plugins.get(plugin.uri)
            if other is None or _version(plugin) > _version(other):
                plugins[plugin.uri] = plugin
    return InstalledLv2(
        plugins=MappingProxyType(dict(sorted(plugins.items()))),
        presets=tuple(sorted({p for b in bundles for p in b.presets}, key=lambda p: (p.plugin, p.uri, p.bundle))),
        problems=tuple(problem for bundle in bundles for problem in bundle.problems),
        bundles=len(bundles),
        bundles_read=read,
    )


def _version(plugin: Lv2Summary) -> tuple[int, ...]:
    return tuple(int(part) for part in plugin.version.split(".")) if plugin.version else (0, 0)
