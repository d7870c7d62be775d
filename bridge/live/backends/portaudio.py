"""PortAudio (ALSA, CoreAudio, WASAPI, ASIO, JACK), through sounddevice."""

from typing import Any

import numpy as np

from ....models.errors import DeviceError
from .protocol import Listener, Process, Wiring


def _module() -> Any:
    try:
        import sounddevice
    except ModuleNotFoundError:
        raise DeviceError("PortAudio: the package sounddevice is missing: pip install ampboard[live]") from None
    except OSError as error:
        raise DeviceError(f"PortAudio: the library is missing ({error}): install libportaudio2") from None
    return sounddevice


def list_devices() -> list[dict[str, Any]]:
    """The devices there are: name, channels in and out, usual frames a second."""
    return [
        {
            "device": device["name"],
            "inputs": device["max_input_channels"],
            "outputs": device["max_output_channels"],
            "sample_rate": int(device["default_samplerate"]),
        }
        for device in _module().query_devices()
    ]


class PortAudioBackend:
    """A duplex stream of a sound card.

    Raises
    ------
    DeviceError
        When the library or a device is not there, or refuses the format.
    """

    name = "portaudio"

    def __init__(self, wiring: Wiring) -> None:
        self._module = _module()
        self.sample_rate = wiring.sample_rate
        self.block = wiring.block
        self._process: Process | None = None
        self._listener: Listener | None = None
        devices = tuple(names[0] if names else None for names in (wiring.sources, wiring.sinks))
        try:
            self._stream = self._module.Stream(
                samplerate=wiring.sample_rate,
                blocksize=wiring.block,
                device=devices,
                channels=(wiring.inputs, wiring.outputs),
                dtype="float32",
                latency="low",
                callback=self._play,
                finished_callback=self._finished,
            )
        except (self._module.PortAudioError, ValueError) as error:
            names = " and ".join(repr(name) if name else "the system's choice" for name in devices)
            raise DeviceError(
                f"PortAudio: {names} at {wiring.sample_rate} Hz cannot be opened ({error}): see ampboard live --list"
            ) from None

    def start(self, process: Process, listener: Listener) -> None:
        """See `Backend`."""
        self._process, self._listener = process, listener
        self._stream.start()

    def stop(self) -> None:
        """See `Backend`."""
        self._listener = None
        self._stream.close()

    def _play(self, played: Any, output: Any, frames: int, moment: Any, status: Any) -> None:
        if status and self._listener:
            self._listener.xrun()
        if self._process:
            output[:] = self._process(np.ascontiguousarray(played.T)).T

    def _finished(self) -> None:
        if self._listener:
            self._listener.ended("PortAudio: the stream ended: the device is gone")
