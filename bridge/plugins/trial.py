"""The first loading of a foreign plugin happens in a child process: what kills it there is written down.

The child makes the plugin, asks for its parameters, plays noise and silence, saves and restores its state, and ends.
The verdict is kept (see `quarantine`), so that a plugin that has passed is never tried again until its file changes.
"""

import os
from collections.abc import Callable
from queue import Empty
from typing import Any, Final, TypeVar

import pedalboard

from ...models.errors import ParameterError, PluginError
from ..child_process import ChildProcess, Ended
from ..native.floating_point import floating_point_mode_kept
from .entering import entered, remember_identity
from .identity import PluginIdentity
from .quarantine import Verdict, find_verdict, record_verdict
from .trial_steps import Named, Passed, Refused, Step

TRUST_VARIABLE: Final = "AMPBOARD_TRUST_PLUGINS"
LIMIT_VARIABLE: Final = "AMPBOARD_PLUGIN_TIME_LIMIT"
TIME_LIMIT: Final = 20.0  # seconds a plugin may take for one thing

_CHILD: Final = f"{__package__}.trial_child"

Loaded = TypeVar("Loaded", bound=pedalboard.Plugin)


def load_safely(identity: PluginIdentity, make: Callable[[], Loaded]) -> Loaded:
    """Load a foreign plugin of any kind: tried first, then made here, and known by its identity from then on.

    Parameters
    ----------
    identity : PluginIdentity
        Which.
    make : callable
        Makes the plugin in this process.

    Raises
    ------
    PluginError
        See `ensure_loadable`, and whatever `make` raises.
    """
    ensure_loadable(identity)
    with entered((identity,), "loading"), floating_point_mode_kept():
        plugin = make()
    remember_identity(plugin, identity)
    return plugin


def ensure_loadable(identity: PluginIdentity, *, time_limit: float | None = None) -> None:
    """Raise unless a plugin has survived its trial; hold the trial when there was none.

    A plugin that only refused to load is tried again each time: what it missed may be there now.

    Parameters
    ----------
    identity : PluginIdentity
        ``PluginIdentity.vst3(path, plugin_name)`` or ``PluginIdentity.lv2(uri, binary)``.
    time_limit : float, optional
        Seconds each step of the trial may take; see `plugin_time_limit`.

    Raises
    ------
    PluginError
        When the plugin crashed, hung or refused: names it, the reason, when, and the remedy.
    """
    if is_trusting():
        return
    verdict = find_verdict(identity)
    if verdict is None or verdict.outcome == "refused":
        verdict = hold_trial(identity, time_limit=time_limit)
    if verdict.is_dangerous:
        raise PluginError(
            f"{identity.name}: not loaded: {verdict} ({verdict.when}): update the plugin, or try it again after "
            f"`{clear_command(identity)}`"
        )
    if verdict.outcome == "refused":
        raise PluginError(f"{identity.name}: the plugin cannot be loaded: {verdict.reason}")


def hold_trial(identity: PluginIdentity, *, time_limit: float | None = None) -> Verdict:
    """Try a plugin in a child process, whatever is known of it, and keep the verdict.

    Parameters
    ----------
    identity, time_limit
        As for `ensure_loadable`.
    """
    limit = plugin_time_limit() if time_limit is None else time_limit
    with ChildProcess(_CHILD, identity, environment={TRUST_VARIABLE: "1"}) as child:
        return record_verdict(identity, _watch(child, limit))


def clear_command(identity: PluginIdentity) -> str:
    """What to type for another trial of a plugin."""
    name = identity.short_name
    quoted = f'"{name}"' if set(name) & set(" ()&;'#") else name
    return f"ampboard plugins clear {quoted}"


def is_trusting() -> bool:
    """Whether plugins are loaded without a trial: ``AMPBOARD_TRUST_PLUGINS`` is set to anything but 0."""
    return os.environ.get(TRUST_VARIABLE, "0") not in ("", "0")


def plugin_time_limit() -> float:
    """Seconds a plugin may take for one thing until it is said to hang: ``AMPBOARD_PLUGIN_TIME_LIMIT``, else 20.

    Raises
    ------
    ParameterError
        When the variable is not a number above 0.
    """
    text = os.environ.get(LIMIT_VARIABLE) or str(TIME_LIMIT)
    try:
        limit = float(text)
    except ValueError:
        limit = 0.0
    if not 0.0 < limit <= 86_400.0:
        raise ParameterError(f"{LIMIT_VARIABLE} is {text!r}: use seconds above 0")
    return limit


def _watch(child: ChildProcess, limit: float) -> Verdict:
    """Follow a trial to its end. Nothing but silence counts as hanging: a slow plugin that gets on is let be."""
    stage, result = "", None
    known: dict[str, Any] = {}
    while True:
        try:
            message = child.receive(limit)
        except Empty:
            child.kill()
            return Verdict("hung", f"{limit:g} s", stage, output=child.last_words, facts=known)
        match message:
            case Step(name):
                stage = name
            case Named(name):
                known["name"] = name
            case Passed() | Refused():
                result = message
            case Ended(status):
                break
            case _:
                pass
    match result:
        case Passed(facts) if status == 0:
            return Verdict("ok", facts={**known, **facts})
        case Refused(reason, facts) if status == 0:
            return Verdict("refused", reason, stage, facts={**known, **facts})
        case _:
            return Verdict("crashed", Ended(status).reason, stage, output=child.last_words, facts=known)
