"""A Python module in a process of its own, which foreign code may kill, stop or fill with noise.

`concurrent.futures.ProcessPoolExecutor` and joblib's loky were considered. When a worker dies they fail every pending
call and do not say which one it ran; they do not end a worker that hangs; and the first imports the user's script
again, which a library cannot ask for. So this starts a fresh interpreter on a module of ours with `subprocess`, the
same on every system, and speaks with it in pickles over pipes of its own. It has its own process group, so that what
it starts dies with it, and so that an interrupt from the keyboard reaches the parent alone, which cleans up. And it has
its own folder for temporary files, which is removed once it has ended.
"""

import contextlib
import ctypes
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import IO, Any, Final

_LAST_WORDS: Final = 4096  # bytes of its output that are kept
_CHUNK: Final = 1024
_LENGTH: Final = struct.Struct("<Q")  # stands before each message
_SET_PARENT_DEATH_SIGNAL: Final = 1  # of prctl(2)
_CLOSING: Final = 5.0  # seconds until what it has said must have arrived once it has ended

Inbox = SimpleQueue[tuple["ChildProcess", Any]]
"""Where messages of one or several children arrive, each with its sender; the last of each is an `Ended`."""


@dataclass(frozen=True)
class Ended:
    """The last message of a child: how its process ended.

    Attributes
    ----------
    status : int
        As `subprocess.Popen.returncode`.
    """

    status: int

    @property
    def reason(self) -> str:
        """``SIGSEGV``, ``exit code 3``."""
        if self.status < 0:
            with contextlib.suppress(ValueError):
                return signal.Signals(-self.status).name
        return f"exit code {self.status:#x}" if self.status > 255 else f"exit code {self.status}"


class ChildProcess:
    """A module that runs in a process of its own until it has ended or is killed; use it in a ``with`` block.

    Parameters
    ----------
    module : str
        Full name; it calls `connect_to_parent`.
    request : object
        What it is to do: anything that can be pickled.
    inbox : Inbox, optional
        Where its messages go.
    environment : mapping, optional
        Added to this process's environment.
    """

    def __init__(
        self, module: str, request: object, *, inbox: Inbox | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.inbox: Inbox = SimpleQueue() if inbox is None else inbox
        self._noise: deque[bytes] = deque(maxlen=_LAST_WORDS // _CHUNK + 1)
        # What it leaves in its folder for temporary files goes with it, however it ends.
        self._scratch = tempfile.TemporaryDirectory(prefix="ampboard-", ignore_cleanup_errors=True)
        imports = os.pathsep.join(folder for folder in sys.path if folder)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                **os.environ,
                **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._scratch.name),
                "PYTHONPATH": imports,
                **(environment or {}),
            },
            bufsize=0,
            start_new_session=True,
            creationflags=_creation_flags(),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        for thread in (self._reader, self._listener, threading.Thread(target=self._wait, daemon=True)):
            thread.start()
        self.send(request)

    def __enter__(self) -> "ChildProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def last_words(self) -> str:
        """The end of what it has printed."""
        return b"".join(self._noise).decode(errors="replace")[-_LAST_WORDS:].strip()

    def send(self, message: object) -> None:
        """Give it a message; one that has ended does not hear it."""
        with contextlib.suppress(OSError, ValueError):
            _write(_pipe(self._process.stdin).fileno(), _pickled(message))

    def receive(self, timeout: float) -> Any:
        """The next message; raises `queue.Empty` after `timeout` seconds of silence. For a child with its own inbox."""
        return self.inbox.get(timeout=timeout)[1]

    def kill(self) -> None:
        """End it and everything it has started, now."""
        if self._process.poll() is None:
            self._kill_group()
            self._process.wait()
        self._scratch.cleanup()

    def _kill_group(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                tree = ["taskkill", "/F", "/T", "/PID", str(self._process.pid)]
                subprocess.run(tree, check=False, capture_output=True)
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        try:
            while True:
                self.inbox.put((self, _next_message(_pipe(self._process.stdout).fileno())))
        except (EOFError, OSError):
            return
        except Exception:  # foreign code has written into the pipe
            self._kill_group()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := _pipe(self._process.stderr).read(_CHUNK):
                self._noise.append(chunk)

    def _wait(self) -> None:
        status = self._process.wait()
        self._kill_group()  # what it has started and left behind
        self._scratch.cleanup()
        self._reader.join(_CLOSING)
        self._listener.join(_CLOSING)
        self.inbox.put((self, Ended(status)))


class ParentChannel:
    """The child's side: what it is asked, and where it answers. The child ends as soon as its parent has gone."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._answers = os.dup(1)
        os.dup2(2, 1)  # what foreign code prints is not an answer
        self._requests: SimpleQueue[Any] = SimpleQueue()
        self._lock = threading.Lock()
        if sys.platform != "win32":
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":  # where a plugin hangs and holds the interpreter's lock, no thread of ours can tell
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        threading.Thread(target=self._listen, daemon=True).start()

    def receive(self) -> Any:
        """The next message; waits for it."""
        return self._requests.get()

    def send(self, message: object) -> None:
        """Answer."""
        with self._lock:
            _write(self._answers, _pickled(message))

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._requests.put(_next_message(0))
        os._exit(0)


def connect_to_parent() -> ParentChannel:
    """Take up the conversation; once, at the start of the child."""
    return ParentChannel()


class _Pickler(pickle.Pickler):
    """Read-only views of mappings, which pickle refuses, travel as well."""

    def reducer_override(self, obj: Any) -> Any:
        return (_read_only, (dict(obj),)) if isinstance(obj, MappingProxyType) else NotImplemented


def _read_only(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(mapping)


def _pickled(message: object) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(message)
    return _LENGTH.pack(buffer.tell()) + buffer.getvalue()


def _next_message(file: int) -> Any:
    (length,) = _LENGTH.unpack(_read_exactly(file, _LENGTH.size))
    return pickle.loads(_read_exactly(file, length))


def _read_exactly(file: int, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        if not (part := os.read(file, min(size - len(content), 1 << 20))):
            raise EOFError
        content += part
    return bytes(content)


def _write(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


__all__ = ["ChildProcess", "Empty", "Ended", "Inbox", "ParentChannel", "connect_to_parent"]
