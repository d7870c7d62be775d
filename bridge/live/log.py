"""The log of a show: what took effect at which frame, and how the engine fared, a JSON object a line.

The first line of each engine (there is another one when a plugin has ended the first) tells what it played and how; the
last one of the file how it went. A replay needs nothing else but the sound that came in.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from ...models.errors import AudioError
from .records import Command, Event, Record
from .specification import Facts, Specification

VERSION: Final = 1
_COUNTS: Final = ("sample_rate", "block", "channels", "outputs", "slot")


class ShowLog:
    """Writes a log as the show goes on.

    Parameters
    ----------
    path : Path or None
        Where to; nowhere when None.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("w", encoding="utf-8") if path else None

    def start(self, specification: Specification, facts: Facts, excluded: tuple[tuple[str, str], ...]) -> None:
        """An engine begins to play."""
        self._write(
            "start",
            version=VERSION,
            preset=_lasting(specification.preset),
            setlist=_lasting(specification.setlist),
            slot=specification.slot,
            excluded=excluded,
            backend=facts.backend,
            sample_rate=facts.sample_rate,
            block=facts.block,
            channels=facts.channels,
            outputs=facts.outputs,
            latency=facts.latency,
            load_seconds=facts.seconds,
            memory=facts.memory,
            slots=facts.slots,
        )

    def event(self, record: Record, facts: Facts) -> None:
        """Something the engine reported; meters are left out."""
        if record.kind == Event.METERS:
            return
        fields: dict[str, Any] = {"frame": record.frame}
        if record.kind in (Event.APPLIED, Event.REFUSED):
            fields |= {
                "command": Command(record.command).name.lower(),
                "number": record.number,
                "slot": record.slot,
                "index": record.index,
                "value": record.value,
            }
            if record.command == Command.MOVE and 0 <= record.index < len(facts.controls):
                fields["target"] = facts.controls[record.index]["target"]
        else:
            fields |= {"slot": record.slot, "index": record.index, "number": record.number}
        self._write(Event(record.kind).name.lower(), **fields)

    def remark(self, kind: str, **fields: Any) -> None:
        """Something else that happened: a crash, a program that no slot answers."""
        self._write(kind, **fields)

    def close(self) -> None:
        """Write no more."""
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, kind: str, **fields: Any) -> None:
        if self._file:
            self._file.write(json.dumps({"event": kind, **fields}) + "\n")
            self._file.flush()


@dataclass(frozen=True)
class Played:
    """What one engine played, as its log tells.

    Attributes
    ----------
    start : mapping
        The line it began with.
    commands : tuple of (int, Record)
        The commands that took effect, with the frame before which they did.
    frames : int or None
        Frames it played, when it came to its end.
    """

    start: Mapping[str, Any]
    commands: tuple[tuple[int, Record], ...]
    frames: int | None

    @classmethod
    def read(cls, path: str | Path) -> list[Self]:
        """Read a log: one entry an engine.

        Raises
        ------
        AudioError
            When it cannot be read, or is no log: file and line are named.
        """
        found: list[Self] = []
        for number, line in enumerate(_lines(Path(path)), 1):
            try:
                if line["event"] == "start":
                    found.append(cls(_start(line), (), None))
                elif not found:
                    raise AudioError(f"{path}: no log of a show: its first line must be a start event")
                elif line["event"] == "applied":
                    last = found[-1]
                    found[-1] = cls(last.start, (*last.commands, (int(line["frame"]), _command(line))), None)
                elif line["event"] == "stopped":
                    found[-1] = cls(found[-1].start, found[-1].commands, int(line["frame"]))
            except (KeyError, TypeError, ValueError) as error:
                raise AudioError(f"{path}:{number}: the {line['event']} event is damaged: {error!r}") from None
        if not found:
            raise AudioError(f"{path}: no log of a show: it is empty")
        return found


def _start(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """A start event, each field of which that a replay needs is there."""
    for name in _COUNTS:
        int(line[name])
    if not isinstance(line["preset"] or line["setlist"], str):
        raise TypeError("preset or setlist")
    if not all(len(place) == 2 for place in line["excluded"]):
        raise ValueError("excluded")
    return line


def _lasting(place: str) -> str:
    """A file's place from the root on, so that the log is good from every folder; a name in the library as it is."""
    path = Path(place)
    return str(path.expanduser().absolute()) if path.suffix == ".toml" or len(path.parts) > 1 else place


def _command(line: Mapping[str, Any]) -> Record:
    return Record(
        Command[str(line["command"]).upper()],
        slot=int(line["slot"]),
        index=int(line["index"]),
        value=float(line["value"]),
    )


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from None
    for number, content in enumerate(text.splitlines(), 1):
        try:
            line = json.loads(content)
            line["event"]
        except (ValueError, TypeError, KeyError):
            raise AudioError(f"{path}:{number}: no log of a show: each line is a JSON object with an event") from None
        yield line
