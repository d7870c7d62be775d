"""A setlist: which MIDI program brings up which preset."""

from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, PrivateAttr

from ..models.errors import PresetError
from .builtins import suggestion
from .control import ControlMapping
from .control_checks import setlist_mapping_problems
from .document import Problem, TomlDocument
from .library import factory_folder, user_folder
from .loading import check_version, load_preset, preset_path
from .nodes import FileName, Record
from .preset import Preset, Text
from .snapshots import find_snapshot
from .tempo import Tempo
from .validation import validate

SETLISTS: Final = "setlists"


class Switching(Record):
    """How the sound passes from one preset to the next."""

    fade_ms: float = Field(default=20.0, ge=0.0, le=10_000.0, description="Length of the fade in ms.")
    spillover: bool = Field(default=True, description="The old preset rings on; otherwise its output is faded out.")
    tail_limit_s: float = Field(
        default=10.0, ge=0.0, le=600.0, description="Longest time the old preset rings on in s."
    )


class Slot(Record):
    """One entry: a MIDI program, with the preset it brings up."""

    program: int = Field(ge=0, le=127, description="Program number as MIDI sends it: 0 to 127.")
    bank: Annotated[int, Field(ge=0, le=16383)] | None = Field(
        default=None, description="Bank: 128 * CC0 + CC32; every bank when left out."
    )
    preset: FileName = Field(description="Preset file relative to the setlist, or the name of a preset in the library.")
    song: Text = ""
    notes: Text = ""
    tempo: Tempo | None = Field(default=None, description="Of the song, in quarter notes a minute; else the preset's.")
    snapshot: Text = Field(default="", description="Name of the preset's snapshot it comes up with.")


class Setlist(Record):
    """The presets of a show, by MIDI program.

    Attributes
    ----------
    slots : tuple of Slot
        In the order of the show; the first plays until a program change arrives.
    switching : Switching
        How the sound passes from one preset to the next.
    """

    version: Literal[1] = Field(alias="schema", description="Version of the setlist format.")
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
    description: Text = ""
    switching: Switching = Switching()
    slots: Annotated[tuple[Slot, ...], Field(strict=False, min_length=1, max_length=16384)]
    midi: Annotated[tuple[ControlMapping, ...], Field(strict=False, max_length=1024)] = ()
    tempo: Tempo | None = Field(default=None, description="Where neither slot nor preset says one.")

    _path: Path | None = PrivateAttr(None)

    @property
    def path(self) -> Path | None:
        """The file it was read from, if any."""
        return self._path

    @cached_property
    def presets(self) -> tuple[Preset, ...]:
        """The presets of the slots, loaded once each, in the order of the slots."""
        loaded: dict[Path, Preset] = {}
        for slot in self.slots:
            path = self.preset_path(slot)
            if path not in loaded:
                loaded[path] = load_preset(path)
        return tuple(loaded[self.preset_path(slot)] for slot in self.slots)

    def preset_path(self, slot: Slot) -> Path:
        """The file of a slot's preset."""
        return preset_path(slot.preset, self._path.parent if self._path else None)

    def find(self, program: int, bank: int = 0) -> int | None:
        """Index of the slot for a program change; None when the slot is empty.

        Parameters
        ----------
        program : int
            0 to 127.
        bank : int
            128 * CC0 + CC32 as last received. A slot that names this bank goes before one that names none.
        """
        fitting = [i for i, s in enumerate(self.slots) if s.program == program and s.bank in (bank, None)]
        return min(fitting, key=lambda i: self.slots[i].bank is None, default=None)


def load_setlist(path_or_name: str | Path) -> Setlist:
    """Read a setlist and check that its presets exist and are in order.

    Parameters
    ----------
    path_or_name : str or Path
        A TOML file, or the name of a setlist that ships (``"demo"``) or lies in ``setlists`` of the user's presets.

    Returns
    -------
    Setlist

    Raises
    ------
    PresetError
        When there is none, or when something in it or in one of its presets is wrong: file, line and field are named.
    """
    path = _setlist_path(path_or_name)
    document = TomlDocument.read(path)
    check_version(document)
    setlist = validate(document, Setlist)
    setlist._path = path  # pyright: ignore[reportPrivateUsage]
    if problems := list(_problems(setlist)):
        raise document.error(problems)
    return setlist


def _setlist_path(path_or_name: str | Path) -> Path:
    path = Path(path_or_name)
    if isinstance(path_or_name, Path) or path.suffix or len(path.parts) > 1:
        return path
    for folder in (user_folder(), factory_folder()):
        found = folder / SETLISTS / f"{path_or_name}.toml"
        if found.is_file():
            return found
    raise PresetError(f"no setlist is called {path_or_name!r}: give the path of a TOML file, or use demo")


def _problems(setlist: Setlist) -> Generator[Problem]:
    missing = list(_slot_problems(setlist))
    yield from missing
    if not missing and (setlist.midi or any(slot.snapshot for slot in setlist.slots)):
        yield from _preset_problems(setlist)


def _slot_problems(setlist: Setlist) -> Generator[Problem]:
    seen: dict[tuple[int, int | None], int] = {}
    for index, slot in enumerate(setlist.slots):
        key = (slot.program, slot.bank)
        if key in seen:
            yield Problem(("slots", index, "program"), f"slot {seen[key] + 1} has this program and bank too")
        seen.setdefault(key, index)
        try:
            path = setlist.preset_path(slot)
        except PresetError as error:
            yield Problem(("slots", index, "preset"), str(error))
            continue
        if not path.is_file():
            yield Problem(("slots", index, "preset"), f"there is no file {str(path)!r}: correct the path or the name")


def _preset_problems(setlist: Setlist) -> Generator[Problem]:
    """What does not fit the presets: snapshots and mappings."""
    try:
        presets = setlist.presets
    except PresetError as error:
        yield Problem(("slots",), str(error))
        return
    for index, (slot, preset) in enumerate(zip(setlist.slots, presets, strict=True)):
        if slot.snapshot and find_snapshot(preset.snapshots, slot.snapshot) is None:
            known = dict.fromkeys(snapshot.name for snapshot in preset.snapshots)
            remedy = suggestion(slot.snapshot, known)
            yield Problem(
                ("slots", index, "snapshot"), f"preset {preset.name!r} has no snapshot {slot.snapshot!r}: {remedy}"
            )
    for index, mapping in enumerate(setlist.midi):
        yield from setlist_mapping_problems(presets, ("midi", index), mapping)
