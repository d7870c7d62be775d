"""The numbers of a running chain that MIDI and snapshots move, by name."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pedalboard

from ...models.errors import ParameterError
from ...models.kernels.contract import Parameter
from ...presets.builtins import BuiltinParameter, builtin_parameters
from ..plugins.lv2 import Lv2Plugin
from ..plugins.lv2.bundles.vocabulary import LV2
from ..plugins.vst3 import set_vst3_parameter
from ..processors.kernel_plugin import KernelPlugin

SWITCH = (0.0, 1.0)
_ON = 0.5

GLIDE_SECONDS: Final = 0.02

JUMPING: Final = frozenset({"bit_depth", "delay_seconds", "semitones", "target_sample_rate", "vbr_quality"})
"""Parameters of pedalboard's processors that would only sound worse on the way."""


@dataclass(frozen=True)
class ChainControl:
    """One number of a chain.

    Attributes
    ----------
    read : callable
        Its present value.
    write : callable
        Set it; heard from the next block on.
    range : tuple of (float, float)
        Smallest and largest value.
    glide : float
        Seconds that a move under sound takes, in small steps; 0 where the processor smooths by itself or has to jump.
    """

    read: Callable[[], float]
    write: Callable[[float], None]
    range: tuple[float, float]
    glide: float = 0.0

    def check(self, name: str, value: float) -> float:
        """Return `value` as float; raise `ParameterError` when it is out of range or not finite."""
        low, high = self.range
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ParameterError(f"{name} is {value!r}: use a number from {low:g} to {high:g}") from None
        if not low <= number <= high:
            raise ParameterError(f"{name} is {value:g}: use a value from {low:g} to {high:g}")
        return number


def attribute_control(
    plugin: pedalboard.Plugin, name: str, limits: tuple[float, float], *, glide: float = GLIDE_SECONDS
) -> ChainControl:
    """A control of a plugin's numeric attribute."""
    return ChainControl(lambda: float(getattr(plugin, name)), lambda value: setattr(plugin, name, value), limits, glide)


def plugin_controls(plugin: pedalboard.Plugin) -> Mapping[str, ChainControl]:
    """All numbers of a processor by parameter name."""
    if isinstance(plugin, Lv2Plugin):
        symbols = plugin.kernel.symbols
        return {symbols[p.name]: _kernel_control(plugin, p) for p in plugin.kernel.parameters}
    if isinstance(plugin, KernelPlugin):
        return {p.name: _kernel_control(plugin, p) for p in plugin.kernel.parameters}
    if isinstance(plugin, pedalboard.VST3Plugin):
        parameters: Mapping[str, Any] = plugin.parameters  # pyright: ignore[reportAttributeAccessIssue]
        return {n: _foreign_control(plugin, n, p) for n, p in parameters.items() if p.type in (float, bool)}
    builtin = builtin_parameters(type(plugin).__name__).values()
    return {p.name: _builtin_control(plugin, p) for p in builtin if not p.choices}


def enabling_control(plugin: pedalboard.Plugin) -> ChainControl | None:
    """The control of a plugin's own on/off switch, where it has one."""
    if isinstance(plugin, Lv2Plugin):
        for port in plugin.description.control_inputs:
            if port.designation == LV2 + "enabled":
                return plugin_controls(plugin)[port.symbol]
    return None


def _kernel_control(plugin: KernelPlugin, parameter: Parameter) -> ChainControl:
    foreign = isinstance(plugin, Lv2Plugin)  # ours smooth what must be smoothed
    glide = GLIDE_SECONDS if foreign and not parameter.steps else 0.0
    return attribute_control(plugin, parameter.name, (parameter.minimum, parameter.maximum), glide=glide)


def _builtin_control(plugin: pedalboard.Plugin, parameter: BuiltinParameter) -> ChainControl:
    if parameter.is_switch:
        return _switch(plugin, parameter.name)
    glide = 0.0 if parameter.name in JUMPING else GLIDE_SECONDS
    return attribute_control(plugin, parameter.name, parameter.range or (-math.inf, math.inf), glide=glide)


def _switch(plugin: pedalboard.Plugin, name: str) -> ChainControl:
    return ChainControl(lambda: float(getattr(plugin, name)), lambda value: setattr(plugin, name, value >= _ON), SWITCH)


def _foreign_control(plugin: pedalboard.VST3Plugin, name: str, parameter: Any) -> ChainControl:
    if parameter.type is bool:
        return _switch(plugin, name)
    low, high, _ = parameter.range
    return ChainControl(
        lambda: float(getattr(plugin, name)), lambda value: set_vst3_parameter(plugin, name, value), (low, high)
    )
