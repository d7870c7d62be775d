"""Live takes on a real JACK server, through a device that is another client of it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ampboard.models.errors import DeviceError, ParameterError
from ampboard.training.capture.recordings import Recording
from ampboard.training.capture.sources.live import recording as live
from ampboard.training.capture.sources.live.recording import Interface, Meter, record_live
from ampboard.training.capture.sources.live.screen import meter_text

RATE = 48_000
BLOCK = 128
SIGNAL = Recording(np.random.default_rng(4).uniform(-0.3, 0.3, RATE).astype(np.float32), RATE)


class Loopback:
    """A client whose output is `gain` times its input: an amplifier between the sockets of an interface."""

    def __init__(self, server: str) -> None:
        import jack

        self.gain = 0.5
        self.hold_up = threading.Event()
        self.heard = threading.Event()
        self.client = jack.Client("amp", no_start_server=True, servername=server)
        source, sink = self.client.inports.register("in"), self.client.outports.register("out")

        def play(frames: int) -> None:
            sound: NDArray[np.float32] = source.get_array()
            sink.get_array()[:] = self.gain * sound
            self.heard.set()
            if self.hold_up.is_set():
                self.hold_up.clear()
                time.sleep(20 * BLOCK / RATE)

        self.client.set_process_callback(play)
        self.client.activate()
        assert self.heard.wait(5)


@pytest.fixture
def amp(jack_server: str) -> Iterator[tuple[Loopback, Interface]]:
    loopback = Loopback(jack_server)
    try:
        yield loopback, Interface("jack", sink="amp:in", source="amp:out", server=jack_server)
    finally:
        loopback.client.deactivate(ignore_errors=True)
        loopback.client.close(ignore_errors=True)


def test_the_whole_signal_is_played_and_recorded(amp: tuple[Loopback, Interface]) -> None:
    """Half of what went out, to the bit, a whole number of blocks late, within the second that is recorded after it."""
    meters: list[Meter] = []
    taken = record_live(SIGNAL, amp[1], tries=5, watch=meters.append)
    assert taken.audio.size == 2 * RATE
    late = int(np.flatnonzero(taken.audio)[0])
    assert late % BLOCK == 0
    assert late <= 4 * BLOCK
    np.testing.assert_array_equal(taken.audio[late : late + RATE], np.float32(0.5) * SIGNAL.audio)
    assert not taken.audio[late + RATE :].any()
    assert max(meter.out_db for meter in meters) == pytest.approx(20 * np.log10(0.3), abs=0.1)
    assert max(meter.back_db for meter in meters) == pytest.approx(20 * np.log10(0.15), abs=0.1)
    assert meters[-1].seconds == pytest.approx(2.0, abs=0.5)


def test_another_channel_plays_and_is_recorded(amp: tuple[Loopback, Interface]) -> None:
    taken = record_live(SIGNAL, replace(amp[1], input_channel=2, output_channel=3), tries=5)
    late = int(np.flatnonzero(taken.audio)[0])
    np.testing.assert_array_equal(taken.audio[late : late + RATE], np.float32(0.5) * SIGNAL.audio)


@pytest.mark.parametrize(("gain", "words"), [(0.0, "nothing comes back"), (5.0, "reaches full scale")])
def test_a_take_that_will_not_do_ends_at_once(
    gain: float, words: str, amp: tuple[Loopback, Interface], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.3)
    amp[0].gain = gain
    with pytest.raises(DeviceError, match=words):
        record_live(SIGNAL, amp[1])
    allowed = record_live(SIGNAL, amp[1], tries=5, allow=frozenset({"silence", "clipping"}))
    assert np.abs(allowed.audio).max() == pytest.approx(gain * 0.3, rel=1e-3)


def test_a_take_in_which_sound_is_lost_is_refused_after_all_tries(amp: tuple[Loopback, Interface]) -> None:
    """Something on the server takes twenty blocks' time for one block, in every try."""
    tries: list[int] = []

    def hold_up(meter: Meter) -> None:
        if meter.try_number not in tries:
            tries.append(meter.try_number)
            amp[0].hold_up.set()

    longer = replace(SIGNAL, audio=np.tile(SIGNAL.audio, 10))
    with pytest.raises(DeviceError, match="lost in each of 2 tries"):
        record_live(longer, amp[1], tries=2, watch=hold_up)
    assert tries == [1, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"sink": "amp:nowhere"}, "there is no port 'amp:nowhere'"), ({"server": "no-such-server"}, "no JACK server")],
)
def test_what_is_not_there_is_named(change: dict[str, str], words: str, amp: tuple[Loopback, Interface]) -> None:
    with pytest.raises(DeviceError, match=words):
        record_live(SIGNAL, replace(amp[1], **change))


def test_a_signal_of_another_rate_is_refused(amp: tuple[Loopback, Interface]) -> None:
    with pytest.raises(DeviceError, match="runs at 48000 Hz, the signal has 44100 Hz"):
        record_live(replace(SIGNAL, sample_rate=44_100), amp[1])
    with pytest.raises(ParameterError, match="count from 1"):
        Interface(input_channel=0)


def test_the_meter_is_full_at_full_scale() -> None:
    text = meter_text(Meter(3.0, 190.0, -6.0, 0.0, try_number=2))
    assert "3 of 190 s" in text
    assert "#" * 24 in text
    assert "try 2" in text
    assert "." * 24 in meter_text(Meter(3.0, 190.0, -6.0, -np.inf))
