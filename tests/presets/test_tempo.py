"""Note values at a tempo."""

import math
from fractions import Fraction

import pytest

from ampboard.presets.tempo import NoteValue


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("1/4", Fraction(1)),
        ("1/8", Fraction(1, 2)),
        ("1/8 dotted", Fraction(3, 4)),
        ("1/8.", Fraction(3, 4)),
        ("1/8 triplet", Fraction(1, 3)),
        ("1/8t", Fraction(1, 3)),
        ("3/16", Fraction(3, 4)),
        ("2/1", Fraction(8)),
        ("1/64t", Fraction(1, 24)),
    ],
)
def test_note_values_in_quarter_notes(text: str, quarters: Fraction) -> None:
    assert NoteValue.parse(text).quarters == pytest.approx(float(quarters), rel=1e-15)


@pytest.mark.parametrize(
    ("text", "parameter", "value"),
    [
        ("1/8 dotted", "delay.delay_seconds", 0.375),
        ("1/4", "echo.time_ms", 500.0),
        ("1/4", "tremolo.rate_hz", 2.0),
        ("1/8t", "tremolo.rate_hz", 6.0),
        ("1/4", "echo.bpm", 120.0),
        ("1/4 ms", "echo.time", 500.0),
        ("1/2 Hz", "phaser.lfo", 1.0),
        ("1/4 s", "echo.time_ms", 0.5),  # what is said goes before the name
    ],
)
def test_values_at_120_in_the_unit_of_the_parameter(text: str, parameter: str, value: float) -> None:
    assert NoteValue.parse(text).value(parameter, 120.0) == pytest.approx(value, rel=1e-14)


def test_a_name_without_a_unit_has_none() -> None:
    assert NoteValue.parse("1/4").unit_of("echo.time") is None


@pytest.mark.parametrize("text", ["", "1/3", "0/4", "1/8 swung", "1/8dotted ", "quarter", "1/8 ms ms", "1.5/4"])
def test_anything_else_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="use one such as 1/4"):
        NoteValue.parse(text)


def test_what_does_not_fit_is_halved_or_doubled_until_it_does() -> None:
    whole = NoteValue.parse("1/1")  # 4 s at 60
    assert whole.value("delay_seconds", 60.0, (0.0, 1.5)) == 1.0
    assert whole.value("delay_seconds", 60.0, (5.0, math.inf)) == 8.0
    assert whole.value("delay_seconds", 60.0, (2.5, 3.0)) == 3.0  # no octave of it fits: the nearest end
