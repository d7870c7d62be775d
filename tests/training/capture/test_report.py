"""The figures of a report are rounded to what says something."""

import pytest

from ampboard.training.capture.capture import Finding
from ampboard.training.capture.report import measured


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        (-0.0001075, "ppm", "0.00 ppm"),
        (50.004, "ppm", "50.00 ppm"),
        (-200.0, "dB", "below -120 dB"),
        (-181.3, "dBFS", "below -120 dBFS"),
        (-23.71, "dB", "-23.7 dB"),
        (48_000.0, "Hz", "48000 Hz"),
        (1.0, "frames", "1 frame"),
        (-3.0, "frames", "-3 frames"),
        (0.00312, "ESR", "0.0031 ESR"),
        (-0.066, "correlation", "-0.07 correlation"),
    ],
)
def test_a_figure_is_rounded(figure: float, unit: str, text: str) -> None:
    assert measured(Finding("check", "ok", figure, unit, "")) == text
