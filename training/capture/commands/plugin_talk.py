"""What plugins print while they are loaded and played: kept from the screen, told only when something goes wrong."""

import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from ....bridge.cli.output import foreign_output_aside


@contextmanager
def plugins_hushed() -> Generator[None]:
    """Inside the block only what ampboard itself writes is seen; after an error that is not ours, all of it."""
    from ....models.errors import AmpboardError

    sys.stderr.flush()
    screen = os.dup(2)
    ours, theirs = os.fdopen(os.dup(2), "w", buffering=1), tempfile.TemporaryFile()  # noqa: SIM115
    python_errors, is_screen = sys.stderr, _writes_to_screen()
    try:
        os.dup2(theirs.fileno(), 2)
        if is_screen:
            sys.stderr = ours
        with foreign_output_aside():
            yield
    except BaseException as error:
        if not isinstance(error, AmpboardError):
            theirs.seek(0)
            os.write(screen, theirs.read())
        raise
    finally:
        sys.stderr = python_errors
        os.dup2(screen, 2)
        os.close(screen)
        ours.close()
        theirs.close()


def _writes_to_screen() -> bool:
    try:
        return sys.stderr.fileno() == 2
    except (OSError, ValueError):
        return False
