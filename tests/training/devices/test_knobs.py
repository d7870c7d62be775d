"""Devices of the registry, and their knobs."""

import numpy as np
import pytest

from ampboard.models.errors import ParameterError
from ampboard.models.kernels.parameter import Parameter
from ampboard.training.devices.amplifier import Amplifier
from ampboard.training.devices.amps import CRUNCH, LEAD
from ampboard.training.devices.device import Device
from ampboard.training.devices.knob import Knob, find_knob
from ampboard.training.devices.registry import CIRCUITS, device_names, load_device

RATE = 48_000
NOISE = np.random.default_rng(7).normal(0, 0.2, 2_400)


def harmonics(device: Device) -> float:
    """Part of a 250 Hz sine at -20 dBFS that comes out as overtones."""
    sine = 0.1 * np.sin(2 * np.pi * 250 * np.arange(RATE // 2) / RATE)
    spectrum = np.abs(np.fft.rfft(device.process(sine, RATE)[RATE // 4 :]))
    return float(np.linalg.norm(spectrum[125:4_000:62]) / spectrum[62])


def positions(device: Device) -> dict[str, float]:
    return {knob.name: knob.value for knob in device.knobs}


@pytest.mark.parametrize("name", CIRCUITS)
def test_knobs_that_stay_where_they_are_change_no_bit(name: str) -> None:
    device = load_device(name)
    same = device.with_knobs(**positions(device))
    assert positions(same) == positions(device)
    np.testing.assert_array_equal(same.process(NOISE, RATE), device.process(NOISE, RATE))


@pytest.mark.parametrize("name", CIRCUITS)
def test_each_knob_is_heard_and_turns_nothing_else(name: str) -> None:
    """By more than -60 dB of the sound when turned by 0.3; the device it was turned on stays as it was."""
    device = load_device(name)
    before, dry = positions(device), device.process(NOISE, RATE)
    for knob, value in before.items():
        other = value + 0.3 if value < 0.6 else value - 0.3
        turned = device.with_knobs(**{knob: other})
        assert positions(turned) == {**before, knob: pytest.approx(other, abs=1e-12)}
        change = turned.process(NOISE, RATE) - dry
        assert np.linalg.norm(change) > 1e-3 * np.linalg.norm(dry), knob
    assert positions(device) == before


def test_gain_is_an_audio_potentiometer_before_the_second_stage() -> None:
    turned = CRUNCH.with_knobs(gain=0.5)
    assert isinstance(turned, Amplifier)
    assert turned.stages[1].drive == pytest.approx(1 / 11, rel=1e-12)
    assert turned.stages[0] == CRUNCH.stages[0]


def test_more_gain_is_more_distortion_and_more_volume_too() -> None:
    assert harmonics(CRUNCH.with_knobs(gain=0.3)) < harmonics(CRUNCH) < harmonics(CRUNCH.with_knobs(gain=0.9))
    assert harmonics(CRUNCH.with_knobs(volume=0.5)) < harmonics(CRUNCH.with_knobs(volume=1.0))


def test_nothing_comes_out_with_the_volume_down() -> None:
    assert np.abs(CRUNCH.with_knobs(volume=0.0).process(NOISE, RATE)).max() < 1e-10


def test_a_rig_turns_a_knob_that_only_one_of_its_devices_has() -> None:
    short, long = LEAD.with_knobs(gain=0.4), LEAD.with_knobs(**{"amplifier.gain": 0.4})
    assert positions(short) == positions(long)
    assert positions(short)["amplifier.gain"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"gian": 0.5}, "did you mean gain"), ({"gain": 1.5}, "0 to 1"), ({"gain": float("nan")}, "0 to 1")],
)
def test_a_knob_that_is_not_there_or_goes_no_further_is_refused(values: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        CRUNCH.with_knobs(**values)


def test_a_name_that_means_two_knobs_is_refused() -> None:
    knobs = (Knob("boost.level", 0.1), Knob("amp.level", 0.2))
    with pytest.raises(ParameterError, match=r"boost\.level or amp\.level"):
        find_knob("level", knobs, "rig")
    assert find_knob("AMP.level", knobs, "rig") is knobs[1]


def test_a_knob_reads_in_its_own_unit() -> None:
    """A logarithmic one half way stands at the geometric mean of its ends."""
    corner = Knob("corner", 0.5, Parameter("corner", "Corner", "Hz", 20.0, 20_000.0, 20.0, logarithmic=True))
    assert corner.setting == pytest.approx(np.sqrt(20.0 * 20_000.0))
    assert corner.set_to(20_000.0).value == 1.0
    with pytest.raises(ParameterError, match="knob corner is 5 Hz"):
        corner.set_to(5.0)


def test_a_device_that_is_not_there_is_told_with_those_that_are() -> None:
    assert set(CIRCUITS) <= set(device_names())
    with pytest.raises(ParameterError, match="did you mean crunch"):
        load_device("crunsh")
