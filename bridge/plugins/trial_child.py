"""The process in which a plugin is tried: ``python -m ampboard.bridge.plugins.trial_child``, started by `trial`."""

import contextlib
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ...models.errors import AmpboardError
from ..child_process import ParentChannel, connect_to_parent
from .identity import PluginIdentity, PluginKind
from .trial_steps import Named, Passed, Refused, Step, Tell

MEMORY: Final = 8 << 30  # bytes of address space that a plugin may add


def main() -> None:
    """Try the plugin that the parent names."""
    parent = connect_to_parent()
    identity = parent.receive()
    run = _trial_of(identity.kind)
    if identity.kind == "lv2":
        _tell_name(identity, parent)
    _limit_memory()
    parent.send(_result(parent, identity, run))
    gc.collect()
    parent.send(Step("being unloaded"))  # what is left happens when the interpreter ends


def _result(
    parent: ParentChannel, identity: PluginIdentity, run: Callable[[PluginIdentity, Tell], Passed | Refused]
) -> Passed | Refused:
    try:
        return run(identity, lambda name: parent.send(Step(name)))
    except (AmpboardError, ImportError, ValueError, RuntimeError, OSError) as error:
        return Refused(" ".join(str(error).split()) or type(error).__name__)


def _trial_of(kind: PluginKind) -> Callable[[PluginIdentity, Tell], Passed | Refused]:
    """The trial of a kind, imported here alone: each needs its own half of the bridge."""
    if kind == "vst3":
        from .vst3.trial import try_vst3

        return try_vst3
    return _try_lv2


def _tell_name(identity: PluginIdentity, parent: ParentChannel) -> None:
    from .lv2.discovery import describe_lv2

    with contextlib.suppress(AmpboardError):  # which the trial will meet again
        parent.send(Named(describe_lv2(identity.location).name))


def _try_lv2(identity: PluginIdentity, tell: Tell) -> Passed:
    from .lv2 import load_lv2
    from .trial_steps import play_effect

    tell("loading")
    plugin: Any = load_lv2(identity.location)
    channels = play_effect(plugin, tell)
    if hasattr(plugin, "restore"):
        tell("saving its state")
        state = plugin.state
        tell("restoring its state")
        plugin.restore(state)
        play_effect(plugin, tell)
    tell("being deleted")
    return Passed({"channels": channels})


def _limit_memory() -> None:
    if sys.platform != "linux":
        return
    import resource

    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = in_use + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))


if __name__ == "__main__":
    main()
