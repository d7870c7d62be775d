"""pedalboard's own processors, their parameters and ranges.

Names, types and defaults come from the signatures that the installed pedalboard documents, so that a processor added
there needs no change here. pedalboard publishes no ranges: those are the table below. Importing this module does not
import pedalboard.
"""

import ast
import enum
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any, Final

# Processors that make no node: bases, containers, and those that a node type of their own replaces.
_OTHER_NODES: Final = {
    "Convolution": "cabinet",
    "VST3Plugin": "vst3",
    "AudioUnitPlugin": "vst3",
    "Pedalboard": "parallel",
    "Chain": "parallel",
    "Mix": "parallel",
}
_BASES: Final = {"Plugin", "PluginContainer", "ExternalPlugin", "IIRFilter"}

_UNIT: Final = (0.0, 1.0)
_MILLISECONDS: Final = (0.0, 5000.0)
_AUDIBLE: Final = (10.0, 20000.0)

# What a number may be: pedalboard's own limits where it has any, else what makes sense. By parameter, or by processor
# and parameter where that differs.
RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "attack_ms": _MILLISECONDS,
        "bit_depth": (1.0, 32.0),
        "ceiling_db": (-60.0, 0.0),
        "centre_delay_ms": (1.0, 100.0),
        "centre_frequency_hz": _AUDIBLE,
        "cutoff_frequency_hz": _AUDIBLE,
        "cutoff_hz": _AUDIBLE,
        "damping": _UNIT,
        "delay_seconds": (0.0, 30.0),
        "depth": _UNIT,
        "drive": (1.0, 100.0),
        "drive_db": (0.0, 60.0),
        "dry_level": _UNIT,
        "feedback": (-1.0, 1.0),
        "Delay.feedback": _UNIT,
        "freeze_mode": _UNIT,
        "gain_db": (-60.0, 24.0),
        "lookahead_ms": (0.1, 100.0),
        "mix": _UNIT,
        "q": (0.05, 50.0),
        "rate_hz": (0.0, 100.0),
        "Chorus.rate_hz": (0.0, 99.0),
        "ratio": (1.0, 100.0),
        "release_ms": _MILLISECONDS,
        "BrickwallLimiter.release_ms": (1.0, 5000.0),
        "resonance": _UNIT,
        "room_size": _UNIT,
        "semitones": (-72.0, 72.0),
        "target_sample_rate": (100.0, 384000.0),
        "threshold_db": (-120.0, 0.0),
        "vbr_quality": (0.0, 9.5),
        "wet_level": _UNIT,
        "width": _UNIT,
    }
)


@dataclass(frozen=True)
class BuiltinParameter:
    """A parameter of a pedalboard processor.

    Attributes
    ----------
    name : str
        Constructor argument and attribute.
    choices : tuple of str
        Names of the values when it is an enumeration, else empty.
    is_switch : bool
        Whether it is True or False.
    range : tuple of (float, float) or None
        Smallest and largest value of a number.
    default : float, bool or str
        What it is when nothing is said.
    """

    name: str
    choices: tuple[str, ...]
    is_switch: bool
    range: tuple[float, float] | None
    default: float | bool | str

    def problem(self, value: Any) -> str | None:
        """What is wrong with `value`, and what would be right; None when nothing is."""
        if self.choices:
            return None if value in self.choices else f"{value!r} is not one of {', '.join(self.choices)}"
        if self.is_switch:
            return None if isinstance(value, bool) else f"{value!r} is not a switch: use true or false"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"{value!r} is not a number: use {self._expected}"
        if self.range and not self.range[0] <= value <= self.range[1]:
            return f"{value:g} is out of range: use {self._expected}"
        return None

    @property
    def _expected(self) -> str:
        return f"a number from {self.range[0]:g} to {self.range[1]:g}" if self.range else "a number"


@cache
def builtin_classes() -> Mapping[str, type]:
    """The processors of pedalboard that may stand in a preset, by class name."""
    import pedalboard

    excluded = _OTHER_NODES.keys() | _BASES
    return MappingProxyType(
        {
            name: value
            for name, value in sorted(vars(pedalboard).items())
            if inspect.isclass(value)
            and issubclass(value, pedalboard.Plugin)
            and value.__name__ == name
            and name not in excluded
        }
    )


@cache
def builtin_parameters(plugin: str) -> Mapping[str, BuiltinParameter]:
    """Parameters of the processor of that class name, in the order of its constructor."""
    cls = builtin_classes()[plugin]
    found: dict[str, BuiltinParameter] = {}
    for name, annotation, default in _signature(cls):
        enumeration = _enumeration(cls, annotation)
        number_range = RANGES.get(f"{plugin}.{name}", RANGES.get(name))
        found[name] = BuiltinParameter(
            name=name,
            choices=tuple(enumeration.__members__) if enumeration else (),
            is_switch=annotation == "bool",
            range=None if enumeration or annotation == "bool" else number_range,
            default=default,
        )
    return MappingProxyType(found)


def builtin_arguments(plugin: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` as the constructor takes them: names of choices become members of their enumeration."""
    cls = builtin_classes()[plugin]
    annotations = {name: annotation for name, annotation, _ in _signature(cls)}
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        enumeration = _enumeration(cls, annotations[name])
        arguments[name] = enumeration.__members__[value] if enumeration else value
    return arguments


def plugin_problem(plugin: str) -> str | None:
    """What is wrong with a class name; None when it names a processor."""
    if plugin in builtin_classes():
        return None
    if plugin in _OTHER_NODES:
        return f'{plugin} is not a builtin node: use type = "{_OTHER_NODES[plugin]}"'
    return f"pedalboard has no processor {plugin!r}: {suggestion(plugin, builtin_classes())}"


def suggestion(name: str, known: Mapping[str, Any]) -> str:
    """A remedy for a mistyped name: the nearest known ones, else all."""
    lowered = {other.lower(): other for other in known}
    close = [lowered[match] for match in get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)]
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"use one of {', '.join(known)}" if known else "it has none"


@cache
def _signature(cls: type) -> tuple[tuple[str, str, Any], ...]:
    """Name, annotation and default of each constructor argument.

    pybind11 leaves no signature to `inspect`; it writes one into the docstring, with enumeration members as
    ``<Mode.LPF12: 0>``, which becomes the member's name here.
    """
    line = (cls.__init__.__doc__ or "").partition("\n")[0]
    line = re.sub(r"<\w+\.(\w+): -?\d+>", r"'\1'", line)
    try:
        [function] = ast.parse(f"def {line}: ...").body
    except (SyntaxError, ValueError):
        return ()
    if not isinstance(function, ast.FunctionDef):
        return ()
    arguments = function.args.args[1:]
    defaults = function.args.defaults[len(function.args.defaults) - len(arguments) :]
    return tuple(
        (argument.arg, ast.unparse(argument.annotation) if argument.annotation else "", ast.literal_eval(default))
        for argument, default in zip(arguments, defaults, strict=True)
    )


def _enumeration(cls: type, annotation: str) -> type[enum.Enum] | None:
    """The enumeration an annotation such as ``pedalboard_native.LadderFilter.Mode`` names."""
    import pedalboard

    owner, _, name = annotation.rpartition(".")
    found = getattr(getattr(pedalboard, owner.rpartition(".")[2], cls), name, None) if owner else None
    return found if hasattr(found, "__members__") else None
