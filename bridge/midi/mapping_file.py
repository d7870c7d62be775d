"""Writes a learned control into a preset or setlist; comments, order and layout of the file stay as they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ...models.errors import PresetError
from ...models.writing import atomic_target
from ...presets.document import TomlDocument

MIDI: Final = "midi"
SLOTS: Final = "slots"


def rows(path: Path, table: str = MIDI) -> tuple[Mapping[str, Any], ...]:
    """Rows of an array of tables in a preset or setlist, none when it has no such array.

    Raises
    ------
    PresetError
        When the file cannot be read.
    """
    found = TomlDocument.read(path).data.get(table, ())
    return tuple(row for row in found if isinstance(row, Mapping)) if isinstance(found, Sequence) else ()


def write_row(
    path: Path, row: Mapping[str, Any], *, identity: Sequence[str], without: Sequence[str] = (), table: str = MIDI
) -> bool:
    """Put a row into an array of tables of a preset or setlist, whole or not at all.

    Parameters
    ----------
    path : Path
        A preset or a setlist.
    row : mapping
        Its fields; of a row that is there already, the fields that `row` has not stay.
    identity : sequence of str
        Fields by which a row is the same: that one is changed instead of added.
    without : sequence of str
        Fields that are taken out of a row that is there already.
    table : str
        ``midi`` or ``slots``.

    Returns
    -------
    bool
        Whether a row that was there has been changed.

    Raises
    ------
    PresetError
        When the file cannot be read, or would not be in order with the row: it stays as it was.
    """
    import tomlkit
    from tomlkit.items import AoT

    TomlDocument.read(path)  # says what is wrong with the file, with its line
    document: Any = tomlkit.parse(path.read_bytes().decode("utf-8-sig"))
    array = document.get(table)
    if array is None:
        array = tomlkit.aot()
        document.append(table, array)
    elif not isinstance(array, AoT):
        raise PresetError(f"{path}: {table} is written in one line: write each mapping as [[{table}]]")
    same = next((old for old in array if all(old.get(name) == row.get(name) for name in identity)), None)
    if same is not None:
        same.update(row)
        for name in without:
            same.pop(name, None)
    else:
        fresh = tomlkit.table()
        fresh.update(row)
        if array:
            array[-1].add(tomlkit.nl())
        array.append(fresh)
    _replace(path, tomlkit.dumps(document))
    return same is not None


def write_program(path: Path, slot: int, program: int) -> None:
    """Change the program that brings up a slot of a setlist, counted from 0.

    Raises
    ------
    PresetError
        When the file cannot be read, or another slot has that program: the file stays as it was.
    """
    import tomlkit

    TomlDocument.read(path)
    document: Any = tomlkit.parse(path.read_bytes().decode("utf-8-sig"))
    document[SLOTS][slot]["program"] = program
    _replace(path, tomlkit.dumps(document))


def _replace(path: Path, text: str) -> None:
    """Write the file once it is known to be in order; relative paths in it are followed from where it lies."""
    from ...presets import load_preset, load_setlist

    load = load_setlist if SLOTS in TomlDocument.read(path).data else load_preset
    with atomic_target(path) as temporary:
        temporary.write_bytes(text.encode())
        try:
            load(temporary)
        except PresetError as error:
            raise PresetError(str(error).replace(str(temporary), str(path))) from None
