"""Renew the content hashes a preset keeps of its models and impulse responses.

``python -m ampboard.presets.pinning FILE...`` does it for preset files, after their models were trained anew.
"""

import sys
from pathlib import Path

from ..models.errors import PresetError
from ..models.writing import write_atomically
from .checks import content_hash
from .document import TomlDocument
from .nodes import Cabinet, Neural, Repair
from .preset import Preset, walk
from .validation import validate


def pin_files(path: str | Path) -> int:
    """Set every ``sha256`` in a preset file to the hash of the file it guards; all else stays as it is written.

    Parameters
    ----------
    path : str or Path
        The preset file. Where a node has no ``sha256``, none is added.

    Returns
    -------
    int
        How many hashes have changed.

    Raises
    ------
    PresetError
        When the preset does not fit the format, or a file is missing.
    """
    path = Path(path)
    document = TomlDocument.read(path)
    chain = validate(document, Preset).chain
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = 0
    for place, node in walk(chain):
        if not isinstance(node, (Neural, Cabinet, Repair)) or node.sha256 is None:
            continue
        file = node.impulse_response if isinstance(node, Cabinet) else node.model
        if file is None:
            continue
        guarded = path.parent / file
        try:
            found = content_hash(guarded)
        except OSError as error:
            raise PresetError(f"{path}: {guarded} cannot be read: {error.strerror}") from None
        number = document.line((*place, "sha256")) - 1
        lines[number] = lines[number].replace(node.sha256, found)
        changed += found != node.sha256
    if changed:
        write_atomically(path, "".join(lines).encode())
    return changed


if __name__ == "__main__":
    for name in sys.argv[1:]:
        pin_files(name)
