"""Channel messages as bytes, as plugins get them.

Source: *MIDI 1.0 Detailed Specification*, table I (status bytes) and III (controllers).
"""

from typing import Final

from ...presets.midi_sources import CHANNEL_PRESSURE, CONTROL_CHANGE, NOTE_ON, PITCH_BEND

RESET_CONTROLLERS: Final = 121
RESET_BY_IT: Final = frozenset({1, 11, 64, 65, 66, 67, 98, 99, 100, 101})
"""Controllers that `RESET_CONTROLLERS` brings back; volume, pan and the sound's own stay (RP-015)."""

FIRST_MODE_MESSAGE: Final = 120
"""Controllers from here on are commands and hold no position."""


def kind(message: bytes) -> int:
    """Status of a channel message without its channel."""
    return message[0] & 0xF0


def channel(message: bytes) -> int:
    """Channel of a channel message, 1 to 16."""
    return (message[0] & 0x0F) + 1


def is_note_on(message: bytes) -> bool:
    """Whether a note begins: a note on of velocity 0 ends one."""
    return kind(message) == NOTE_ON and message[2] > 0


class Controllers:
    """Where the controllers of all channels stand: what a plugin that starts anew has to be told."""

    def __init__(self) -> None:
        self._positions: dict[tuple[int, ...], bytes] = {}

    @property
    def messages(self) -> tuple[bytes, ...]:
        """One message for each controller, bend and pressure that was moved."""
        return tuple(self._positions.values())

    def hear(self, message: bytes) -> None:
        """Note where a message leaves its controller."""
        match kind(message):
            case status if status == CONTROL_CHANGE and message[1] < FIRST_MODE_MESSAGE:
                self._positions[message[0], message[1]] = message
            case status if status == CONTROL_CHANGE and message[1] == RESET_CONTROLLERS:
                self._positions = {k: m for k, m in self._positions.items() if not _resets(message, m)}
            case status if status in (CHANNEL_PRESSURE, PITCH_BEND):
                self._positions[message[0],] = message
            case _:
                pass


def _resets(reset: bytes, message: bytes) -> bool:
    """Whether a reset of all controllers undoes a message."""
    own = kind(message) != CONTROL_CHANGE or message[1] in RESET_BY_IT
    return own and channel(message) == channel(reset)
