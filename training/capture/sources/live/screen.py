"""The level meter of a live take, as text."""

import sys
import time
from typing import Final

from .recording import Meter

WIDTH: Final = 24
LOWEST_DB: Final = -60.0
EVERY_SECONDS: Final = 10.0  # where lines cannot be written over


class MeterLine:
    """Shows meters on a line of standard error that is written over; in a file, a line every ten seconds."""

    def __init__(self) -> None:
        self._over = sys.stderr.isatty()
        self._next = 0.0

    def show(self, meter: Meter) -> None:
        """Show one."""
        line = meter_text(meter)
        if self._over:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            sys.stderr.write(f"{line}\n")

    def close(self) -> None:
        """Leave the line."""
        if self._over:
            sys.stderr.write("\n")


def meter_text(meter: Meter) -> str:
    """One line: time, a bar for what goes out and one for what comes back, their peaks in dBFS."""
    again = f"  try {meter.try_number}" if meter.try_number > 1 else ""
    return (
        f"{meter.seconds:5.0f} of {meter.total:.0f} s  out {_level(meter.out_db)}  back {_bar(meter.back_db)} "
        f"{_level(meter.back_db)}{again}"
    )


def _bar(level_db: float) -> str:
    full = round(WIDTH * (1 - max(min(level_db, 0.0), LOWEST_DB) / LOWEST_DB))
    return "#" * full + "." * (WIDTH - full)


def _level(level_db: float) -> str:
    return f"{level_db:6.1f} dBFS" if level_db > LOWEST_DB else "  quiet    "
