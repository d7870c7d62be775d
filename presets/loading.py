"""Reading presets from files and from the library."""

import os
from pathlib import Path

from ..models.errors import PresetError
from .checks import preset_problems
from .document import Problem, TomlDocument
from .library import SUFFIX, find_preset
from .preset import Preset
from .validation import validate


def load_preset(path_or_name: str | Path) -> Preset:
    """Read a preset and check everything that can be checked without making its chain.

    Parameters
    ----------
    path_or_name : str or Path
        A TOML file, or the name of a preset in the library (``"crunch"``): text without a folder and without ``.toml``
        is a name.

    Returns
    -------
    Preset

    Raises
    ------
    PresetError
        When there is no such preset, or when something in it is wrong: the message names file, line and field, and
        `InvalidDocument.lines` lists every problem.

    Examples
    --------
    >>> from ampboard.presets import load_preset
    >>> load_preset("crunch").name
    'Crunch'
    """
    path = preset_path(path_or_name)
    document = TomlDocument.read(path)
    check_version(document)
    preset = validate(document, Preset)
    preset._path, preset._document = path, document  # pyright: ignore[reportPrivateUsage]
    if problems := list(preset_problems(preset)):
        raise document.error(problems)
    return preset


def check_preset(preset: Preset) -> None:
    """Check a preset made in Python as a loaded one is.

    Raises
    ------
    PresetError
        Naming the first field that is wrong.
    """
    for problem in preset_problems(preset):
        raise PresetError(f"preset {preset.name!r}: {problem.field}: {problem.message}")


def preset_path(path_or_name: str | Path, folder: Path | None = None) -> Path:
    """The file of a preset given by path (relative to `folder`) or by its name in the library."""
    path = Path(path_or_name)
    if isinstance(path_or_name, Path) or path.suffix == SUFFIX or len(path.parts) > 1:
        return Path(os.path.normpath(folder / path)) if folder else path
    return find_preset(path_or_name)


def check_version(document: TomlDocument) -> None:
    """Refuse files of a newer or unknown format before their fields are looked at."""
    version = document.data.get("schema")
    if version is None:
        raise document.error([Problem((), 'does not say which format it has: begin it with "schema = 1"')])
    if version is True or version != 1:
        raise document.error([Problem(("schema",), f"format {version!r} is not known: this ampboard reads 1")])
