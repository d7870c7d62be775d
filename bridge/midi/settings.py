"""Where the parameters of all chains stand, and what actions make of them: the same in a render and in a show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...presets import Preset
from ...presets.control import ControlMapping
from ...presets.midi_sources import MAX_7_BIT
from ...presets.snapshots import snapshot_targets
from ...presets.tempo import NoteValue
from .actions import MoveControl, ParameterAction, RecallSnapshot, SetTempo, ToggleControl

STEP: Final = 1.0 / MAX_7_BIT
"""How near a control has to come to a parameter to pick it up."""


@dataclass(frozen=True)
class Standing:
    """A parameter as the chain was made: its range, and its value."""

    low: float
    high: float
    value: float


@dataclass(frozen=True)
class Move:
    """Set a parameter of a slot's chain to a value, in its own unit."""

    slot: int
    target: str
    value: float


class Settings:
    """Keeps the values of parameters, so that switches can change over, pedals pick up and snapshots be recalled.

    Parameters
    ----------
    presets : sequence of Preset
        Of the slots.
    find : callable
        How a parameter of a slot's chain stood when the chain was made; None when there is no such chain or parameter.
        It is asked once, before the first move.
    """

    def __init__(self, presets: Sequence[Preset], find: Callable[[int, str], Standing | None]) -> None:
        self._presets = presets
        self._find = find
        self._standing: dict[tuple[int, str], Standing | None] = {}
        self._values: dict[tuple[int, str], float] = {}
        self._heard: dict[tuple[int, ControlMapping], float] = {}  # what the control asked for last
        self._written: dict[tuple[int, ControlMapping], float] = {}  # what it has set last

    def moves(self, action: ParameterAction) -> tuple[Move, ...]:
        """What an action moves, all at once; parameters that stand there already, or do not exist, are left out.

        Values beyond the range of a parameter become its nearest end.
        """
        match action:
            case MoveControl(slot, mapping, position):
                wanted = self._position(slot, mapping, position)
            case ToggleControl(slot, mapping):
                wanted = self._changed_over(slot, mapping)
            case RecallSnapshot(slot, index):
                wanted = self._snapshot(slot, index)
            case SetTempo(slots, tempo):
                wanted = [move for slot in slots for move in self._at_tempo(slot, tempo)]
        return tuple(self._moved(wanted))

    def note(self, slot: int, target: str, value: float) -> None:
        """Learn that a parameter was moved by something else."""
        if self._stands(slot, target):
            self._values[slot, target] = value

    def _stands(self, slot: int, target: str) -> Standing | None:
        key = (slot, target)
        if key not in self._standing:
            self._standing[key] = found = self._find(slot, target)
            if found:
                self._values[key] = found.value
        return self._standing[key]

    def _moved(self, wanted: Iterable[tuple[int, str, float]]) -> Iterable[Move]:
        for slot, target, value in wanted:
            stands = self._stands(slot, target)
            if stands is None:
                continue
            within = min(max(value, stands.low), stands.high)
            if within != self._values[slot, target]:
                self._values[slot, target] = within
                yield Move(slot, target, within)

    def _position(self, slot: int, mapping: ControlMapping, position: float) -> list[tuple[int, str, float]]:
        stands = self._stands(slot, mapping.target)
        if stands is None:
            return []
        limits = (stands.low, stands.high)
        value = min(max(mapping.value(position, limits), stands.low), stands.high)
        if mapping.pickup and not self._picks_up(slot, mapping, position, value, limits):
            return []
        self._written[slot, mapping] = value
        return [(slot, mapping.target, value)]

    def _picks_up(
        self, slot: int, mapping: ControlMapping, position: float, value: float, limits: tuple[float, float]
    ) -> bool:
        """Whether a control holds its parameter: it set it last, passes it now, or is a step away."""
        key = (slot, mapping)
        present = self._values[slot, mapping.target]
        last = self._heard.get(key)
        self._heard[key] = value
        if self._written.get(key) == present:
            return True
        if last is not None and (last - present) * (value - present) <= 0.0:
            return True
        around = [mapping.value(min(max(position + step, 0.0), 1.0), limits) for step in (-STEP, STEP)]
        return min(around) <= present <= max(around)

    def _changed_over(self, slot: int, mapping: ControlMapping) -> list[tuple[int, str, float]]:
        stands = self._stands(slot, mapping.target)
        if stands is None:
            return []
        low, high = mapping.ends((stands.low, stands.high))
        present = self._values[slot, mapping.target]
        return [(slot, mapping.target, low if abs(present - high) < abs(present - low) else high)]

    def _snapshot(self, slot: int, index: int) -> list[tuple[int, str, float]]:
        """What it says, and as the preset says what only other snapshots change."""
        snapshots = self._presets[slot].snapshots
        said = snapshots[index].settings
        wanted: list[tuple[int, str, float]] = []
        for target in snapshot_targets(snapshots):
            if stands := self._stands(slot, target):
                wanted.append((slot, target, said.get(target, stands.value)))
        return wanted

    def _at_tempo(self, slot: int, tempo: float) -> list[tuple[int, str, float]]:
        found = {target: self._stands(slot, target) for target in self._presets[slot].sync}
        limits: Mapping[str, tuple[float, float]] = {t: (s.low, s.high) for t, s in found.items() if s}
        return [(slot, t, value) for t, value in synced_values(self._presets[slot].sync, tempo, limits).items()]


def synced_values(sync: Mapping[str, str], tempo: float, limits: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """What parameters that follow the tempo have to be, by target; those without limits are left out."""
    return {
        target: NoteValue.parse(text).value(target, tempo, limits[target])
        for target, text in sync.items()
        if target in limits
    }
