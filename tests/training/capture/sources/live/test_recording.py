"""Live takes on a real JACK server, through a device that is another client of it."""

from dataclasses import replace

import numpy as np
import pytest

from ampboard.models.errors import DeviceError, ParameterError
from ampboard.training.capture.recordings import Recording
from ampboard.training.capture.sources.live import recording as live
from ampboard.training.capture.sources.live.recording import Interface, Meter, record_live
from ampboard.training.capture.sources.live.screen import meter_text

from ...conftest import BLOCK, RATE, Amplifier

SIGNAL = Recording(np.random.default_rng(4).uniform(-0.3, 0.3, RATE).astype(np.float32), RATE)


@pytest.fixture
def interface(amplifier: Amplifier) -> Interface:
    return Interface("jack", sink=amplifier.sink, source=amplifier.source, server=amplifier.server)


def test_the_whole_signal_is_played_and_recorded(interface: Interface) -> None:
    """Half of what went out, to the bit, a whole number of blocks late, within the second that is recorded after it."""
    meters: list[Meter] = []
    taken = record_live(SIGNAL, interface, tries=5, watch=meters.append)
    assert taken.audio.size == 2 * RATE
    late = int(np.flatnonzero(taken.audio)[0])
    assert late % BLOCK == 0
    assert late <= 4 * BLOCK
    np.testing.assert_array_equal(taken.audio[late : late + RATE], np.float32(0.5) * SIGNAL.audio)
    assert not taken.audio[late + RATE :].any()
    assert max(meter.out_db for meter in meters) == pytest.approx(20 * np.log10(0.3), abs=0.1)
    assert max(meter.back_db for meter in meters) == pytest.approx(20 * np.log10(0.15), abs=0.1)
    assert meters[-1].seconds == pytest.approx(2.0, abs=0.5)


def test_another_channel_plays_and_is_recorded(interface: Interface) -> None:
    taken = record_live(SIGNAL, replace(interface, input_channel=2, output_channel=3), tries=5)
    late = int(np.flatnonzero(taken.audio)[0])
    np.testing.assert_array_equal(taken.audio[late : late + RATE], np.float32(0.5) * SIGNAL.audio)


@pytest.mark.parametrize(("gain", "words"), [(0.0, "nothing comes back"), (5.0, "reaches full scale")])
def test_a_take_that_will_not_do_ends_at_once(
    gain: float, words: str, amplifier: Amplifier, interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.3)
    amplifier.gain = gain
    with pytest.raises(DeviceError, match=words):
        record_live(SIGNAL, interface)
    allowed = record_live(SIGNAL, interface, tries=5, allow=frozenset({"silence", "clipping"}))
    assert np.abs(allowed.audio).max() == pytest.approx(gain * 0.3, rel=1e-3)


def test_a_take_in_which_sound_is_lost_is_refused_after_all_tries(amplifier: Amplifier, interface: Interface) -> None:
    """Something on the server takes ten blocks' time for one block, in every try."""
    tries: list[int] = []

    def hold_up(meter: Meter) -> None:
        if meter.try_number not in tries:
            tries.append(meter.try_number)
            amplifier.hold_up.set()

    longer = replace(SIGNAL, audio=np.tile(SIGNAL.audio, 10))
    with pytest.raises(DeviceError, match="lost in each of 2 tries"):
        record_live(longer, interface, tries=2, watch=hold_up)
    assert tries == [1, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"sink": "amp:nowhere"}, "there is no port 'amp:nowhere'"), ({"server": "no-such-server"}, "no JACK server")],
)
def test_what_is_not_there_is_named(change: dict[str, str], words: str, interface: Interface) -> None:
    with pytest.raises(DeviceError, match=words):
        record_live(SIGNAL, replace(interface, **change))


def test_a_signal_of_another_rate_is_refused(interface: Interface) -> None:
    with pytest.raises(DeviceError, match="runs at 48000 Hz, the signal has 44100 Hz"):
        record_live(replace(SIGNAL, sample_rate=44_100), interface)
    with pytest.raises(ParameterError, match="count from 1"):
        Interface(input_channel=0)


def test_the_meter_is_full_at_full_scale() -> None:
    text = meter_text(Meter(3.0, 190.0, -6.0, 0.0, try_number=2))
    assert "3 of 190 s" in text
    assert "#" * 24 in text
    assert "try 2" in text
    assert "." * 24 in meter_text(Meter(3.0, 190.0, -6.0, -np.inf))
