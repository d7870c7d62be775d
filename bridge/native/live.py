"""Whether a show is on: one switch for the whole process."""

from collections.abc import Generator
from contextlib import contextmanager

from .library import library


def set_live(live: bool) -> None:
    """Say whether blocks have to be ready in time.

    While it is off (the start), work that a plugin leaves to others is done in place, inside the block that asks for
    it: a render waits, and always sounds the same. While it is on, nothing of that kind runs on the audio thread.
    """
    library().ampboard_set_live(int(live))


def is_live() -> bool:
    """Whether a show is on."""
    return bool(library().ampboard_is_live())


@contextmanager
def live() -> Generator[None]:
    """A show is on inside the block; afterwards it is as before."""
    before = is_live()
    set_live(True)
    try:
        yield
    finally:
        set_live(before)
