"""What foreign code does to the processor's floating-point mode is undone."""

from collections.abc import Generator
from contextlib import contextmanager

from .library import library


@contextmanager
def floating_point_mode_kept() -> Generator[None]:
    """Treat denormal numbers on this thread after the block as before it.

    Opening a library that was linked with ``-ffast-math`` makes them zero for the thread that opens it: every later
    computation in Python would be a little wrong, without a word.
    """
    mode = library().ampboard_floating_point_mode()
    try:
        yield
    finally:
        library().ampboard_set_floating_point_mode(mode)
