"""Stems rendered in processes of their own, which foreign plugins may kill or stop.

A pool of the standard library or of joblib would not do: see `ampboard.bridge.child_process`.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from ..child_process import ChildProcess, Ended, Inbox
from ..plugins.identity import PluginIdentity
from ..plugins.quarantine import Verdict, record_verdict
from ..plugins.trial import clear_command, plugin_time_limit
from .formats import whole_file, write_errors
from .result import LostStem, LostStemsError, RenderResult
from .stem import Progress, StemJob
from .trail import Entrance, TrailReader
from .worker_messages import Failed, Finished, Order, Progressed, Start

_MODULE: Final = f"{__package__}.worker"
_LOOK: Final = 0.1  # seconds between two looks at whether a plugin hangs


def render_in_workers(jobs: Sequence[StemJob], *, workers: int, progress: Progress | None) -> list[RenderResult]:
    """Render stems in other processes.

    Parameters
    ----------
    jobs : sequence of StemJob
    workers : int
        Most processes at once.
    progress : callable, optional
        See `render`; called on this thread.

    Returns
    -------
    list of RenderResult
        In the order of `jobs`.

    Raises
    ------
    AmpboardError
        What `render` raises; the other stems are not rendered either then.
    LostStemsError
        When plugins crashed or hung in some; the others are rendered.
    """
    with _Pool(jobs, workers, progress) as pool:
        return pool.run()


class _Worker:
    """A process, and the stem it is at."""

    def __init__(self, inbox: Inbox, trail: Path) -> None:
        self.trail = TrailReader(trail)
        self.process = ChildProcess(_MODULE, Start(trail), inbox=inbox)
        self.stem = 0
        self._target = Path()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._calls, self._since = 0, 0.0

    @property
    def is_idle(self) -> bool:
        return self._folder is None

    def begin(self, stem: int, job: StemJob) -> None:
        """Let it render a stem, into a folder beside the target."""
        self.stem, self._target = stem, job.target
        with write_errors(job.target):
            job.target.parent.mkdir(parents=True, exist_ok=True)
            self._folder = tempfile.TemporaryDirectory(
                dir=job.target.parent, prefix=".render-", ignore_cleanup_errors=True
            )
        self.process.send(Order(job, self._written(self._folder)))

    def finish(self) -> None:
        """Put the file in its place."""
        if self._folder:
            with whole_file(self._target) as temporary:
                self._written(self._folder).replace(temporary)
        self._clean()

    def stop(self) -> None:
        """End the process; what it has half written disappears."""
        self.process.kill()
        self._clean()
        self.trail.close()

    def hangs(self, limit: float) -> bool:
        """Whether it has been inside one call of a plugin for so many seconds."""
        calls, now = self.trail.calls, time.monotonic()
        if calls != self._calls or self.trail.inside is None:
            self._calls, self._since = calls, now
        return now - self._since >= limit

    def _written(self, folder: tempfile.TemporaryDirectory[str]) -> Path:
        return Path(folder.name) / self._target.name

    def _clean(self) -> None:
        if self._folder:
            self._folder.cleanup()
        self._folder = None


class _Pool:
    """The stems that wait, are under way, done and lost."""

    def __init__(self, jobs: Sequence[StemJob], workers: int, progress: Progress | None) -> None:
        self._jobs = jobs
        self._most = min(workers, len(jobs))
        self._progress = progress
        self._limit = plugin_time_limit()
        self._waiting: Iterator[int] = iter(range(len(jobs)))
        self._results: dict[int, RenderResult] = {}
        self._lost: dict[int, LostStem] = {}
        self._verdicts: dict[PluginIdentity, Verdict] = {}
        self._workers: dict[ChildProcess, _Worker] = {}
        self._inbox: Inbox = SimpleQueue()
        self._started = 0
        self._stack = ExitStack()

    def __enter__(self) -> "_Pool":
        folder = tempfile.TemporaryDirectory(prefix="ampboard-", ignore_cleanup_errors=True)
        self._folder = Path(self._stack.enter_context(folder))
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.stop()
        self._stack.close()
        for identity, verdict in self._verdicts.items():  # at the end: the other stems were still to try the plugin
            record_verdict(identity, verdict)

    def run(self) -> list[RenderResult]:
        for _ in range(self._most):
            self._begin()
        while any(not worker.is_idle for worker in self._workers.values()):
            try:
                process, message = self._inbox.get(timeout=_LOOK)
            except Empty:
                pass
            else:
                if process in self._workers:
                    self._take(self._workers[process], message)
            for worker in [worker for worker in self._workers.values() if worker.hangs(self._limit)]:
                self._lose(worker, "hung", f"{self._limit:g} s")
        results = [self._results[stem] for stem in sorted(self._results)]
        if self._lost:
            raise LostStemsError([self._lost[stem] for stem in sorted(self._lost)], results)
        return results

    def _begin(self, worker: _Worker | None = None) -> None:
        """Give the next stem to a worker, a new one when none is given; nothing when all have been given out."""
        stem = next(self._waiting, None)
        if stem is None:
            return
        if worker is None:
            self._started += 1
            worker = _Worker(self._inbox, self._folder / f"trail-{self._started}")
            self._workers[worker.process] = worker
        worker.begin(stem, self._jobs[stem])

    def _take(self, worker: _Worker, message: Any) -> None:
        match message:
            case Entrance():
                worker.trail.announce(message)
            case Progressed(done, total):
                if self._progress:
                    self._progress(self._jobs[worker.stem].source.path, done, total)
            case Finished(result):
                worker.finish()
                self._results[worker.stem] = result
                self._begin(worker)
            case Failed(error, trace):
                if trace:
                    error.add_note(trace)
                raise error
            case Ended() if not worker.is_idle:
                self._lose(worker, "crashed", message.reason)
            case _:
                pass

    def _lose(self, worker: _Worker, outcome: Any, reason: str) -> None:
        """Give a stem up, and go on with the others in a fresh process."""
        inside = worker.trail.inside
        verdict = Verdict(outcome, reason, inside.stage if inside else "", output=worker.process.last_words)
        source = self._jobs[worker.stem].source.path
        self._lost[worker.stem] = LostStem(source, self._blame(inside, verdict))
        worker.stop()
        del self._workers[worker.process]
        self._begin()

    def _blame(self, inside: Entrance | None, verdict: Verdict) -> str:
        """Whose fault it was; the plugin that was called is not loaded again, when there was but one."""
        if inside is None or not inside.identities:
            return f"its process ended with {verdict.reason} while no plugin was called: render again, and report it"
        identity, *others = inside.identities
        names = " or ".join(identity.short_name for identity in inside.identities)
        if others:
            return f"one of the plugins {names}: {verdict}: bypass them in turn to find which"
        self._verdicts[identity] = verdict
        return f"{names}: {verdict}: update the plugin, or try it again after `{clear_command(identity)}`"
