"""Bundles read in processes of their own: several at a time, and what a library prints or breaks stays there."""

import os
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from ...child_process import ChildProcess, Ended, Inbox
from .bundles.reading import ReaderName, default_reader
from .bundles.statements import Problem
from .bundles.summary import BundleSummary
from .scan_child import ScanRequest

_MOST_PROCESSES: Final = 8


def scan_bundles(
    bundles: Mapping[Path, str], *, reader: ReaderName | None = None, processes: int | None = None
) -> dict[Path, BundleSummary]:
    """Read bundles, and keep what they say of their plugins in the cache.

    Parameters
    ----------
    bundles : mapping
        Fingerprint of each.
    reader : {"lilv", "turtle"}, optional
        `default_reader` when left out.
    processes : int, optional
        How many share the work; as many as there are processors when left out.
    """
    if not bundles:
        return {}
    count = processes or min(os.cpu_count() or 1, _MOST_PROCESSES)
    chosen = reader or default_reader()
    inbox: Inbox = SimpleQueue()
    parts: defaultdict[Path, list[BundleSummary]] = defaultdict(list)
    ends: list[Ended] = []
    with ExitStack() as children:
        for share in range(count):
            request = ScanRequest(tuple(bundles.items()), chosen, (share, count))
            children.enter_context(ChildProcess(f"{__package__}.scan_child", request, inbox=inbox))
        while len(ends) < count:
            _, message = inbox.get()
            if isinstance(message, Ended):
                ends.append(message)
            else:
                parts[message.path].append(message)
    reasons = ", ".join(end.reason for end in ends if end.status)
    return {path: _joined(path, parts[path], missing=len(parts[path]) < count, reasons=reasons) for path in bundles}


def _joined(path: Path, parts: list[BundleSummary], *, missing: bool, reasons: str) -> BundleSummary:
    problems = dict.fromkeys(problem for part in parts for problem in part.problems)
    if missing:
        problems[Problem(path, f"the process that read it ended early: {reasons}")] = None
    return BundleSummary(
        path,
        tuple(sorted((plugin for part in parts for plugin in part.plugins), key=lambda plugin: plugin.uri)),
        tuple(sorted((p for part in parts for p in part.presets), key=lambda preset: (preset.plugin, preset.uri))),
        tuple(problems),
        is_complete=not missing,
    )
