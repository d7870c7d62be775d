"""Keys of the live screen: what they do, and how they are read without waiting."""

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO, Final


class Press(Enum):
    """What a key asks for."""

    SLOT = auto()
    NEXT = auto()
    PREVIOUS = auto()
    NEXT_SNAPSHOT = auto()
    PREVIOUS_SNAPSHOT = auto()
    TAP = auto()
    TUNER = auto()
    MUTE = auto()
    BYPASS = auto()
    PANIC = auto()
    HELP = auto()
    QUIT = auto()


@dataclass(frozen=True)
class Key:
    """One row of the table of keys: what the terminal sends, what it means, what the help page says."""

    sent: tuple[str, ...]
    press: Press
    shown: str
    help: str


# what terminals send for arrows, in both modes of the cursor keys, and Windows
_UP: Final = ("\x1b[A", "\x1bOA", "\xe0H")
_DOWN: Final = ("\x1b[B", "\x1bOB", "\xe0P")
_RIGHT: Final = ("\x1b[C", "\x1bOC", "\xe0M")
_LEFT: Final = ("\x1b[D", "\x1bOD", "\xe0K")

KEYS: Final = (
    *(Key((str(digit),), Press.SLOT, "1 .. 9", "play this slot of the setlist") for digit in range(1, 10)),
    Key((*_RIGHT, *_DOWN, " ", "n"), Press.NEXT, "right, down, n", "next slot"),
    Key((*_LEFT, *_UP, "p"), Press.PREVIOUS, "left, up, p", "previous slot"),
    Key(("s",), Press.NEXT_SNAPSHOT, "s", "next snapshot of the preset"),
    Key(("S",), Press.PREVIOUS_SNAPSHOT, "S", "previous snapshot"),
    Key(("\n", "\r"), Press.TAP, "Enter", "tap the tempo"),
    Key(("t",), Press.TUNER, "t", "tuner on or off"),
    Key(("m",), Press.MUTE, "m", "mute on or off"),
    Key(("b",), Press.BYPASS, "b", "bypass: the dry signal"),
    Key(("!",), Press.PANIC, "!", "panic: cut everything that rings"),
    Key(("?", "h"), Press.HELP, "?, h", "this page"),
    Key(("q", "\x03"), Press.QUIT, "q", "quit"),
)

_BY_SENT: Final = {sent: key for key in KEYS for sent in key.sent}
_KEY: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b.?|\xe0.|.", re.DOTALL)
"""One key: a control sequence (ECMA-48, 5.4), what Windows sends for a function key, or a character."""


def parse_keys(sent: str) -> tuple[tuple[Press, int], ...]:
    """Presses in what a terminal has sent, with the digit of those that choose a slot (else 0); the rest is ignored."""
    presses: list[tuple[Press, int]] = []
    for text in _KEY.findall(sent):
        key = _BY_SENT.get(text) or _BY_SENT.get(text.lower())
        if key is not None:
            presses.append((key.press, int(text) if key.press is Press.SLOT else 0))
    return tuple(presses)


@contextmanager
def keyboard(stream: IO[str] | None = None) -> Generator["Keyboard"]:
    """Give key presses as they come, without echo, until the end of the block; no keys where there is no terminal."""
    source = stream or sys.stdin
    if sys.platform == "win32" or not source.isatty():
        yield Keyboard(None)
        return
    import termios
    import tty

    descriptor = source.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keyboard(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class Keyboard:
    """Key presses of a terminal."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def presses(self) -> tuple[tuple[Press, int], ...]:
        """What was pressed since the last call; never waits."""
        return parse_keys(self._sent())

    def _sent(self) -> str:
        if sys.platform == "win32":
            import msvcrt

            return "".join(msvcrt.getwch() for _ in iter(msvcrt.kbhit, False))
        import select

        if self._descriptor is None or not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        return os.read(self._descriptor, 256).decode(errors="ignore")
