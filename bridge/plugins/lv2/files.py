"""Files that LV2 plugins load: handed over, and seen to have arrived."""

import re
from collections.abc import Mapping
from pathlib import Path

from ....models.errors import PluginError
from .atoms import PATH, STRING, Atom
from .kernel import Lv2Kernel


def give_file(kernel: Lv2Kernel, property_uri: str, file: Path) -> None:
    """Let a plugin load a file, and make sure that its state has it.

    The plugin is sent a message, as the patch extension says. Where that leaves no trace in what the plugin saves, it
    gets the file with its state: some listen to that alone. There it also gets it by the name under which it looks for
    the property itself, when that ends like `property_uri`: some bundles declare another name than their code knows.

    Parameters
    ----------
    kernel : Lv2Kernel
        The plugin.
    property_uri : str
        What to set.
    file : Path
        Absolute.

    Raises
    ------
    PluginError
        When nothing of that had an effect; the plugin is as before then.

    Notes
    -----
    A plugin without a state is taken at its word, and so is one that keeps the path of a file it could not read.
    """
    value = Atom(PATH, str(file))
    keys = kernel.state_keys()
    if keys is None:
        kernel.patch(property_uri, value)
        return
    before = kernel.save()
    kernel.patch(property_uri, value)
    if _has_arrived(kernel.save(), before, property_uri, file):
        return
    spellings = [key for key in keys if last_word(key) == last_word(property_uri)]
    for key in dict.fromkeys((property_uri, *spellings)):
        kernel.restore({**before, key: value})
        if _has_arrived(kernel.save(), before, property_uri, file):
            return
    said = kernel.said()
    kernel.restore(before)
    raise PluginError(
        f"{kernel.name}: the plugin did not take {file} for {property_uri}{said}: give a file it can read"
    )


def last_word(uri: str) -> str:
    """What stands behind the last separator of a URI."""
    return re.split("[/#:]", uri)[-1]


def _has_arrived(state: Mapping[str, Atom], before: Mapping[str, Atom], property_uri: str, file: Path) -> bool:
    return any(
        atom.type in (PATH, STRING)
        and _is_file(str(atom.value), file)
        and (last_word(key) == last_word(property_uri) or before.get(key) != atom)
        for key, atom in state.items()
    )


def _is_file(path: str, file: Path) -> bool:
    if not path or Path(path) == file:
        return bool(path)
    try:
        return Path(path).samefile(file)
    except (OSError, ValueError):
        return False
