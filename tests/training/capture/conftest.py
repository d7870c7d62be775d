"""A short test signal and what a small pedal makes of it; an amplifier behind a JACK server with large blocks."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, lfilter

from ampboard.training.capture.signal.test_signal import Signal, make_signal

from ...bridge.live.conftest import dummy_server

BLOCK = 1024
RATE = 48_000


class Amplifier:
    """A client whose output is `gain` times its input.

    Attributes
    ----------
    server : str
        Name of the server.
    gain : float
        Linear.
    hold_up : threading.Event
        When set, the next block takes as long as ten.
    """

    sink, source = "amp:in", "amp:out"

    def __init__(self, server: str) -> None:
        import jack

        self.server = server
        self.gain = 0.5
        self.hold_up = threading.Event()
        ready = threading.Event()
        self._client = jack.Client("amp", no_start_server=True, servername=server)
        socket_in, socket_out = self._client.inports.register("in"), self._client.outports.register("out")

        def play(frames: int) -> None:
            sound: NDArray[np.float32] = socket_in.get_array()
            socket_out.get_array()[:] = np.float32(self.gain) * sound
            ready.set()
            if self.hold_up.is_set():
                self.hold_up.clear()
                time.sleep(10 * BLOCK / RATE)

        self._client.set_process_callback(play)
        self._client.activate()
        assert ready.wait(5)

    def close(self) -> None:
        """Leave the server."""
        self._client.deactivate(ignore_errors=True)
        self._client.close(ignore_errors=True)


@pytest.fixture
def amplifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amplifier]:
    with dummy_server(tmp_path_factory.mktemp("home"), BLOCK) as (server, _):
        amp = Amplifier(server)
        try:
            yield amp
        finally:
            amp.close()


def pedal(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """A low-pass at 5 kHz, twelve times of gain, a soft clipper and a high-pass at 60 Hz, without delay."""
    low, high = butter(1, 5000, fs=RATE), butter(1, 60, "high", fs=RATE)
    return 0.6 * np.asarray(lfilter(*high, np.tanh(12 * lfilter(*low, audio.astype(np.float64)))))


@pytest.fixture(scope="session")
def signal() -> Signal:
    return make_signal(32, RATE)


@pytest.fixture(scope="session")
def output(signal: Signal) -> NDArray[np.float64]:
    return pedal(signal.audio)
