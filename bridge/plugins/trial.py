"""The first loading of a foreign plugin happens in a child process: what kills it there is written down."""

import os
from collections.abc import Callable
from typing import Final, TypeVar

import pedalboard

from .entering import entered, remember_identity
from .identity import PluginIdentity

TRUST_VARIABLE: Final = "AMPBOARD_TRUST_PLUGINS"
LIMIT_VARIABLE: Final = "AMPBOARD_PLUGIN_TIME_LIMIT"
TIME_LIMIT: Final = 20.0  # seconds a plugin may take for one thing

Loaded = TypeVar("Loaded", bound=pedalboard.Plugin)


def ensure_loadable(identity: PluginIdentity, *, time_limit: float | None = None) -> None:
    """Raise unless a plugin has survived its trial; hold the trial when there was none.

    Parameters
    ----------
    identity : PluginIdentity
        ``PluginIdentity.vst3(path, plugin_name)`` or ``PluginIdentity.lv2(uri, binary)``.
    time_limit : float, optional
        Seconds each step of the trial may take; ``AMPBOARD_PLUGIN_TIME_LIMIT``, or 20, when left out.

    Raises
    ------
    PluginError
        When the plugin crashed, hung or refused: names it, the reason, when, and the remedy.
    """
    if is_trusting():
        return


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
    with entered((identity,), "loading"):
        plugin = make()
    remember_identity(plugin, identity)
    return plugin


def is_trusting() -> bool:
    """Whether plugins are loaded without a trial: ``AMPBOARD_TRUST_PLUGINS`` is set to anything but 0."""
    return os.environ.get(TRUST_VARIABLE, "0") not in ("", "0")
