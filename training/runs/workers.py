"""The processes in which networks are trained.

They may be started before there is anything to train on: what they import, and compile or load, takes them as long as
it takes to read and check a capture.
"""

from dataclasses import asdict
from queue import SimpleQueue
from time import monotonic
from typing import Final

from ...bridge.child_process import ChildProcess, Inbox
from .folder import Entrant, RunFolder, Settings

MODULE: Final = f"{__package__}.worker"
ONE_THREAD: Final[dict[str, str]] = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Workers:
    """Processes that train, and those that wait for a network to train.

    Attributes
    ----------
    inbox : Inbox
        Where the messages of all of them arrive.
    """

    def __init__(self) -> None:
        self.inbox: Inbox = SimpleQueue()
        self._waiting: list[tuple[str | None, ChildProcess]] = []

    def prepare(self, settings: Settings) -> None:
        """Start those that a run needs first."""
        first = settings.archs[: settings.cores]
        if len(settings.archs) == 1 and settings.has_spare_core:
            first *= 2
        for arch in first:
            self._waiting.append(self._start(None if settings.start or settings.device != "cpu" else arch))

    def take(self, entrant: Entrant, folder: RunFolder) -> ChildProcess:
        """Let a process train a network: one that waits for its kind, else any that waits, else a new one."""
        ready = next((pair for pair in self._waiting if pair[0] == entrant.arch), None)
        if ready is not None or self._waiting:
            ready = ready or self._waiting[0]
            self._waiting.remove(ready)
        else:
            ready = self._start(None)
        ready[1].send(
            {"folder": str(folder.path), "name": entrant.name, "entrant": asdict(entrant), "asked": monotonic()}
        )
        return ready[1]

    def forget(self, gone: ChildProcess) -> None:
        """Note that a process has ended by itself."""
        self._waiting = [pair for pair in self._waiting if pair[1] is not gone]

    def dismiss(self) -> None:
        """End those that still wait."""
        for _, child in self._waiting:
            child.kill()
        self._waiting.clear()

    def _start(self, arch: str | None) -> tuple[str | None, ChildProcess]:
        return arch, ChildProcess(MODULE, {"arch": arch}, inbox=self.inbox, environment=ONE_THREAD)
