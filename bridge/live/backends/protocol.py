"""What every backend offers the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ...audio import Audio

Process = Callable[[Audio], Audio]
"""Plays a block: float32 (channels, frames) in, (outputs, frames) out, on the audio thread."""


@dataclass(frozen=True)
class Wiring:
    """What to open.

    Attributes
    ----------
    client : str
        Name by which others see the engine.
    inputs, outputs : int
        Channels.
    sources, sinks : tuple of str
        JACK ports to connect to, in order; the sound card's when empty; not any when ``("none",)``. Elsewhere the
        names of the input and the output device, the system's choice when empty.
    sample_rate, block : int
        Wanted frames a second and a block; JACK has its own.
    server : str
        Name of the JACK server; the default one when empty.
    """

    client: str = "ampboard"
    inputs: int = 1
    outputs: int = 2
    sources: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    sample_rate: int = 48_000
    block: int = 64
    server: str = ""


class Listener(Protocol):
    """Told by a backend what goes on, on the audio thread if not said otherwise."""

    def xrun(self) -> None:
        """Audio was lost."""
        ...

    def began(self, clock: int) -> None:
        """The first block is about to be played at this frame of the server's clock."""
        ...

    def gap(self, frames: int) -> None:
        """The server went on by `frames` without a call."""
        ...

    def ended(self, reason: str) -> None:
        """The device is gone; on any thread."""
        ...


class Backend(Protocol):
    """An open device.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    sample_rate, block : int
        Its frames a second and a block.
    """

    name: ClassVar[str]
    sample_rate: int
    block: int

    def start(self, process: Process, listener: Listener) -> None:
        """Let it call `process` for every block from now on."""
        ...

    def stop(self) -> None:
        """Call no more, and close."""
        ...
