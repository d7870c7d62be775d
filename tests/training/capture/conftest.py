"""A device behind an audio interface: a JACK server with large blocks, and an amplifier that is a client of it."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

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
