"""How long processors ring on after their input has ended.

pedalboard publishes no tails, so those of its processors are computed here from their parameters, as the time in which
the sound falls by 90 dB. They are upper bounds that tell a render how much silence to feed; a render may stop
earlier when it measures that the sound has gone.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import pedalboard

from ..audio import SILENCE_DB
from ..plugins.lv2 import Lv2Kernel
from ..processors.kernel_plugin import KernelPlugin

LONGEST: Final = 60.0
"""Seconds assumed where the sound never ends: a frozen reverb, a delay with full feedback."""

_SHORT: Final = 0.1  # filters, compressors and the like

UNKNOWN: Final = 10.0
"""Seconds assumed of foreign plugins: LV2 knows no tail, VST3's pedalboard does not tell."""

UNKNOWN_ECHO: Final = 2.0
"""Seconds that may pass between echoes of foreign plugins."""

# Freeverb (Jezar at Dreampoint, 2000), as JUCE's Reverb has it: the longest comb, and the four allpasses behind it.
_COMB_SECONDS: Final = (1617 + 23) / 44_100
_ALLPASS_SECONDS: Final = (556 + 441 + 341 + 225 + 4 * 23) / 44_100
_ALLPASS_FEEDBACK: Final = 0.5


def _echoes(seconds: float, feedback: float) -> float:
    """Time in which a recirculating delay falls by 90 dB."""
    if abs(feedback) >= 1.0:
        return LONGEST
    if feedback == 0.0 or seconds == 0.0:
        return seconds
    return seconds * (1.0 + SILENCE_DB / (20.0 * math.log10(abs(feedback))))


def _reverb(reverb: pedalboard.Reverb) -> float:
    if reverb.wet_level == 0.0:
        return 0.0
    if reverb.freeze_mode >= 0.5:
        return LONGEST
    return _echoes(_COMB_SECONDS, 0.7 + 0.28 * reverb.room_size) + _echoes(_ALLPASS_SECONDS, _ALLPASS_FEEDBACK)


def _delay(delay: pedalboard.Delay) -> float:
    return _echoes(delay.delay_seconds, delay.feedback) if delay.mix else 0.0


def _chorus(chorus: pedalboard.Chorus) -> float:
    return _echoes(2e-3 * chorus.centre_delay_ms, chorus.feedback) if chorus.mix else 0.0


def _phaser(phaser: pedalboard.Phaser) -> float:
    return _echoes(0.01, phaser.feedback) if phaser.mix else 0.0


_TAILS: Final[Mapping[type, Callable[[Any], float]]] = MappingProxyType(
    {
        pedalboard.Reverb: _reverb,
        pedalboard.Delay: _delay,
        pedalboard.Chorus: _chorus,
        pedalboard.Phaser: _phaser,
    }
)


def tail_seconds(plugin: pedalboard.Plugin) -> float:
    """Seconds a processor rings on, at its present settings.

    Parameters
    ----------
    plugin : pedalboard.Plugin
        One processor, no container. A kernel of ours rings as long as it declares; foreign plugins, which declare
        nothing, count as 10 s, endless sounds as 60 s.
    """
    running = KernelPlugin.identify(plugin)
    if running:
        return UNKNOWN if isinstance(running.kernel, Lv2Kernel) else running.kernel.tail
    if isinstance(plugin, pedalboard.VST3Plugin):
        return UNKNOWN
    tail: Callable[[Any], float] | None = _TAILS.get(type(plugin))
    return min(LONGEST, tail(plugin)) if tail else _SHORT


def echo_seconds(plugin: pedalboard.Plugin) -> float:
    """Longest silence between two echoes of a processor; 2 s where nobody knows."""
    if isinstance(plugin, pedalboard.Delay):
        return plugin.delay_seconds
    return UNKNOWN_ECHO if tail_seconds(plugin) == UNKNOWN and isinstance(plugin, pedalboard.VST3Plugin) else 0.0
