"""Whether bytes are one MIDI message: MIDI 1.0 Detailed Specification, table I."""

from collections.abc import Mapping
from typing import Final

_SYSTEM: Final = 0xF0
_SYSTEM_EXCLUSIVE_END: Final = 0xF7
_STATUS: Final = 0x80

_LENGTHS: Final[Mapping[int, int]] = {
    **dict.fromkeys((0x80, 0x90, 0xA0, 0xB0, 0xE0), 3),
    **dict.fromkeys((0xC0, 0xD0), 2),
    **dict.fromkeys((0xF1, 0xF3), 2),
    0xF2: 3,
    **dict.fromkeys((0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF), 1),
}
"""Bytes of a message, by its status byte without the channel."""


def is_whole_message(message: bytes) -> bool:
    """Whether it is one message, complete, its status byte first."""
    if not message:
        return False
    status, data = message[0], message[1:]
    if status == _SYSTEM:
        return data[-1:] == bytes((_SYSTEM_EXCLUSIVE_END,)) and max(data[:-1], default=0) < _STATUS
    kind = status if status > _SYSTEM else status & 0xF0
    return len(message) == _LENGTHS.get(kind) and max(data, default=0) < _STATUS
