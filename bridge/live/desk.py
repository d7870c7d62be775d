"""What each command does to the chains: the same for the engine and for a replay of its log."""

from collections.abc import Callable
from typing import Final

from ..switching.dry_chain import DRY
from .records import LEVELS, Command, Record
from .rig import Rig

MUTE_DB: Final = -120.0
STOP_SECONDS: Final = 0.02


class Desk:
    """Applies commands to a rig.

    Parameters
    ----------
    rig : Rig
        The chains.
    slot : int
        The slot that plays first, as the rig was told.

    Attributes
    ----------
    slot : int
        The slot that plays, or would but for a bypass.
    """

    def __init__(self, rig: Rig, *, slot: int) -> None:
        self._rig = rig
        self._switcher = rig.switcher
        self.slot = slot
        self._cut = False  # everything fades out, nothing may be brought up before that is over
        self._handlers: dict[int, Callable[[Record], bool]] = {
            Command.SWITCH: self._switch,
            Command.MOVE: lambda record: rig.move(record.index, record.value),
            Command.LEVEL: self._level,
            Command.MUTE: lambda record: self._fade("mute", record.value >= 0.5),
            Command.PANIC: self._panic,
            Command.BYPASS: self._switch,
            Command.MIDI: self._midi,
            Command.STOP: lambda record: self._fade("stop", True),
        }

    def apply(self, record: Record) -> bool:
        """Do what a command says, from the next block on; False when it means nothing here."""
        handler = self._handlers.get(record.kind)
        return handler is not None and handler(record)

    def chain(self, record: Record) -> int | None:
        """The chain a command brings up; None when it brings up none."""
        if record.kind == Command.SWITCH and 0 <= record.slot < len(self._rig.shared):
            return self._rig.shared[record.slot]
        if record.kind == Command.BYPASS:
            return DRY if record.value >= 0.5 else self._rig.shared[self.slot]
        return None

    def ready(self, record: Record) -> bool:
        """Whether `apply` takes no longer than a block may: the chain it brings up is at rest, or sounds."""
        chain = self.chain(record)
        if chain is None:
            return True
        if self._cut:
            self._cut = self._switcher.sounding
        return not self._cut and self._switcher.ready(chain)

    @property
    def cutting(self) -> bool:
        """Whether a panic is fading everything out."""
        return self._cut

    def _switch(self, record: Record) -> bool:
        chain = self.chain(record)
        if chain is None:
            return False
        self._switcher.switch(chain)
        if record.kind == Command.SWITCH:
            self.slot = record.slot
        return True

    def _level(self, record: Record) -> bool:
        if not 0 <= record.index < len(LEVELS):
            return False
        self._switcher.set_level(LEVELS[record.index], record.value)
        return True

    def _fade(self, name: str, silent: bool) -> bool:
        self._switcher.set_level(name, MUTE_DB if silent else 0.0)
        return True

    def _midi(self, record: Record) -> bool:
        self._rig.send_midi(self.slot, record.index.to_bytes(4, "little")[: record.slot])
        return True

    def _panic(self, record: Record) -> bool:
        self._switcher.cut()
        self._cut = True
        return True
