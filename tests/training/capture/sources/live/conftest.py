"""The JACK server that the tests of ``bridge.live`` start."""

from .....bridge.live.conftest import jack_process, jack_server

__all__ = ["jack_process", "jack_server"]
