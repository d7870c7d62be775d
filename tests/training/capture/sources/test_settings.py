"""Settings as they are written, and what they are on a device."""

import pytest

from ampboard.models.errors import ParameterError
from ampboard.models.kernels.parameter import Parameter
from ampboard.training.capture.sources.settings import (
    describe_knobs,
    grid,
    model_positions,
    parse_setting,
    parse_values,
    turn_to,
)
from ampboard.training.devices.knob import Knob
from ampboard.training.devices.plugins.loading import chain_device
from ampboard.training.devices.registry import load_device

DRIVE = Parameter("drive", "Drive", "dB", 0.0, 40.0, 20.0)
VOICE = Parameter("voice", "Voice", "", 0.0, 2.0, 0.0, steps=2, labels=((0.0, "dark"), (2.0, "bright")))
BOARD = chain_device("board", lambda drive, voice: None, (Knob("drive", 0.5, DRIVE), Knob("voice", 0.0, VOICE)))  # pyright: ignore


def test_values_are_numbers_where_they_read_so() -> None:
    assert parse_values(" gain = 0, 0.5 ,100%,bright") == ("gain", (0.0, 0.5, "100%", "bright"))
    assert parse_setting("gain=0.5,tone=1") == {"gain": 0.5, "tone": 1.0}


@pytest.mark.parametrize("text", ["gain", "gain=", "=1", "gain=1,,2", "gain=nan", "gain=inf"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="gain"):
        parse_values(text)
    with pytest.raises(ParameterError, match="gain twice"):
        parse_setting("gain=1,gain=2")


def test_a_grid_holds_every_combination_once() -> None:
    made = grid({"gain": (0.0, 1.0), "tone": (0.0, 0.5, 1.0)})
    assert made[0] == {"gain": 0.0, "tone": 0.0}
    assert made[1] == {"gain": 0.0, "tone": 0.5}
    assert len({tuple(setting.values()) for setting in made}) == 6


def test_a_number_is_in_the_unit_of_the_knob_and_a_per_cent_of_its_way() -> None:
    """10 dB of 0 to 40 dB is a quarter of the way."""
    for setting in ({"drive": 10.0}, {"DRIVE": "25%"}):
        turned = turn_to(BOARD, setting)
        assert list(turned.positions.values()) == [0.25]
        assert turned.device.knobs[0].setting == 10.0
    assert turn_to(BOARD, {"voice": "bright"}).positions == {"voice": 1.0}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"drive": 41.0}, "knob drive is 41 dB: use a value from 0 to 40"),
        ({"drive": "120%"}, "use a value from 0 to 1"),
        ({"voice": "shrill"}, "use dark, bright"),
        ({"volume": 1.0}, "no knob 'volume'"),
        ({"drive": 1.0, "Drive": 2.0}, "the same knob"),
    ],
)
def test_what_a_device_cannot_do_is_refused_before_anything_is_played(setting: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        turn_to(BOARD, setting)


def test_a_knob_is_called_as_the_user_calls_it_in_letters_that_a_model_takes() -> None:
    lead = load_device("lead")
    assert turn_to(lead, {"gain": 0.5}).positions == {"gain": 0.5}
    assert turn_to(lead, {"amplifier.gain": 0.5}).positions == {"amplifier_gain": 0.5}


def test_a_capture_keeps_what_its_knobs_are_and_how_the_others_stand() -> None:
    words = dict(describe_knobs(BOARD, ["Drive"]))
    assert words == {"knob Drive": "drive of board, 0 is 0 dB and 1 is 40 dB", "settings": "voice=0"}


@pytest.mark.parametrize(("text", "value"), [("gain=0.5", 0.5), ("gain=50%", 0.5), ("gain=0", 0.0)])
def test_a_knob_turned_by_hand_stands_between_nothing_and_one(text: str, value: float) -> None:
    assert model_positions([text]) == {"gain": value}
    with pytest.raises(ParameterError, match="knob gain is 5"):
        model_positions(["gain=5"])
