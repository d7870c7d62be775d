"""A live take: open the interface, play the signal, record the device, refuse what is not whole."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .....bridge.live.backends import open_backend
from .....bridge.live.backends.protocol import Backend, Wiring
from .....models.errors import DeviceError, ParameterError
from ...recordings import Recording
from .loop import BACK, OUT, PlayLoop

TAIL_SECONDS: Final = 1.0
SETTLING_SECONDS: Final = 0.3
POLL_SECONDS: Final = 0.05
DEAD_SECONDS: Final = 5.0  # without a call: the server hangs
QUIET_SECONDS: Final = 5.0  # of sound out and none back: something is not plugged in
SOUNDING: Final = 10 ** (-40 / 20)
QUIET: Final = 10 ** (-80 / 20)
FULL_SCALE: Final = 1.0 - 2.0**-15


@dataclass(frozen=True)
class Interface:
    """Where the signal goes out, and where the device comes back.

    Attributes
    ----------
    backend : str
        ``auto``, ``jack`` or ``portaudio``.
    sink, source : str
        JACK port, or name of the device, that plays and that is recorded; the system's choice when empty.
    output_channel, input_channel : int
        Of a device with several, counted from 1; where a JACK port is named it is the channel already.
    block : int
        Wanted frames a block; JACK has its own. Large is safe, and delay does not matter here.
    server : str
        Name of the JACK server; the default one when empty.
    """

    backend: str = "auto"
    sink: str = ""
    source: str = ""
    output_channel: int = 1
    input_channel: int = 1
    block: int = 512
    server: str = ""

    def __post_init__(self) -> None:
        for what, channel in (("output", self.output_channel), ("input", self.input_channel)):
            if not 1 <= channel <= 64:
                raise ParameterError(f"{what} channel {channel} is not there: count from 1 to 64")

    def wiring(self, sample_rate: int) -> Wiring:
        """What to open."""
        return Wiring(
            client="ampboard-capture",
            inputs=self.input_channel,
            outputs=self.output_channel,
            sources=(self.source,) * self.input_channel if self.source else (),  # JACK's port goes to each channel
            sinks=(self.sink,) * self.output_channel if self.sink else (),
            sample_rate=sample_rate,
            block=self.block,
            server=self.server,
        )


@dataclass(frozen=True)
class Meter:
    """What a level meter shows.

    Attributes
    ----------
    seconds, total : float
        Played, and how long it takes.
    out_db, back_db : float
        Peaks in dBFS since the last look.
    try_number : int
        Counted from 1.
    """

    seconds: float
    total: float
    out_db: float
    back_db: float
    try_number: int = 1


def record_live(
    signal: Recording,
    interface: Interface,
    *,
    tries: int = 3,
    watch: Callable[[Meter], None] = lambda meter: None,
    allow: frozenset[str] = frozenset(),
) -> Recording:
    """Play a signal into a device through an audio interface, and record what comes back.

    Parameters
    ----------
    signal : Recording
        What is played, once, from the start.
    interface : Interface
        Through what.
    tries : int
        How often to begin again when sound was lost.
    watch : function
        Sees the levels twenty times a second.
    allow : frozenset of str
        ``silence`` and ``clipping``: what does not end a take at once.

    Returns
    -------
    Recording
        As long as the signal and a second more: the device's and the interface's delay is still in it.

    Raises
    ------
    DeviceError
        When the interface cannot be opened, runs at another rate, loses sound in every try, or goes away; when nothing
        comes back for 5 s of sound, or what comes back reaches full scale.
    """
    lost: list[int] = []
    for number in range(1, max(tries, 1) + 1):
        loop = _play(signal, interface, lambda meter, n=number: watch(replace(meter, try_number=n)), allow)
        if not loop.lost:
            return Recording(loop.recorded, signal.sample_rate, "live")
        lost.append(loop.lost)
    raise DeviceError(
        f"sound was lost in each of {len(lost)} tries ({', '.join(map(str, lost))} xruns), so no take is kept: use a "
        "larger block, close what else makes sound or work, or record in a DAW and use ampboard capture take"
    )


def _play(signal: Recording, interface: Interface, watch: Callable[[Meter], None], allow: frozenset[str]) -> PlayLoop:
    loop = PlayLoop(
        signal.audio,
        tail=round(TAIL_SECONDS * signal.sample_rate),
        channels=(interface.output_channel - 1, interface.input_channel - 1),
        outputs=interface.output_channel,
    )
    device = open_backend(interface.backend, interface.wiring(signal.sample_rate))
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()  # what it looks for would be looked for while the audio thread waits
    try:
        if device.sample_rate != signal.sample_rate:
            raise DeviceError(
                f"{device.name} runs at {device.sample_rate} Hz, the signal has {signal.sample_rate} Hz: set the "
                f"interface to {signal.sample_rate} Hz, or make a signal with --rate {device.sample_rate}"
            )
        device.start(loop.process, loop)
        time.sleep(SETTLING_SECONDS)
        loop.armed = True
        _wait(loop, device, watch, allow)
    finally:
        device.stop()
        if collecting:
            gc.enable()
    return loop


def _wait(loop: PlayLoop, device: Backend, watch: Callable[[Meter], None], allow: frozenset[str]) -> None:
    """Until all is played, sound is lost, or something is wrong that more of the signal does not mend."""
    rate, total = device.sample_rate, loop.recorded.size
    heard, sounding_since = 0.0, None
    calls, called = loop.calls, time.monotonic()
    while not (loop.is_done or loop.lost):
        time.sleep(POLL_SECONDS)
        if loop.reason:
            raise DeviceError(f"the interface went away while it recorded: {loop.reason}")
        if loop.calls != calls:
            calls, called = loop.calls, time.monotonic()
        elif time.monotonic() - called > DEAD_SECONDS:
            raise DeviceError(f"{device.name} asks for no more sound since {DEAD_SECONDS:g} s: start its server again")
        out, back = float(loop.peaks[OUT]), float(loop.peaks[BACK])
        loop.peaks[:] = 0.0
        watch(Meter(loop.position / rate, total / rate, _decibels(out), _decibels(back)))
        heard = max(heard, back)
        if sounding_since is None and out > SOUNDING:
            sounding_since = loop.position
        quiet_for = 0.0 if sounding_since is None else (loop.position - sounding_since) / rate
        if heard < QUIET and quiet_for > QUIET_SECONDS and "silence" not in allow:
            raise DeviceError(
                f"nothing comes back after {quiet_for:.0f} s of sound: check cables, the device's volume, and which "
                "output and input are used (ampboard live --list)"
            )
        if back >= FULL_SCALE and "clipping" not in allow:
            raise DeviceError(
                f"what comes back reaches full scale after {loop.position / rate:.1f} s: turn the input gain of the "
                "interface down by 6 dB and begin again"
            )


def _decibels(peak: float) -> float:
    return float(20 * np.log10(peak)) if peak > 0.0 else -np.inf
