"""The slope by which drift is judged."""

import numpy as np
import pytest
from scipy.stats import theilslopes

from ampboard.training.capture.checks.steadiness import theil_sen_slope


@pytest.mark.parametrize("count", [2, 4, 5, 23, 60])
def test_the_slope_and_its_interval_are_those_of_scipy(count: int) -> None:
    """Noise and some values that are quite wrong (bound: rounding of float64)."""
    generator = np.random.default_rng(count)
    places = np.arange(count) * 384_000.0
    values = 1e-6 * places + generator.normal(0, 0.5, count)
    values[:: max(count // 3, 2)] += generator.normal(0, 20, values[:: max(count // 3, 2)].size)
    expected = theilslopes(values, places)
    assert theil_sen_slope(places.tolist(), values.tolist()) == pytest.approx(
        (expected[0], expected[2], expected[3]), rel=1e-12
    )
