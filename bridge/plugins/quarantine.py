"""What became of plugins when they were tried: verdicts that last, one file a plugin, so that processes do not collide.

They lie in ``plugins/verdicts`` of ampboard's data folder, or in the folder that ``AMPBOARD_PLUGIN_RECORDS`` names.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from platformdirs import user_data_path

from ...models.errors import PluginError
from ...models.writing import write_atomically
from .identity import Fingerprint, PluginIdentity

FOLDER_VARIABLE: Final = "AMPBOARD_PLUGIN_RECORDS"

Outcome = Literal["ok", "crashed", "hung", "refused"]


@dataclass(frozen=True)
class Verdict:
    """How a plugin fared.

    Attributes
    ----------
    outcome : {"ok", "crashed", "hung", "refused"}
    reason : str
        The signal (``SIGSEGV``), the time (``20 s``), or the plugin's own words.
    stage : str
        What it was doing: ``loading``, ``processing 2 channels at 48000 Hz``, ``restoring its state``, ...
    when : str
        Time in UTC, ISO 8601.
    output : str
        The end of what it printed.
    facts : mapping
        Its name, and what was learned of a plugin that is ok; see `Vst3Entry`.
    """

    outcome: Outcome
    reason: str = ""
    stage: str = ""
    when: str = ""
    output: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_dangerous(self) -> bool:
        """Whether the plugin would take the process down or stop it for good."""
        return self.outcome in ("crashed", "hung")

    def __str__(self) -> str:
        while_doing = f" while {self.stage}" if self.stage else ""
        match self.outcome:
            case "ok":
                return "ok"
            case "crashed":
                return f"it crashed with {self.reason}{while_doing}"
            case "hung":
                return f"it hung for {self.reason}{while_doing}"
            case "refused":
                return f"it was refused{while_doing}: {self.reason}"


@dataclass(frozen=True)
class PluginRecord:
    """A verdict on file: of which plugin, and of which version of its code."""

    identity: PluginIdentity
    fingerprint: Fingerprint
    verdict: Verdict

    @property
    def is_current(self) -> bool:
        """Whether the code is still the one that was tried."""
        return bool(self.fingerprint) and self.fingerprint == self.identity.fingerprint()


def records_folder() -> Path:
    """Where verdicts lie; it need not exist."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else user_data_path("ampboard", appauthor=False) / "plugins" / "verdicts"


def find_verdict(identity: PluginIdentity) -> Verdict | None:
    """The verdict on a plugin as its file is now; None when it was never tried."""
    record = _read(_file(identity))
    return record.verdict if record and record.identity == identity and record.is_current else None


def record_verdict(identity: PluginIdentity, verdict: Verdict) -> Verdict:
    """Keep a verdict on a plugin, in place of an older one; return it as it will be found."""
    dated = verdict if verdict.when else replace(verdict, when=datetime.now(UTC).isoformat(timespec="seconds"))
    if "name" not in verdict.facts and (name := _known_name(identity)):
        dated = replace(dated, facts={**dated.facts, "name": name})
    content = json.dumps(asdict(PluginRecord(identity, identity.fingerprint(), dated)), default=str, indent=1)
    try:
        write_atomically(_file(identity), content.encode())
    except OSError as error:
        raise PluginError(
            f"{records_folder()}: what became of {identity.name} cannot be kept ({error.strerror}): "
            f"make it writable, or name another folder in {FOLDER_VARIABLE}"
        ) from error
    return Verdict(**json.loads(content)["verdict"])


def plugin_records() -> tuple[PluginRecord, ...]:
    """All verdicts on file, by plugin, outdated ones too."""
    return tuple(sorted((record for _, record in _records()), key=lambda record: record.identity.key))


def clear_verdicts(name: str | None = None) -> tuple[PluginIdentity, ...]:
    """Forget verdicts, so that the plugins are tried again when they are next loaded.

    Parameters
    ----------
    name : str, optional
        A plugin's path, file name, URI or name, in any case; all plugins when left out.

    Returns
    -------
    tuple of PluginIdentity
        Whose verdicts are forgotten.

    Raises
    ------
    PluginError
        When there is a name and no such verdict.
    """
    cleared: list[PluginIdentity] = []
    for file, record in list(_records()):
        if name is None or record.identity.is_called(name) or _is_named(record, name):
            file.unlink(missing_ok=True)
            cleared.append(record.identity)
    if name is not None and not cleared:
        raise PluginError(f"no verdict on a plugin {name!r} is kept: give its file name, path, URI or name")
    return tuple(cleared)


def _is_named(record: PluginRecord, name: str) -> bool:
    return str(record.verdict.facts.get("name", "")).casefold() == name.casefold()


def _known_name(identity: PluginIdentity) -> str:
    """What an earlier verdict calls it: who records a crash may not know."""
    record = _read(_file(identity))
    return str(record.verdict.facts.get("name", "")) if record and record.identity == identity else ""


def _file(identity: PluginIdentity) -> Path:
    return records_folder() / f"{hashlib.sha256(identity.key.encode()).hexdigest()[:32]}.json"


def _records() -> Iterator[tuple[Path, PluginRecord]]:
    for file in sorted(records_folder().glob("*.json")):
        if record := _read(file):
            yield file, record


def _read(file: Path) -> PluginRecord | None:
    """The record in a file; None when there is none, or none that this version understands."""
    try:
        data: dict[str, Any] = json.loads(file.read_bytes())
        identity: dict[str, Any] = data["identity"]
        return PluginRecord(
            PluginIdentity(identity["kind"], identity["location"], identity["plugin"], Path(identity["binary"])),
            tuple((str(name), int(size), int(time)) for name, size, time in data["fingerprint"]),
            Verdict(**data["verdict"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
