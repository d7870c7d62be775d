"""A gain that is moved in steps becomes one that moves in slopes."""

import numpy as np
import pedalboard

from ..audio import Audio
from .glide import GLIDE_STEP


class EvenGain:
    """Turns each step of a gain into a straight line of `GLIDE_STEP` frames, at any split into blocks alike.

    The steps of a glide become one line of many pieces without corners that are heard; a gain that rests is left as it
    is, bit for bit.

    Parameters
    ----------
    plugin : pedalboard.Gain
        Which has scaled what `even` gets.
    """

    def __init__(self, plugin: pedalboard.Gain) -> None:
        self._plugin = plugin
        self.reset()

    def reset(self) -> None:
        """Be where the plugin is."""
        self._start = self._target = self._gain()
        self._left = 0  # frames of the line

    def even(self, output: Audio) -> Audio:
        """What the plugin has put out, along the line."""
        gain = self._gain()
        if gain != self._target:
            done = GLIDE_STEP - self._left
            self._start += (self._target - self._start) * done / GLIDE_STEP
            self._target, self._left = gain, GLIDE_STEP
        if not self._left:
            return output
        frames = min(output.shape[1], self._left)
        first = GLIDE_STEP - self._left + 1
        line = np.arange(first, first + frames) / GLIDE_STEP
        evened = output.copy()
        evened[:, :frames] *= ((self._start + (gain - self._start) * line) / gain).astype(np.float32)
        self._left -= frames
        return evened

    def _gain(self) -> float:
        return 10.0 ** (self._plugin.gain_db / 20.0)
