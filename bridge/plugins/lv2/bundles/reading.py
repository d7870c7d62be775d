"""Bundles read whole, by liblilv or in Python alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from .describing import MalformedPluginError, describe_plugin, plugin_uris
from .description import Lv2Description
from .lilv import LilvReader, lilv
from .preset_bundles import Lv2Preset, describe_preset, preset_uris
from .statements import BundleReader, Problem, Statements, UnreadFileError, turtle_files
from .turtle import TurtleReader

ReaderName = Literal["lilv", "turtle"]

Share = tuple[int, int]
WHOLE: Final[Share] = (0, 1)


@dataclass
class Lv2Bundle:
    """What a bundle holds, and what in it could not be read."""

    path: Path
    plugins: list[Lv2Description] = field(default_factory=list[Lv2Description])
    presets: list[Lv2Preset] = field(default_factory=list[Lv2Preset])
    problems: list[Problem] = field(default_factory=list[Problem])


def default_reader() -> ReaderName:
    """``lilv`` where the library is installed, else ``turtle``: the answers are the same, liblilv is faster."""
    return "lilv" if lilv() else "turtle"


def read_bundle(path: Path, *, reader: ReaderName | None = None, share: Share = WHOLE) -> Lv2Bundle:
    """Read the plugins and presets of a bundle; what is broken is left out and told in its problems.

    Parameters
    ----------
    path : Path
        Folder with a ``manifest.ttl``.
    reader : {"lilv", "turtle"}, optional
        `default_reader` when left out. What liblilv cannot read is read in Python, to know file and line.
    share : (int, int)
        ``(1, 3)``: the second of three parts of about the same size, so that processes share the work.
    """
    if (reader or default_reader()) == "lilv":
        try:
            return _read(LilvReader(path), share, tolerant=False)
        except UnreadFileError:
            pass
    try:
        return _read(TurtleReader(path), share, tolerant=True)
    except UnreadFileError as error:
        return Lv2Bundle(path, problems=[error.problem])


def read_plugin(uri: str, path: Path, *, reader: ReaderName | None = None) -> Lv2Description:
    """Read one plugin of a bundle.

    Raises
    ------
    UnreadFileError, MalformedPluginError
        When it is broken.
    """
    opened: BundleReader = LilvReader(path) if (reader or default_reader()) == "lilv" else TurtleReader(path)
    try:
        return describe_plugin(uri, path, opened.about(uri))
    finally:
        opened.close()


def _read(reader: BundleReader, share: Share, *, tolerant: bool) -> Lv2Bundle:
    bundle = Lv2Bundle(reader.bundle)
    try:
        for uri in _shared(plugin_uris(reader.manifest), reader.manifest, share):
            try:
                bundle.plugins.append(describe_plugin(uri, reader.bundle, reader.about(uri)))
            except MalformedPluginError as error:
                bundle.problems.append(Problem(reader.bundle, f"{uri}: {error}"))
            except UnreadFileError as error:
                if not tolerant:
                    raise
                bundle.problems.append(error.problem)
        for uri in _shared(preset_uris(reader.manifest), reader.manifest, share):
            try:
                bundle.presets += describe_preset(uri, reader)
            except UnreadFileError as error:
                if not tolerant:
                    raise
                bundle.problems.append(error.problem)
    finally:
        reader.close()
    bundle.plugins.sort(key=lambda plugin: plugin.uri)
    bundle.presets.sort(key=lambda preset: (preset.plugin, preset.uri))
    bundle.problems = list(dict.fromkeys(bundle.problems))
    return bundle


def _shared(uris: Iterable[str], manifest: Statements, share: Share) -> Iterator[str]:
    """Those of this share, what stands in the same files together: a reader may keep only the last files."""
    together: defaultdict[tuple[Path, ...], list[str]] = defaultdict(list)
    for uri in uris:
        together[turtle_files(manifest, uri)].append(uri)
    part, parts = share
    for files in sorted(together, key=lambda files: (-sum(map(_size, files)), files))[part::parts]:
        yield from together[files]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # whoever reads it will say so
        return 0
