"""Where LV2 bundles lie: https://lv2plug.in/pages/filesystem-hierarchy-standard.html."""

import os
import sys
import sysconfig
from pathlib import Path
from typing import Final

# The user's folder before the machine's.
_FOLDERS: Final = {
    "linux": (
        "~/.lv2",
        f"/usr/lib/{sysconfig.get_config_var('MULTIARCH') or '.'}/lv2",
        "/usr/lib64/lv2",
        "/usr/lib/lv2",
        "/usr/local/lib64/lv2",
        "/usr/local/lib/lv2",
    ),
    "darwin": (
        "~/Library/Audio/Plug-Ins/LV2",
        "~/.lv2",
        "/usr/local/lib/lv2",
        "/opt/homebrew/lib/lv2",
        "/usr/lib/lv2",
        "/Library/Audio/Plug-Ins/LV2",
    ),
    "win32": (r"%APPDATA%\LV2", r"%COMMONPROGRAMFILES%\LV2"),
}


def lv2_folders() -> tuple[Path, ...]:
    """The folders that hold LV2 bundles: those of the variable ``LV2_PATH``, else this system's; first ones first.

    One folder reached by two names is named once.
    """
    wanted = os.environ.get("LV2_PATH")
    names = wanted.split(os.pathsep) if wanted else _FOLDERS.get(sys.platform, _FOLDERS["linux"])
    found: dict[Path, Path] = {}
    for name in names:
        if name:
            folder = Path(os.path.expandvars(name)).expanduser()
            found.setdefault(folder.resolve(), folder)
    return tuple(found.values())


def lv2_bundles() -> tuple[Path, ...]:
    """The bundles in those folders, in the order in which they count."""
    found: list[Path] = []
    for folder in lv2_folders():
        try:
            bundles = sorted(folder.iterdir())
        except OSError:  # not there, or not ours to read
            continue
        found += (bundle for bundle in bundles if (bundle / "manifest.ttl").is_file())
    return tuple(found)
