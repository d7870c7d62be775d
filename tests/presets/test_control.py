"""Curves of MIDI mappings, against their closed formulas."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampboard.presets import ControlMapping

positions = st.integers(0, 127).map(lambda value: value / 127)
ends = st.floats(-1e6, 1e6)


@given(positions, ends, ends)
def test_linear_is_the_straight_line(position: float, low: float, high: float) -> None:
    mapping = ControlMapping(cc=1, target="a.b", minimum=low, maximum=high)
    expected = math.fsum([low * (1 - position), high * position])
    assert mapping.value(position, (0, 1)) == pytest.approx(expected, abs=1e-9 * (abs(low) + abs(high) + 1))


@given(positions, st.floats(1e-3, 1e5), st.floats(1e-3, 1e5))
def test_logarithmic_is_a_straight_line_of_the_logarithm(position: float, low: float, high: float) -> None:
    mapping = ControlMapping(cc=1, target="a.b", minimum=low, maximum=high, curve="logarithmic")
    expected = math.log(low) + position * (math.log(high) - math.log(low))
    assert math.log(mapping.value(position, (0, 1))) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("value", "expected"), [(0, 0.25), (63, 0.25), (64, 0.75), (127, 0.75)])
def test_a_switch_turns_at_64(value: int, expected: float) -> None:
    mapping = ControlMapping(cc=1, target="a.b", minimum=0.25, maximum=0.75, curve="switch")
    assert mapping.value(value / 127, (0, 1)) == expected


@given(ends, ends, st.sampled_from(["linear", "logarithmic", "switch"]))
def test_ends_are_met_exactly(low: float, high: float, curve) -> None:
    mapping = ControlMapping(cc=1, target="a.b", curve=curve)
    assert mapping.value(0.0, (low, high)) == low
    assert mapping.value(1.0, (low, high)) == high


def test_ends_given_go_before_the_range() -> None:
    mapping = ControlMapping(cc=1, target="a.b", maximum=0.5)
    assert mapping.ends((-1.0, 1.0)) == (-1.0, 0.5)
