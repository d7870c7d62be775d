"""The gains of a model's metadata, by the arithmetic of its original plugin."""

import pytest

from ampboard.models.calibration import Calibration, calibration
from ampboard.models.errors import ModelError, ParameterError

LEVELS = {"loudness": -37.8, "input_level_dbu": 18.3, "output_level_dbu": 12.3}


@pytest.mark.parametrize(
    ("interface_dbu", "output", "expected"),
    [
        (None, "raw", Calibration()),
        (12.0, "raw", Calibration(-6.3, 0.0)),
        (None, "normalized", Calibration(0.0, 19.8)),
        (20.0, "normalized", Calibration(1.7, 19.8)),
        (12.0, "calibrated", Calibration(-6.3, 0.3)),
    ],
)
def test_gains_are_differences_of_levels(interface_dbu, output, expected) -> None:
    gains = calibration(LEVELS, interface_dbu=interface_dbu, output=output)
    assert (gains.input_db, gains.output_db) == pytest.approx((expected.input_db, expected.output_db), abs=1e-12)


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("input_level_dbu", {"interface_dbu": 12.0}),
        ("loudness", {"output": "normalized"}),
        ("output_level_dbu", {"interface_dbu": 12.0, "output": "calibrated"}),
    ],
)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "does not say it"),
        ("loud", "'loud' is not a number"),
        (True, "'True' is not a number"),
        ([1.0], "is not a number"),
        (float("nan"), "nan cannot be true"),
        (10**400, "0000 cannot be true"),
        (-1e9, "cannot be true"),
    ],
)
def test_a_level_that_is_needed_but_not_there_is_named(field, options, value, reason) -> None:
    with pytest.raises(ModelError, match=rf"metadata\.{field}: .*{reason}"):
        calibration({**LEVELS, field: value}, **options)
    unneeded = {"raw": {}, "normalized": {"output": "normalized"}}["raw" if field == "loudness" else "normalized"]
    calibration({**LEVELS, field: value}, **unneeded)


@pytest.mark.parametrize("level", [-60.1, 61.0, float("nan"), float("inf")])
def test_an_interface_level_that_cannot_be_is_refused(level: float) -> None:
    with pytest.raises(ParameterError, match=r"interface_dbu is .* dBu: use a value from -60 to 60"):
        calibration(LEVELS, interface_dbu=level)


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ParameterError, match='output="calibrated" needs interface_dbu'):
        calibration(LEVELS, output="calibrated")
    with pytest.raises(ParameterError, match="output is 'loud': use raw, normalized, calibrated"):
        calibration(LEVELS, output="loud")
