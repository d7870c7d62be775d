"""The audio track of a potentiometer: a hundredfold from left to right, and back."""

import pytest

from ampboard.models.errors import ParameterError
from ampboard.training.devices.circuits.potentiometer import AUDIO, LINEAR


@pytest.mark.parametrize(("position", "part"), [(0.0, 0.0), (0.5, 1 / 11), (1.0, 1.0)])
def test_half_way_an_audio_track_lets_an_eleventh_through(position: float, part: float) -> None:
    """Of (100 ** x - 1) / 99 half way: 9 / 99."""
    assert AUDIO.part(position) == pytest.approx(part, abs=1e-15)
    assert AUDIO.position(part) == pytest.approx(position, abs=1e-15)


@pytest.mark.parametrize("position", [0.0, 0.13, 0.5, 0.99, 1.0])
def test_a_linear_track_is_what_it_says(position: float) -> None:
    assert LINEAR.part(position) == LINEAR.position(position) == position


@pytest.mark.parametrize("part", [-0.1, 1.5, float("nan")])
def test_a_wiper_stands_between_the_ends(part: float) -> None:
    with pytest.raises(ParameterError, match="0 to 1"):
        AUDIO.position(part)
