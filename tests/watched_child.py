"""A child process that is asked, watched, and replaced when it dies or hangs."""

import json
import os
import selectors
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

REPOSITORY = Path(__file__).resolve().parents[1]
LONGEST = 30.0  # seconds a file may take
STARTING = 120.0  # more for the first: imports and compilation


@dataclass(frozen=True)
class Outcome:
    """What became of a file: ``ok``, ``refused``, or why it is neither: ``failure``, ``died`` or ``hung``."""

    word: str
    reason: str = ""

    @property
    def bad(self) -> bool:
        """Whether it is neither success nor a refusal."""
        return self.word not in ("ok", "refused")


class Worker:
    """Gives work to a child process, line by line: a target and a name, tab between; answers are a word and a reason.

    Parameters
    ----------
    command : sequence of str
        The child.
    longest : float
        Seconds until it is said to hang.
    environment : dict
        Added to this process's environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        longest: float = LONGEST,
        starting: float = STARTING,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._command, self._longest, self._starting = tuple(command), longest, starting
        self._environment = os.environ | (environment or {})
        self._child: subprocess.Popen[bytes] | None = None
        self._said = TemporaryFile()  # noqa: SIM115 - closed with the worker

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._said.close()

    def stop(self) -> int:
        """End the child; return its exit status."""
        if self._child is None:
            return 0
        child, self._child = self._child, None
        child.kill()
        child.communicate()
        return child.returncode

    def run(self, target: str, name: Path | str) -> Outcome:
        """Give something to a target and wait for the outcome."""
        longest = self._longest
        if self._child is None:
            longest = self._starting
            self._said.seek(0)
            self._said.truncate()
            self._child = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
            )
        child = self._child
        assert child.stdin
        assert child.stdout
        try:
            child.stdin.write(f"{target}\t{name}\n".encode())
            child.stdin.flush()
        except BrokenPipeError:
            return self._died()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            if not selector.select(longest):
                self.stop()
                return Outcome("hung", f"no answer within {longest:g} s")
        word, _, reason = child.stdout.readline().decode().rstrip("\n").partition("\t")
        return Outcome(word, json.loads(reason) if reason else "") if word else self._died()

    def _died(self) -> Outcome:
        assert self._child
        self._child.wait()
        self._said.seek(0)
        last_words = self._said.read()[-2_000:].decode(errors="replace")
        return Outcome("died", f"{last_words}\nexit status {self.stop()}")
