"""What a board holds: its processors, and what each of them does to a stream."""

from collections.abc import Iterator, Sequence
from typing import Final

import pedalboard
from pedalboard import Plugin, PluginContainer

from ..plugins.entering import identity_of
from ..plugins.identity import PluginIdentity
from ..plugins.lv2 import Lv2Kernel
from ..processors.kernel_plugin import KernelPlugin

Container = PluginContainer | Sequence[Plugin]
"""What holds plugins in order: a board, a chain inside it, a list."""

BUFFERED: Final[tuple[type[Plugin], ...]] = (
    pedalboard.Resample,
    pedalboard.GSMFullRateCompressor,
    pedalboard.MP3Compressor,
    pedalboard.PitchShift,
)
"""Processors that forget their block size when reset and return frames late: they start from silence instead."""

WIDENING: Final[tuple[type[Plugin], ...]] = (pedalboard.Reverb,)
"""Processors whose two channels differ for the same input: where a mono signal becomes stereo."""

STEREO_AT_MOST: Final[tuple[type[Plugin], ...]] = (pedalboard.Reverb, pedalboard.Convolution)
"""Processors that spoil more than two channels without a word: a reverb leaves all dry, a convolution repeats the first
from the third on."""


def leaves(plugins: Container) -> Iterator[Plugin]:
    """All processors, those inside chains and mixes too."""
    for plugin in members(plugins):
        if isinstance(plugin, PluginContainer):
            yield from leaves(plugin)
        else:
            yield plugin


def foreign_plugins(plugins: Container) -> tuple[PluginIdentity, ...]:
    """Which VST3 and LV2 plugins are in it."""
    return tuple(identity for plugin in leaves(plugins) if (identity := identity_of(plugin)))


def widens(board: Container) -> bool:
    """Whether two channels of the same sound come out different: the chain has a stereo reverb, or the like."""
    return any(isinstance(plugin, WIDENING) or _spreads(plugin) for plugin in leaves(board))


def _spreads(plugin: Plugin) -> bool:
    """Whether a plugin has two outputs of its own."""
    running = KernelPlugin.identify(plugin)
    return bool(
        running and isinstance(running.kernel, Lv2Kernel) and len(running.kernel.description.audio_outputs) == 2
    )


def members(container: Container) -> list[Plugin]:
    """The plugins that stand in it, in order, branches and chains unopened."""
    return [container[index] for index in range(len(container))]
