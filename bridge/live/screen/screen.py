"""The live screen: a full terminal that is drawn anew where something has changed, or plain lines in a log."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live

from .lines import printable
from .pages import Frame
from .view import View


class Screen(Protocol):
    """Where a player sees how it goes."""

    def show(self, view: View) -> None:
        """Show a state."""
        ...


@contextmanager
def open_screen(console: Console | None = None) -> Generator[Screen]:
    """Give the whole terminal until the end of the block, or plain lines where the output is no terminal."""
    target = console or Console()
    if not target.is_terminal or target.is_dumb_terminal:
        yield PlainScreen(target)
        return
    with Live(console=target, screen=True, auto_refresh=False, transient=True, redirect_stderr=False) as live:
        yield TerminalScreen(target, live)


class TerminalScreen:
    """Draws over what stands there, without clearing, and only when the view or the terminal's size has changed."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live
        self._shown: tuple[View, tuple[int, int]] | None = None

    def show(self, view: View) -> None:
        """Show a state."""
        state = (view, (self._console.width, self._console.height))
        if state != self._shown:
            self._live.update(Frame(view), refresh=True)
            self._shown = state


class PlainScreen:
    """Says in lines what changes that a player acts on; levels and load only in a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, str] = {}
        self._messages: tuple[str, ...] = ()

    def show(self, view: View) -> None:
        """Print what has changed since the last state."""
        for name, say in _SAID:
            words = say(view)
            if words and words != self._said.get(name, _QUIET.get(name)):
                self._print(words)
            self._said[name] = words
        for message in fresh_messages(self._messages, view.messages):
            self._print(message)
        self._messages = view.messages

    def _print(self, words: str) -> None:
        self._console.print(printable(words), markup=False, highlight=False, soft_wrap=True)


def fresh_messages(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """What `now` holds beyond `before`, where old messages may have dropped out at the front."""
    for start in range(len(before) + 1):
        kept = before[start:]
        if now[: len(kept)] == kept:
            return now[len(kept) :]
    return now


def _slot(view: View) -> str:
    song = f" ({view.song})" if view.song else ""
    snapshot = f", snapshot {view.snapshot}" if view.snapshot else ""
    return f"slot {view.slot}: {view.preset}{song}{snapshot}" if view.preset else ""


_SAID: Final = (
    ("backend", lambda view: f"audio: {view.backend}" if view.backend else ""),
    ("engine", lambda view: f"engine: {view.engine}" if view.engine else ""),
    ("slot", _slot),
    ("muted", lambda view: "muted" if view.muted else "not muted"),
    ("bypassed", lambda view: "bypassed" if view.bypassed else "not bypassed"),
    ("xruns", lambda view: f"xruns: {view.xruns}"),
    ("dropped", lambda view: f"messages lost: {view.dropped}"),
)
_QUIET: Final = {"muted": "not muted", "bypassed": "not bypassed", "xruns": "xruns: 0", "dropped": "messages lost: 0"}
