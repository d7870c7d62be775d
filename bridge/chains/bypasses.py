"""Ways to take a node out of a running chain, as controls of 0 and 1."""

from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import pedalboard

from .controls import SWITCH, ChainControl

_ON: Final = 0.5


def swap_bypass(container: Any, index: int, plugin: pedalboard.Plugin) -> ChainControl:
    """Bypass by taking the plugin out of its container; it comes back at rest."""
    bypassed = False

    def switch(value: float) -> None:
        nonlocal bypassed
        if (value >= _ON) == bypassed:
            return
        bypassed = not bypassed
        if not bypassed:
            plugin.reset()
        container[index] = pedalboard.Chain([]) if bypassed else plugin

    return ChainControl(lambda: float(bypassed), switch, SWITCH)


def own_bypass(enabled: ChainControl) -> ChainControl:
    """Bypass by the plugin's own switch, which fades and keeps the latency."""
    return ChainControl(
        lambda: float(enabled.read() < _ON), lambda value: enabled.write(float(value < _ON)), enabled.range
    )


def dry_bypass(controls: MutableMapping[str, ChainControl], dry: Mapping[str, float]) -> ChainControl:
    """Bypass by moving a node's own controls to where it is dry: smooth, and the dry signal keeps its latency.

    Parameters
    ----------
    controls : mapping of str to ChainControl
        Controls of the chain; those named by `dry` are replaced by ones that wait while the node is bypassed.
    dry : mapping of str to float
        Where they stand when it is.
    """
    inner = {target: controls[target] for target in dry}
    kept: dict[str, float] = {}  # what the controls were set to, while bypassed

    def switch(value: float) -> None:
        if value >= _ON and not kept:
            kept.update({target: control.read() for target, control in inner.items()})
            for target, value_when_dry in dry.items():
                inner[target].write(value_when_dry)
        elif value < _ON and kept:
            for target, control in inner.items():
                control.write(kept[target])
            kept.clear()

    def shielded(target: str, control: ChainControl) -> ChainControl:
        def write(value: float) -> None:
            if kept:
                kept[target] = value
            else:
                control.write(value)

        return ChainControl(lambda: kept.get(target, control.read()), write, control.range)

    controls.update({target: shielded(target, control) for target, control in inner.items()})
    return ChainControl(lambda: float(bool(kept)), switch, SWITCH)
