"""What MIDI asks for: the same for a file that drives a render and for a show."""

from dataclasses import dataclass
from typing import Literal

from ...presets.control import ControlMapping


@dataclass(frozen=True)
class SelectSlot:
    """Bring up a slot."""

    slot: int


@dataclass(frozen=True)
class MoveControl:
    """Move the parameter that a mapping names: `position` is 0 to 1.

    `slot` is, here and below, the first of the slots that hold the same preset: they share a chain.
    """

    slot: int
    mapping: ControlMapping
    position: float


@dataclass(frozen=True)
class ToggleControl:
    """Change the parameter that a mapping names over from one end to the other."""

    slot: int
    mapping: ControlMapping


@dataclass(frozen=True)
class RecallSnapshot:
    """Recall a snapshot of a slot's preset, by index."""

    slot: int
    snapshot: int


@dataclass(frozen=True)
class SetTempo:
    """Let what follows the tempo in some slots' presets follow `tempo`, in quarter notes a minute."""

    slots: tuple[int, ...]
    tempo: float


@dataclass(frozen=True)
class SetLevel:
    """Set one of the gains behind all chains, in dB."""

    name: str
    decibels: float


@dataclass(frozen=True)
class SetSwitch:
    """Switch the output off (``mute``) or the chains out (``bypass``); the other way round when `on` is None."""

    name: Literal["mute", "bypass"]
    on: bool | None


@dataclass(frozen=True)
class Panic:
    """Cut everything that sounds; the slot that plays starts anew."""


@dataclass(frozen=True)
class UnknownProgram:
    """A program change for which no slot is there: the sound stays as it is, the caller may say so."""

    program: int
    bank: int

    def __str__(self) -> str:
        return f"program {self.program} of bank {self.bank}: no slot has it, nothing was switched"


@dataclass(frozen=True)
class UnknownSnapshot:
    """A snapshot that the preset which plays does not have, by index or name: the sound stays as it is."""

    preset: str
    snapshot: int | str

    def __str__(self) -> str:
        wanted = repr(self.snapshot) if isinstance(self.snapshot, str) else f"number {self.snapshot} (from 0)"
        return f"snapshot {wanted}: preset {self.preset!r} has none such, nothing was changed"


@dataclass(frozen=True)
class PlayMidi:
    """Hand a message to the plugins that listen to its channel."""

    message: bytes


ParameterAction = MoveControl | ToggleControl | RecallSnapshot | SetTempo
"""Actions that move parameters; see `Settings.moves`."""

Unanswered = UnknownProgram | UnknownSnapshot

Action = SelectSlot | ParameterAction | SetLevel | SetSwitch | Panic | Unanswered | PlayMidi
