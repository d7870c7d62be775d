"""Trains the networks of a run in processes of their own, one a core, until one has won and its training is done."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from queue import Empty
from time import monotonic
from typing import Any, Final

from ...bridge.child_process import ChildProcess, Ended
from ...models.errors import AmpboardError
from ...models.writing import atomic_target
from .course import Course, Progress, Watch
from .folder import LISTEN, Entrant, RunFolder, Settings
from .halving import close_second, stages, survivors, whole_training
from .remaining import Remaining
from .workers import Workers

MINUTE: Final = 60.0  # seconds
LEAVING: Final = 20.0  # seconds that a network has to save itself
STARTING: Final = 3.5  # seconds until a process that was not started before makes its first update
FINISHING: Final = 6.0  # seconds that the model's files and its report take
LEAST: Final = 0.3  # part of the minutes that is trained, however long all else takes
LOOK: Final = 0.25  # seconds between two reports when nothing comes in


class TrainingError(AmpboardError):
    """A network's training has failed; what it had learned is on disk."""


class Race:
    """One run: a single network, or several of which the worse leave.

    Everything is decided by what the networks' folders say, so that a run that was killed goes on as the same run.

    Parameters
    ----------
    folder : RunFolder
        Of a run that has begun.
    watch : function
        See `Watch`.
    workers : Workers, optional
        Processes that have been started already.
    gone : float
        Seconds of the run's minutes that have gone into reading what it is trained on.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        watch: Watch = lambda _: None,
        workers: Workers | None = None,
        gone: float = 0.0,
    ) -> None:
        self.folder = folder
        self.settings, _, _ = folder.read()
        self.entrants = {entrant.name: entrant for entrant in entrants(self.settings, gone)}
        self.courses = {name: self._stored(entrant) for name, entrant in self.entrants.items()}
        self.winner = ""
        self._watch = watch
        self._began = monotonic() - gone
        self._workers = workers or Workers()
        self._inbox = self._workers.inbox
        self._children: dict[str, ChildProcess] = {}
        self._stage = stages(len(self.entrants))[0]
        self._listened: tuple[str, int] | None = None
        self._remaining = Remaining(self.settings, ending=FINISHING)

    def run(self) -> tuple[Course, ...]:
        """Go on to the end.

        Returns
        -------
        tuple of Course
            Of all networks, best first; at least one of them was judged.

        Raises
        ------
        TrainingError
            When no network is left: all have diverged, or the disk is full.
        """
        try:
            self._race()
        finally:
            self._workers.dismiss()
            self._leave(self._children)
        judged = [course for course in self.courses.values() if course.esr]
        return tuple(sorted(judged, key=lambda course: course.best_esr))

    def _race(self) -> None:
        alive = tuple(self.entrants)
        plan = stages(len(alive))
        if len(alive) == 1:
            alive = (*alive, *self._second_start(alive[0], 0.0))
        for stage, next_stage in zip(plan, [*plan[1:], None], strict=True):
            self._stage = stage
            self._train(alive, stage.ends)
            if next_stage is None or any(self._reached(name) for name in alive):
                return
            alive = self._compare(alive, stage.ends, next_stage.networks)

    def _compare(self, names: Sequence[str], part: float, keep: int) -> tuple[str, ...]:
        """Those that stay; the others leave."""
        courses = [self.courses[name] for name in names]
        stay = survivors(courses, part, keep)
        if not stay:
            raise TrainingError("\n".join(f"{name}: {self.courses[name].note}" for name in names))
        second: tuple[str, ...] = ()
        if keep == 1 and self.settings.has_spare_core:
            close = close_second(courses, part)
            second = (close,) if close else self._second_start(stay[0], part)
        for name in set(names) - {*stay, *second}:
            if self.courses[name].state != "diverged":
                self.courses[name] = replace(self.courses[name], state="out")
        self._leave([name for name in names if name not in (*stay, *second)])
        if keep == 1 and not set(second) & set(names):
            self.winner = stay[0]
        going = (*stay, *second)
        words = f"after {100 * part:g} % of the training {' and '.join(going)} {'go' if len(going) > 1 else 'goes'} on"
        if again := "".join(set(second) - set(names)):
            words += f" ({again}: a second start on the free core; the better one is kept)"
        self.tell(words)
        return going

    def _second_start(self, name: str, part: float) -> tuple[str, ...]:
        """The same network once more from another start, in the time that is left."""
        if not self.settings.has_spare_core:
            return ()
        first, course = self.entrants[name], self.courses[name]
        steps = first.steps
        if part:
            late = 0.0 if self.settings.steps else STARTING / course.seconds_per_step
            steps = max(1, round((1 - part) * course.steps - late))
        entrant = replace(first, seed=first.seed + 1, steps=steps)
        self.entrants[entrant.name] = entrant
        self.courses[entrant.name] = self._stored(entrant)
        return (entrant.name,)

    def _train(self, names: Iterable[str], part: float) -> None:
        """Bring networks to a part of their training, as many at once as there are cores."""
        waiting = [name for name in names if not self._there(name, part)]
        at_work: set[str] = set()
        while waiting or at_work:
            while waiting and len(at_work) < self.settings.cores:
                name = waiting.pop(0)
                self._send(name, part)
                at_work.add(name)
            try:
                child, message = self._inbox.get(timeout=LOOK)
            except Empty:
                self.tell()
                continue
            name = next((name for name, known in self._children.items() if known is child), None)
            if name is None:
                self._workers.forget(child)  # there is nothing else to hear from one that waits
                continue
            if isinstance(message, Ended):
                raise TrainingError(f"{name}: its process ended: {message.reason}: {_last_line(child.last_words)}")
            self._take(name, message)
            if message["kind"] in ("rests", "failed"):
                at_work.discard(name)
            if any(map(self._reached, at_work | {name})):
                return
            self.tell()

    def _take(self, name: str, message: dict[str, Any]) -> None:
        if message["kind"] == "failed":
            stored = self._stored(self.entrants[name])
            if stored.state != "diverged":
                raise TrainingError(message["words"])
            self.courses[name] = stored
            self._leave([name])
            if all(course.state in ("diverged", "out") for course in self.courses.values()):
                raise TrainingError(message["words"])
        elif "course" in message:
            self.courses[name] = Course.from_plain(message["course"])

    def _there(self, name: str, part: float) -> bool:
        """Whether it has been judged at this part, by what its folder says, or will never be."""
        course = self.courses[name]
        if course.state == "diverged" or self._reached(name):
            return True
        return course.steps > 0 and course.mark_at(part) in course.esr

    def _reached(self, name: str) -> bool:
        target = self.settings.target_esr
        return target is not None and self.courses[name].best_esr <= target

    def _send(self, name: str, part: float) -> None:
        if name not in self._children:
            self.courses[name] = replace(self.courses[name], state="starting")
            self._children[name] = self._workers.take(self.entrants[name], self.folder)
        self._children[name].send({"advance": part})

    def _leave(self, names: Iterable[str]) -> None:
        """Let processes save what they have and end; those that do not are ended."""
        leaving = {name: self._children.pop(name) for name in list(names) if name in self._children}
        for child in leaving.values():
            child.send({"leave": True})
        until = monotonic() + LEAVING
        gone: set[int] = set()
        kept: list[tuple[ChildProcess, Any]] = []
        with suppress(Empty):
            while len(gone) < len(leaving):
                child, message = self._inbox.get(timeout=max(until - monotonic(), 0.01))
                if child in leaving.values():
                    if isinstance(message, Ended):
                        gone.add(id(child))
                else:
                    kept.append((child, message))
        for item in kept:
            self._inbox.put(item)
        for name, child in leaving.items():
            child.kill()
            if self.courses[name].state != "out":
                self.courses[name] = self._stored(self.entrants[name])

    def _stored(self, entrant: Entrant) -> Course:
        return Course.read(self.folder.entrant(entrant.name)) or Course(entrant.name, entrant.arch)

    def tell(self, news: str = "", doing: str = "") -> None:
        """Tell who watches how it goes.

        Parameters
        ----------
        news, doing : str
            As of `Progress`.
        """
        self._update_sound()
        courses = tuple(self.courses.values())
        winner = self.winner or (next(iter(self.entrants)) if len(self.entrants) == 1 else "")
        listen = self.folder.listen if self._listened else None
        if not doing and not any(course.steps for course in courses):
            doing = "timing the networks" if len(courses) > 1 else "timing the network"
        elapsed = monotonic() - self._began
        left = self._remaining.at(elapsed, self.courses, self.entrants, self._stage)
        self._watch(Progress(courses, winner, elapsed, left, listen, news, doing))

    def _update_sound(self) -> None:
        """Copy what the best network plays to where people find it."""
        judged = [course for course in self.courses.values() if course.esr]
        if not judged:
            return
        best = min(judged, key=lambda course: course.best_esr)
        state = (best.name, best.best_step or 0)
        source = self.folder.entrant(best.name) / LISTEN
        if state == self._listened or not source.exists():
            return
        self._listened = state
        with atomic_target(self.folder.listen) as temporary:
            shutil.copyfile(source, temporary)


def entrants(settings: Settings, gone: float = 0.0) -> tuple[Entrant, ...]:
    """The networks of a run, each with the time its whole training may take.

    Parameters
    ----------
    settings : Settings
        Of the run.
    gone : float
        Seconds that have passed already.
    """
    networks, minutes = len(settings.archs), MINUTE * settings.minutes
    later = -(-networks // settings.cores) - 1  # those that begin when others have made room
    left = max(minutes - gone - FINISHING - later * STARTING, LEAST * minutes)
    seconds = left * whole_training(networks, settings.cores)
    return tuple(Entrant(arch, settings.seed, seconds, settings.steps) for arch in settings.archs)


def _last_line(words: str) -> str:
    lines = words.splitlines()
    return lines[-1] if lines else "it said nothing"
