"""What audio is to hosts and processors, and below which level it counts as silence."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
"""Samples of shape (channels, frames), full scale at 1."""

SILENCE_DB: Final = -90.0
"""dBFS below which a sound has rung out."""

SILENCE: Final = 10 ** (SILENCE_DB / 20)
"""The same as an amplitude."""
