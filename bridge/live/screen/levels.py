"""Ballistics of the level meters: how a bar falls, how long a peak and a clip light stay."""

from math import log10
from typing import Final

from .view import FLOOR_DB, Level

FALL_DB_PER_S: Final = 26.0
HOLD_S: Final = 1.5
CLIP_HOLD_S: Final = 3.0
CLIP_PEAK: Final = 0.9999
"""Amplitude from which a converter may have clipped."""


class LevelMeter:
    """Follows the peaks of one direction.

    A bar rises at once and falls by 26 dB a second; the held peak stays for 1.5 s and then falls likewise; the clip
    light stays on for 3 s.
    """

    def __init__(self) -> None:
        self._seen_at: float | None = None
        self._peak = self._held = FLOOR_DB
        self._held_at = 0.0
        self._clipped_at: float | None = None

    def update(self, peak: float, now: float) -> Level:
        """Take the largest amplitude since the last call, full scale at 1, and the time in seconds."""
        level = max(20 * log10(peak), FLOOR_DB) if peak > 0 else FLOOR_DB
        fall = FALL_DB_PER_S * (now - self._seen_at) if self._seen_at is not None else 0.0
        self._seen_at = now
        self._peak = max(level, self._peak - fall, FLOOR_DB)
        if now - self._held_at > HOLD_S:
            self._held = max(self._held - fall, FLOOR_DB)
        if self._peak >= self._held:
            self._held, self._held_at = self._peak, now
        if peak >= CLIP_PEAK:
            self._clipped_at = now
        clipped = self._clipped_at is not None and now - self._clipped_at <= CLIP_HOLD_S
        return Level(self._peak, self._held, clipped)
