"""What a trial consists of, for plugins of every kind; what the child tells the parent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pedalboard

RATES: Final = (44_100, 48_000)
LAYOUTS: Final = (1, 2)
BLOCK: Final = 512
BLOCKS: Final = 4  # of noise, and as many of silence

Tell = Callable[[str], None]
"""Called with the name of each step before it is taken."""


@dataclass(frozen=True)
class Step:
    """The child is about to do something."""

    name: str


@dataclass(frozen=True)
class Named:
    """What the plugin is called, known before it is touched."""

    name: str


@dataclass(frozen=True)
class Passed:
    """The plugin did all that was asked."""

    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """The plugin said no, in these words."""

    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def play_effect(plugin: pedalboard.Plugin, tell: Tell) -> tuple[int, ...]:
    """Play noise and silence at usual rates and layouts; return the numbers of channels that were accepted."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (max(LAYOUTS), BLOCKS * BLOCK)).astype(np.float32)
    accepted = set[int]()
    for rate in RATES:
        for channels in LAYOUTS:
            tell(f"processing {channels} {'channel' if channels == 1 else 'channels'} at {rate} Hz")
            try:
                plugin.process(noise[:channels], rate, buffer_size=BLOCK)
                plugin.process(np.zeros((channels, BLOCKS * BLOCK), np.float32), rate, buffer_size=BLOCK, reset=False)
                plugin.process(noise[:channels, : BLOCK // 3], rate, buffer_size=BLOCK, reset=False)
            except (ValueError, RuntimeError):
                continue  # how pedalboard says that it does not play so many channels
            accepted.add(channels)
    tell("being reset")
    plugin.reset()
    return tuple(sorted(accepted))
