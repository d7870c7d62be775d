"""The numbers of plugins and chains as knobs."""

import math
from collections.abc import Mapping
from typing import Any, Final

import pedalboard

from ....bridge.chains.building import Chain
from ....bridge.chains.controls import ChainControl, plugin_controls
from ....bridge.plugins.lv2 import Lv2Plugin
from ....bridge.processors.kernel_plugin import KernelPlugin
from ....models.kernels.parameter import Parameter
from ..knob import Knob

UNITS: Final = {"_db": "dB", "_hz": "Hz", "_ms": "ms", "_seconds": "s"}
"""Endings of parameter names that tell the unit."""

NO_KNOBS: Final = frozenset({"buffer_size_frames", "sample_rate_frames"})
"""What plugins made with DPF show among their parameters, and the host sets."""


def plugin_panel(plugin: pedalboard.Plugin) -> tuple[Knob, ...]:
    """The knobs of a plugin as they stand now, named as `plugin_controls` names them."""
    stated = _stated(plugin)
    knobs = (_knob(name, control, stated.get(name)) for name, control in plugin_controls(plugin).items())
    return tuple(knob for knob in knobs if knob and knob.name not in NO_KNOBS)


def chain_panel(chain: Chain) -> tuple[Knob, ...]:
    """The knobs of a preset's chain as they stand now, ``node.parameter``, as `Chain.set_parameter` names them."""
    stated = {
        f"{node}.{name}": parameter
        for node, plugin in chain.nodes.items()
        if not isinstance(plugin, pedalboard.Mix)
        for name, parameter in _stated(plugin).items()
    }
    knobs = (_knob(name, control, stated.get(name)) for name, control in chain.controls.items())
    return tuple(knob for knob in knobs if knob)


def _stated(plugin: pedalboard.Plugin) -> Mapping[str, Parameter]:
    """What the plugin itself says about its numbers, by name."""
    if isinstance(plugin, Lv2Plugin):
        return {plugin.kernel.symbols[p.name]: p for p in plugin.kernel.parameters}
    if isinstance(plugin, KernelPlugin):
        return {p.name: p for p in plugin.kernel.parameters}
    if isinstance(plugin, pedalboard.VST3Plugin):
        parameters: Mapping[str, Any] = plugin.parameters  # pyright: ignore[reportAttributeAccessIssue]
        return {name: _vst3_parameter(name, p) for name, p in parameters.items() if _is_number(p)}
    return {}


def _is_number(parameter: Any) -> bool:
    return parameter.type is bool or (parameter.type is float and parameter.range[0] < parameter.range[1])


def _vst3_parameter(name: str, parameter: Any) -> Parameter:
    is_switch = parameter.type is bool
    low, high = (0.0, 1.0) if is_switch else parameter.range[:2]
    unit = str(parameter.label or "").strip()
    return Parameter(
        name, str(parameter.name), unit, low, high, low, steps=int(is_switch), logarithmic=unit == "Hz" and low > 0
    )


def _knob(name: str, control: ChainControl, stated: Parameter | None) -> Knob | None:
    parameter = stated or _from_range(name, control)
    if parameter is None:
        return None
    value = min(max(control.read(), parameter.minimum), parameter.maximum)
    return Knob(name, min(max(parameter.position(value), 0.0), 1.0), parameter)


def _from_range(name: str, control: ChainControl) -> Parameter | None:
    low, high = control.range
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None  # a knob has two ends
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
    return Parameter(name, name, unit, low, high, low, logarithmic=unit == "Hz" and low > 0)
