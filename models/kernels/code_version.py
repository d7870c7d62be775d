"""What compiled code depends on besides its own file.

Numba's disk cache compares the file a function stands in, not the modules it uses; without more, an update of ampboard
could run yesterday's code. A compiled function that refers to a `code_version` through a closure has it in its cache
key.
"""

import re
from hashlib import sha256
from pathlib import Path

_RELATIVE_IMPORT = re.compile(r"^from (\.+)(\w+(?:\.\w+)*) import", re.MULTILINE)


def code_version(file: str) -> int:
    """Return a number that changes with a source file and with what it imports by relative imports, however far.

    Parameters
    ----------
    file : str
        The ``__file__`` of a module.
    """
    digest = sha256()
    seen, left = set[Path](), [Path(file)]
    while left:
        module = left.pop()
        if module not in seen:
            seen.add(module)
            source = module.read_bytes()
            digest.update(source)
            left += sorted(_imported(module, source.decode()))
    return int.from_bytes(digest.digest()[:7], "big")


def _imported(module: Path, source: str) -> list[Path]:
    """Files of the modules (or packages) that a source imports relatively."""
    files: list[Path] = []
    for dots, name in _RELATIVE_IMPORT.findall(source):
        place = module.parents[len(dots) - 1].joinpath(*name.split("."))
        files.append(place / "__init__.py" if place.is_dir() else place.with_suffix(".py"))
    return files
