"""What a capture command prints and writes: the checks as a table, and the folder when nothing is wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ....models.errors import AudioError, ParameterError
from ..capture import NEVER_IGNORED, SEVERITIES, Capture, Finding
from ..folder import TABLE, load_capture
from ..making import join_captures
from ..report import measured

RESULTS: Final[Mapping[str, str]] = {"ok": "ok", "warning": "warning", "error": "wrong"}


def check_folder(folder: Path, *, overwrite: bool, add: bool = False) -> None:
    """Refuse a folder that cannot take a capture, before minutes of sound are made.

    Raises
    ------
    ParameterError
        When there is something in it that is to stay, or nothing that can be added to.
    """
    is_capture = (folder / TABLE).is_file()
    if add and not is_capture:
        raise ParameterError(f"{folder}: holds no capture to add to; leave --add out")
    if folder.exists() and not is_capture:
        raise ParameterError(f"{folder}: exists and is no capture; use another name")
    if is_capture and not (overwrite or add):
        raise ParameterError(f"{folder}: exists; use --overwrite, --add for another setting, or another name")


def finish(capture: Capture, folder: Path, *, overwrite: bool, as_json: bool, add: bool = False) -> None:
    """Print what the checks found, and write the folder, whole or not at all.

    Parameters
    ----------
    capture : Capture
        What was made.
    folder : Path
        Where it goes.
    overwrite : bool
        Whether an earlier capture there is replaced.
    add : bool
        Whether its takes join those that are there.
    as_json : bool
        Print JSON instead of a table.

    Raises
    ------
    AudioError
        When a check that is not ignored found an error: nothing is written.
    """
    if add:
        capture = _added(load_capture(folder), capture)
    print_capture(capture, None if capture.errors else folder, as_json=as_json)
    refuse(capture, "it is not written")
    capture.save(folder, overwrite=overwrite or add)


def refuse(capture: Capture, consequence: str) -> None:
    """Raise one line when a check found an error that is not ignored; see `finish`."""
    if capture.errors:
        names = ",".join(dict.fromkeys(error.check for error in capture.errors))
        final = any(error.check in NEVER_IGNORED for error in capture.errors)
        raise AudioError(
            f"{capture.name}: {consequence}: {names.replace(',', ', ')} {'is' if ',' not in names else 'are'} wrong; "
            "do as the table says" + ("" if final else f", or use it as it is with --ignore-checks {names}")
        )


def print_capture(capture: Capture, folder: Path | None, *, as_json: bool) -> None:
    """Print what a capture is and what its checks found."""
    from ....bridge.cli.output import print_facts, print_json, print_rows

    facts = {
        "capture": str(folder) if folder else None,
        "name": capture.name,
        "signal": capture.layout,
        "sample_rate": capture.sample_rate,
        "seconds": round(capture.takes[0].audio.size / capture.sample_rate, 2),
        "knobs": list(capture.knobs),
        "takes": [take.name for take in capture.takes],
        "latency_frames": [take.latency_frames for take in capture.takes],
        "ignored_checks": list(capture.ignored),
    }
    if as_json:
        findings = [vars(finding) for finding in capture.findings]
        print_json({**facts, "gear": dict(capture.gear), "findings": findings})
        return
    print_rows(_rows(capture), as_json=False)
    print_facts({key: value for key, value in facts.items() if key != "latency_frames"}, as_json=False)


def shown(findings: Sequence[Finding]) -> list[tuple[Finding, int]]:
    """What a short table shows: the largest figure of each check, and of how many takes it is the largest.

    Takes with which something is wrong are not counted with those that are well; what is wrong comes first.
    """
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.check, finding.severity), []).append(finding)
    wrong = {check for check, severity in groups if severity != "ok"}
    rows = [
        (max(group, key=lambda finding: abs(finding.measured)), len(group))
        for (check, severity), group in groups.items()
        if severity != "ok" or check not in wrong
    ]
    return sorted(rows, key=lambda row: -SEVERITIES.index(row[0].severity))


def _rows(capture: Capture) -> list[dict[str, Any]]:
    found = shown(capture.findings)
    several = len(capture.takes) > 1 and any(finding.severity != "ok" for finding, _ in found)
    mended = any(finding.remedy for finding, _ in found)
    rows: list[dict[str, Any]] = []
    for finding, takes in found:
        ignored = finding.severity == "error" and finding.check in capture.ignored
        which = (
            "all" if takes == len(capture.takes) else finding.take if takes == 1 else f"{takes}: {finding.take}, ..."
        )
        rows.append(
            {
                "check": finding.check,
                "result": "ignored" if ignored else RESULTS[finding.severity],
                **({"take": which} if several else {}),
                "measured": measured(finding),
                "in words": finding.words,
                **({"what to do": finding.remedy} if mended else {}),
            }
        )
    return rows


def _added(old: Capture, new: Capture) -> Capture:
    places = {take.knobs: take.name for take in old.takes}
    for take in new.takes:
        if take.knobs in places:
            raise ParameterError(
                f"{old.name} has a take at this setting already ({places[take.knobs]}): turn a knob and say so with "
                "--knob, or begin a new folder"
            )
    return join_captures([old, new], name=old.name)
