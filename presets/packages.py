"""What has to be installed for a preset, as a musician is told."""

import re
from typing import Final

_DEBIAN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]+")
"""Debian Policy Manual, 5.6.7 (Package)."""


def remedy(package: str) -> str:
    """How to get a package: ``guitarix-lv2`` by ``apt install guitarix-lv2``, ``Some Amp by Someone`` by its name."""
    return f"apt install {package}" if _DEBIAN_NAME.fullmatch(package) else f"install {package}"
