"""Files are written whole or not at all."""

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import ParameterError


@contextmanager
def atomic_target(path: Path) -> Generator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_target(path: Path, *, overwrite: bool, suffixes: Sequence[str], sources: Sequence[Path] = ()) -> None:
    """Refuse to write a file of the wrong kind, over a source, or over a file that should stay.

    Parameters
    ----------
    path : Path
        What is to be written.
    overwrite : bool
        Whether a file that exists may be replaced; a source never is.
    suffixes : sequence of str
        Those that are written, as ``.wav``; case does not matter.
    sources : sequence of Path
        What is read.

    Raises
    ------
    ParameterError
        When it has to stay.
    """
    if path.suffix.lower() not in suffixes:
        raise ParameterError(f"{path}: write {' or '.join(suffixes)}")
    if path.is_dir():
        raise ParameterError(f"{path}: is a folder; name a file")
    if path.exists() and any(source.exists() and path.samefile(source) for source in sources):
        raise ParameterError(f"{path}: is what is read; choose another name")
    if path.exists() and not overwrite:
        raise ParameterError(f"{path}: exists; use --overwrite, or another name")


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path`; an existing file stays as it was until the new one is complete."""
    with atomic_target(path) as temporary:
        temporary.write_bytes(content)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
