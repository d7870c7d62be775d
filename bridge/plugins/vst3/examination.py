"""All plugins of a VST3 file, looked at in child processes."""

from collections.abc import Sequence
from pathlib import Path

from ..identity import PluginIdentity
from ..quarantine import Verdict, find_verdict
from ..trial import hold_trial
from .entry import Vst3Entry


def examine_vst3(path: Path, *, time_limit: float | None = None) -> tuple[Vst3Entry, ...]:
    """Look at all plugins of a VST3 file; a file whose verdict is kept costs nothing.

    Parameters
    ----------
    path : Path
        File or bundle.
    time_limit : float, optional
        As for `ensure_loadable`.

    Returns
    -------
    tuple of Vst3Entry
        One for each plugin; those that crashed, hung or refused hold that verdict and no facts. A file that does not
        even tell what it holds is one entry.
    """
    whole = _verdict(PluginIdentity.vst3(path), time_limit)
    names: Sequence[str] = whole.facts.get("plugins", ())
    if not names:
        return (Vst3Entry.from_verdict(path, "", whole),)
    return tuple(
        Vst3Entry.from_verdict(path, name, _verdict(PluginIdentity.vst3(path, name), time_limit)) for name in names
    )


def _verdict(identity: PluginIdentity, time_limit: float | None) -> Verdict:
    return find_verdict(identity) or hold_trial(identity, time_limit=time_limit)
