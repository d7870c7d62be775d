"""A plugin, or a chain of them, as a device with knobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....models.errors import AudioError, ParameterError
from ..device import checked_signal
from ..knob import Knob, turned

SETTLING_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Instance:
    """A plugin that was made to be played.

    Attributes
    ----------
    plugin : pedalboard.Plugin
        Or a `pedalboard.Pedalboard`.
    write : function
        Sets a number by the name of its knob, in its own unit.
    """

    plugin: Any
    write: Callable[[str, float], None]


@dataclass(frozen=True)
class PluginDevice:
    """A plugin as a device; made by `lv2_device`, `vst3_device`, `preset_device`, `chain_device`.

    Each time it is played a new instance is made, so that nothing of the last take is left in it; it is fed with
    silence until its own ramps have ended, and the latency it reports is compensated.

    Attributes
    ----------
    name : str
        What it is called.
    make : function
        Makes an instance, always the same.
    knobs : tuple of Knob
        Its numbers and where they stand.
    moved : frozenset of str
        Names of the knobs that do not stand where `make` puts them.
    settling_seconds : float
        Silence before each take.
    gear : mapping of str to str
        What it is, for a capture.
    """

    name: str
    make: Callable[[], Instance]
    knobs: tuple[Knob, ...]
    moved: frozenset[str] = frozenset()
    settling_seconds: float = SETTLING_SECONDS
    gear: Mapping[str, str] = field(default_factory=dict[str, str])

    def with_knobs(self, **values: float) -> "PluginDevice":
        """See `Device.with_knobs`."""
        knobs = turned(self.knobs, values, self.name)
        moved = {new.name for new, old in zip(knobs, self.knobs, strict=True) if new != old}
        return replace(self, knobs=knobs, moved=self.moved | moved)

    def process(self, audio: ArrayLike, sample_rate: float) -> NDArray[np.float64]:
        """See `Device.process`.

        A plugin that is only stereo hears the signal on both sides; its left one is returned.

        Raises
        ------
        AudioError
            When the signal is not finite, or the plugin gives back something that is not, or another length.
        PluginError
            When it cannot be made.
        """
        signal = checked_signal(audio)
        if signal.size == 0:
            return signal.copy()
        channels = [self._play(channel, sample_rate) for channel in np.atleast_2d(signal)]
        return np.stack(channels).reshape(signal.shape)

    def _play(self, signal: NDArray[np.float64], sample_rate: float) -> NDArray[np.float64]:
        instance = self.make()
        for knob in self.knobs:
            if knob.name in self.moved:
                instance.write(knob.name, knob.setting)
        settling = round(self.settling_seconds * sample_rate)
        fed = np.concatenate([np.zeros(settling), signal]).astype(np.float32)[np.newaxis]
        played = _mono_or_stereo(instance.plugin, fed, sample_rate)
        if played.shape[-1] != fed.shape[-1]:
            raise AudioError(
                f"{self.name} gave {played.shape[-1]} frames for {fed.shape[-1]}: "
                "use plugins that keep the length of a sound"
            )
        result = played[0, settling:].astype(np.float64)
        if not np.isfinite(result).all():
            raise AudioError(
                f"{self.name} gave {int((~np.isfinite(result)).sum())} values that are no numbers: "
                "set its knobs otherwise, or use another plugin"
            )
        return result


def _mono_or_stereo(plugin: Any, mono: NDArray[np.float32], sample_rate: float) -> NDArray[np.float32]:
    """Play mono; a plugin that refuses it, or inside a board is silent because it does, is played in stereo."""
    try:
        played = plugin.process(mono, sample_rate, reset=True)
        if np.any(played) or not np.any(mono):
            return played
    except (ParameterError, ValueError):
        return plugin.process(np.repeat(mono, 2, axis=0), sample_rate, reset=True)
    try:
        stereo = plugin.process(np.repeat(mono, 2, axis=0), sample_rate, reset=True)
    except (ParameterError, ValueError):
        return played
    return stereo
