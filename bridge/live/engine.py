"""An engine process, seen from the process that steers it."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ...models import errors
from ...models.errors import AmpboardError, DeviceError
from .engine_trail import Culprit
from .records import Command, Record
from .region import Region
from .specification import Facts, Specification, line
from .timing import CallbackTimes, Histogram

LOAD_SECONDS: Final = 600.0
START_SECONDS: Final = 10.0
STOP_SECONDS: Final = 5.0


class Engine:
    """Starts an engine process, a fresh interpreter, and talks to it.

    Parameters
    ----------
    specification : Specification
        What it loads and plays through.
    layout : tuple of (int, int), optional
        Frames a second and a block, for a spare engine: it opens its device only in `play`.

    Attributes
    ----------
    region : Region
        The memory shared with it.
    facts : Facts
        What it said of itself; after `wait_until_ready`.
    """

    facts: Facts

    def __init__(self, specification: Specification, *, layout: tuple[int, int] | None = None) -> None:
        self.specification = specification
        self.region = Region.create()
        self._sent = 0
        self._unread = b""
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.engine_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"JACK_NO_START_SERVER": "1", **os.environ},
            )
            self._say(specification=specification, region=str(self.region.path), layout=layout)
        except BaseException:
            self.region.remove()  # from here on the process does so, once it has it too
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; below 0 minus the signal that ended it."""
        return self._process.poll()

    @property
    def ready(self) -> bool:
        """Whether it has loaded everything; does not wait."""
        if not hasattr(self, "facts") and (answer := self._hear(0.0)):
            self._take_facts(answer)
        return hasattr(self, "facts")

    def wait_until_ready(self, seconds: float = LOAD_SECONDS) -> Facts:
        """Wait until everything is loaded.

        Raises
        ------
        AmpboardError
            As the engine met it: a preset that cannot be made, a device that is not there.
        DeviceError
            When the engine ended without a word, or took too long.
        """
        if not hasattr(self, "facts"):
            self._take_facts(self._expect(seconds, "loading"))
        return self.facts

    def play(self, slot: int, excluded: Iterable[tuple[str, str]] = ()) -> str:
        """Let it play from a slot, without some plugins (location, plugin); return what the system did not allow.

        Raises
        ------
        AmpboardError
            When the device cannot be opened.
        """
        self._say(slot=slot, excluded=list(excluded))
        return str(self._expect(START_SECONDS, "starting")["note"])

    def send(self, command: Command, *, slot: int = 0, index: int = 0, value: float = 0.0) -> bool:
        """Send a command; False when the ring is full, which is counted as dropped."""
        return self.region.commands.push(self._record(Record(command, slot=slot, index=index, value=value)))

    def send_bundle(self, records: Sequence[Record]) -> bool:
        """Send commands that take effect in the same block: a snapshot."""
        return self.region.commands.push_bundle([self._record(record) for record in records])

    def events(self) -> list[Record]:
        """What has happened since the last call."""
        found: list[Record] = []
        while (record := self.region.events.pop()) is not None:
            found.append(record)
        return found

    def error(self) -> str:
        """What it said when it ended by itself, if anything."""
        answer = self._hear(0.0)
        return str(answer.get("error", "")) if answer else ""

    @property
    def culprit(self) -> Culprit | None:
        """The foreign plugin that it is calling, or was when it ended."""
        return Culprit.read(self.region)

    def times(self) -> CallbackTimes:
        """Its callback times so far."""
        return CallbackTimes.of(Histogram.read(self.region), self.facts.budget)

    @property
    def dropped(self) -> int:
        """Commands and events that found their ring full."""
        return self.region.commands.dropped + self.region.events.dropped

    def kill(self) -> None:
        """End it at once, as it stands."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it, and give the shared memory back; what it has reported can still be read."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self.region.remove()

    def _record(self, record: Record) -> Record:
        self._sent += 1
        return record._replace(number=self._sent, stamp=time.monotonic_ns())

    def _say(self, **fields: Any) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(line(**fields))
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: whoever waits for its answer will say so

    def _hear(self, seconds: float) -> dict[str, Any] | None:
        """The next line within some time; empty when it has ended."""
        assert self._process.stdout
        descriptor, end = self._process.stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self._unread:
            if not select.select([descriptor], [], [], max(end - time.monotonic(), 0.0))[0]:
                return None
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                return {}
            self._unread += piece
        text, _, self._unread = self._unread.partition(b"\n")
        return json.loads(text)

    def _expect(self, seconds: float, doing: str) -> dict[str, Any]:
        answer = self._hear(seconds)
        if answer is None:
            self._process.kill()
            raise DeviceError(f"the engine did not answer within {seconds:g} s of {doing}: see its messages above")
        if not answer:
            code = self._process.wait()
            raise DeviceError(f"the engine ended while {doing} (exit code {code}): see its messages above")
        if "error" in answer:
            kind = getattr(errors, str(answer["kind"]), DeviceError)
            raise (kind if issubclass(kind, AmpboardError) else DeviceError)(str(answer["error"]))
        return answer

    def _take_facts(self, answer: dict[str, Any]) -> None:
        if "ready" in answer:
            self.facts = Facts.from_json(answer["ready"])
