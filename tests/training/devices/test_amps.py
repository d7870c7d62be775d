"""What every factory amplifier promises, and what sets the three apart."""

from dataclasses import replace

import numpy as np
import pytest

from ampboard.models.errors import AudioError
from ampboard.training.devices.amplifier import Amplifier
from ampboard.training.devices.amps import AMPS, CRUNCH
from ampboard.training.factory.recordings import perform

RATE = 48_000


@pytest.mark.parametrize("name", AMPS)
def test_silence_stays_silent(name: str) -> None:
    """Below -200 dBFS: the simulation starts at its operating point and stays there."""
    assert np.abs(AMPS[name].process(np.zeros(RATE // 10), RATE)).max() < 1e-10


@pytest.mark.parametrize("name", AMPS)
@pytest.mark.parametrize("level", [1.0, 100.0])
def test_square_waves_at_and_beyond_full_scale_stay_bounded(name: str, level: float) -> None:
    """Within 6 dB above full scale, whatever comes in: the power stage ends at its supply."""
    square = level * np.sign(np.sin(2 * np.pi * 80 * np.arange(RATE // 10) / RATE) + 1e-9)
    wet = AMPS[name].process(square, RATE)
    assert np.isfinite(wet).all()
    assert np.abs(wet).max() < 2.0


@pytest.mark.parametrize("name", AMPS)
def test_a_guitar_comes_out_about_six_decibels_below_full_scale(name: str) -> None:
    """-6 dBFS within 3 dB, for the riff of the factory guitar with its peak at -12 dBFS."""
    guitar = perform()["guitar"][round(9.2 * RATE) : round(11.5 * RATE)]
    wet = AMPS[name].process(guitar * 10 ** (-12 / 20) / np.abs(guitar).max(), RATE)
    assert 20 * np.log10(np.abs(wet).max()) == pytest.approx(-6, abs=3)


def test_distortion_grows_from_clean_to_lead() -> None:
    """Harmonics of a 250 Hz sine at -20 dBFS: clean below 1 %, crunch between, lead above 20 %."""
    sine = 0.1 * np.sin(2 * np.pi * 250 * np.arange(RATE) / RATE)

    def distortion(name: str) -> float:
        spectrum = np.abs(np.fft.rfft(AMPS[name].process(sine, RATE)[RATE // 2 :]))
        return float(np.linalg.norm(spectrum[250:8_000:125]) / spectrum[125])

    assert distortion("clean") < 0.01 < distortion("crunch") < 0.2 < distortion("lead")


def test_the_same_input_gives_the_same_bits_on_every_channel() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 2_000)
    wet = CRUNCH.process(np.stack([noise, noise]), RATE)
    np.testing.assert_array_equal(wet[0], wet[1])
    np.testing.assert_array_equal(wet[0], CRUNCH.process(noise, RATE))


def test_the_supply_sags_under_a_loud_chord() -> None:
    """A held loud tone loses level over a tenth of a second: more under a soft supply than under a stiff one."""
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(RATE // 4) / RATE)

    def loss_db(amplifier: Amplifier) -> float:
        wet = amplifier.process(tone, RATE)
        early, late = (np.sqrt(np.mean(wet[a : a + 960] ** 2)) for a in (240, 10_080))
        return float(20 * np.log10(early / late))

    stiff = replace(CRUNCH, supply=replace(CRUNCH.supply, resistance=1.0, dropper=100.0))
    assert loss_db(CRUNCH) > loss_db(stiff) + 0.1


def test_audio_that_is_not_finite_is_refused() -> None:
    with pytest.raises(AudioError, match="not finite"):
        CRUNCH.process(np.array([0.0, np.nan]), RATE)


def test_an_empty_signal_stays_empty() -> None:
    assert CRUNCH.process(np.zeros(0), RATE).shape == (0,)


def test_knobs_are_named_and_lie_between_zero_and_one() -> None:
    assert [knob.name for knob in CRUNCH.knobs] == ["gain", "volume", "treble", "middle", "bass"]
    assert AMPS["lead"].knobs[0].name == "overdrive.drive"
