"""What was read from bundles, kept on disk as long as the bundles stay as they are.

One file for each bundle and one for each plugin, so that one plugin costs little and processes do not collide. They
lie in ``plugins`` of ampboard's cache folder, or in the folder that ``AMPBOARD_PLUGIN_CACHE`` names, and can be
deleted at any time: a file that is damaged, or written by another version, counts as not there.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_path

from ....models.writing import write_atomically
from .bundles.description import Lv2Description
from .bundles.documents import description_from_document, description_to_document
from .bundles.preset_bundles import Lv2Preset
from .bundles.statements import Problem, user_language
from .bundles.summary import BundleSummary, Lv2Summary

FOLDER_VARIABLE: Final = "AMPBOARD_PLUGIN_CACHE"
SCHEMA: Final = 1  # counts up when a description says more, or says it otherwise


def cache_folder() -> Path:
    """Where the cache lies; it need not exist."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("ampboard", appauthor=False) / "plugins"


def bundle_fingerprint(bundle: Path) -> str:
    """A text that changes with the bundle's Turtle files: their names, sizes and times."""
    listing: list[tuple[str, int, int]] = []
    for folder, _, names in os.walk(bundle):
        for name in names:
            if name.endswith(".ttl"):
                path = f"{folder}/{name}"
                try:
                    status = os.stat(path)  # noqa: PTH116 (hundreds of files, of which nothing else is wanted)
                except OSError:
                    continue
                listing.append((path, status.st_size, status.st_mtime_ns))
    return _digest(SCHEMA, user_language(), sorted(listing))


def find_bundle(bundle: Path, fingerprint: str) -> BundleSummary | None:
    """What is known of a bundle as it is now; None when it is to be read."""
    document = _read(bundle, "", fingerprint)
    if document is None:
        return None
    try:
        return BundleSummary(
            bundle,
            tuple(_summary(bundle, data) for data in document["plugins"]),
            tuple(Lv2Preset(uri, label, plugin, bundle) for uri, label, plugin in document["presets"]),
            tuple(Problem(Path(path), reason, line) for path, reason, line in document["problems"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def keep_bundle(summary: BundleSummary, fingerprint: str) -> None:
    """Keep what a bundle holds; a folder that cannot be written costs only time later."""
    _write(
        summary.path,
        "",
        fingerprint,
        {
            "plugins": [_summary_document(plugin) for plugin in summary.plugins],
            "presets": [[preset.uri, preset.label, preset.plugin] for preset in summary.presets],
            "problems": [[str(problem.path), problem.reason, problem.line] for problem in summary.problems],
        },
    )


def find_description(uri: str, bundle: Path, fingerprint: str) -> Lv2Description | None:
    """What is known of a plugin as its bundle is now; None when it is to be read."""
    document = _read(bundle, uri, fingerprint)
    try:
        return description_from_document(document["description"]) if document else None
    except (KeyError, TypeError, ValueError):
        return None


def keep_description(description: Lv2Description, fingerprint: str) -> None:
    """Keep a plugin's description; a folder that cannot be written costs only time later."""
    _write(description.bundle, description.uri, fingerprint, {"description": description_to_document(description)})


def clear_cache() -> None:
    """Forget everything that was read."""
    for file in cache_folder().glob("*.json"):
        file.unlink(missing_ok=True)


def _summary(bundle: Path, data: dict[str, Any]) -> Lv2Summary:
    changed: dict[str, Any] = {
        "bundle": bundle,
        "binary": Path(data["binary"]),
        "required_features": frozenset(data["required_features"]),
        "required_options": frozenset(data["required_options"]),
        "unknown_ports": tuple(data["unknown_ports"]),
    }
    return Lv2Summary(**{**data, **changed})


def _summary_document(summary: Lv2Summary) -> dict[str, Any]:
    document = asdict(summary)
    del document["bundle"]
    return document | {
        "binary": str(summary.binary),
        "required_features": sorted(summary.required_features),
        "required_options": sorted(summary.required_options),
    }


def _read(bundle: Path, uri: str, fingerprint: str) -> dict[str, Any] | None:
    try:
        document = json.loads(_file(bundle, uri).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or [document.get(k) for k in ("of", "fingerprint")] != [
        [str(bundle), uri],
        fingerprint,
    ]:
        return None
    return document


def _write(bundle: Path, uri: str, fingerprint: str, content: dict[str, Any]) -> None:
    document = {"of": [str(bundle), uri], "fingerprint": fingerprint, **content}
    with suppress(OSError):
        write_atomically(_file(bundle, uri), json.dumps(document, separators=(",", ":")).encode())


def _file(bundle: Path, uri: str) -> Path:
    return cache_folder() / f"{_digest(str(bundle), uri)}.json"


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
