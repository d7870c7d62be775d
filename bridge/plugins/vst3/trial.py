"""The trial of a VST3 plugin; runs in the child process."""

from dataclasses import asdict
from typing import Any, Final

import pedalboard

from ..identity import PluginIdentity
from ..trial_steps import BLOCK, RATES, Passed, Refused, Tell, play_effect
from .entry import Value, Vst3Parameter

MOST_LABELS: Final = 128


def try_vst3(identity: PluginIdentity, tell: Tell) -> Passed | Refused:
    """Load it, ask for all it says, play it, save and restore its state.

    Of a file that holds several plugins one must be named: else it is refused, with the names as facts.
    """
    tell("being scanned")
    names = pedalboard.VST3Plugin.get_plugin_names_for_file(identity.location)
    if not identity.plugin and len(names) > 1:
        return Refused(f"the file holds several plugins: name one of {', '.join(names)}", {"plugins": names})
    tell("loading")
    plugin = pedalboard.VST3Plugin(identity.location, plugin_name=identity.plugin or None)
    tell("telling its parameters")
    parameters = [asdict(parameter) for parameter in list_parameters(plugin)]
    channels = _play(plugin, tell)
    tell("saving its state")
    state = plugin.raw_state
    tell("restoring its state")
    plugin.raw_state = state
    _play(plugin, tell)
    facts = {
        "name": plugin.name,
        "vendor": plugin.manufacturer_name,
        "version": plugin.version,
        "category": plugin.category,
        "is_effect": plugin.is_effect,
        "is_instrument": plugin.is_instrument,
        "channels": channels,
        "latency": plugin.reported_latency_samples,
        "parameters": parameters,
    }
    tell("being deleted")
    return Passed(facts)


def list_parameters(plugin: pedalboard.VST3Plugin) -> list[Vst3Parameter]:
    """All parameters of a plugin, in its order."""
    known: dict[str, Any] = plugin.parameters  # pyright: ignore[reportAttributeAccessIssue]
    return [_parameter(name, parameter, getattr(plugin, name)) for name, parameter in known.items()]


def _play(plugin: pedalboard.VST3Plugin, tell: Tell) -> tuple[int, ...]:
    if plugin.is_effect:
        return play_effect(plugin, tell)
    tell("playing")
    plugin([], duration=4 * BLOCK / RATES[-1], sample_rate=RATES[-1], num_channels=2, buffer_size=BLOCK)  # pyright: ignore
    return ()


def _parameter(name: str, parameter: Any, value: object) -> Vst3Parameter:
    words: tuple[str, ...] = ()
    low = high = None
    if parameter.type is str:
        words = tuple(str(value) for value in parameter.valid_values[:MOST_LABELS])
    else:
        low, high = (float(end) for end in parameter.range[:2])
    plain: Value = value if isinstance(value, bool) else str(value) if parameter.type is str else float(str(value))
    return Vst3Parameter(name, str(parameter.name), str(parameter.units or ""), low, high, plain, words)
