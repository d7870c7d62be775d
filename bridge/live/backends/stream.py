"""pedalboard's AudioStream (ALSA, CoreAudio, WASAPI): one chain on a native thread that never meets Python.

One preset plays; its parameters can be moved, also many at once. Nothing switches without a gap, so nothing switches.
"""

from typing import Any, Final

import pedalboard
from pedalboard.io import AudioStream

from ....models.errors import DeviceError
from ..records import Command, Event, Record
from ..region import Region, Word
from ..rig import Rig
from .protocol import Wiring

NOTE: Final = "AudioStream: levels, load and frames are not measured, and the tuner hears nothing"
POLL_SECONDS: Final = 0.005
MUTED_DB: Final = -120.0


def list_streams() -> list[dict[str, str]]:
    """The devices there are."""
    return [
        *({"device": name, "direction": "source"} for name in AudioStream.input_device_names),
        *({"device": name, "direction": "sink"} for name in AudioStream.output_device_names),
    ]


class StreamPlayer:
    """Plays the chain of a rig's slot until told to stop.

    Raises
    ------
    DeviceError
        When there is no such device.
    """

    def __init__(self, wiring: Wiring, rig: Rig, region: Region, *, slot: int) -> None:
        self._rig = rig
        self._region = region
        self._slot = slot
        self._rate = wiring.sample_rate
        self._levels = {0: 0.0, 1: 0.0}
        self._muted = False
        self._gain = pedalboard.Gain(0.0)
        chain = pedalboard.Chain([rig.board(slot), self._gain])
        source = wiring.sources[0] if wiring.sources else AudioStream.default_input_device_name
        sink = wiring.sinks[0] if wiring.sinks else AudioStream.default_output_device_name
        if not source or not sink:
            missing = "input" if not source else "output"
            raise DeviceError(f"AudioStream: there is no {missing} device: see ampboard live --list")
        try:
            self._stream: Any = AudioStream(
                source,
                sink,
                chain,
                sample_rate=wiring.sample_rate,
                buffer_size=wiring.block,
                allow_feedback=True,
                num_input_channels=wiring.inputs,
                num_output_channels=wiring.outputs,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise DeviceError(f"AudioStream: {source!r} and {sink!r} cannot be opened: {error}") from None
        self._lost = 0
        self._xruns = 0

    def start(self) -> None:
        """Let it sound."""
        self._stream.__enter__()

    def stop(self) -> None:
        """Close the device."""
        self._stream.__exit__(None, None, None)

    def obey(self) -> bool:
        """Apply what has arrived; False once it was told to stop."""
        while (record := self._region.commands.pop()) is not None:
            done = self._apply(record)
            kind = Event.APPLIED if done else Event.REFUSED
            self._region.events.push(record._replace(kind=kind, command=record.kind, rest=0))
            if record.kind == Command.STOP:
                self._region.events.push(Record(Event.STOPPED))
                return False
        self._count_xruns()
        return True

    def _count_xruns(self) -> None:
        """Frames that were lost since the last look are one xrun."""
        lost = int(self._stream.dropped_input_frame_count)
        if lost > self._lost:
            self._lost, self._xruns = lost, self._xruns + 1
            self._region.words[Word.XRUNS] = self._xruns
            self._region.events.push(Record(Event.XRUN, index=self._xruns))

    def _apply(self, record: Record) -> bool:
        if record.kind == Command.MOVE:
            return self._rig.move(record.index, record.value)
        if record.kind == Command.LEVEL and record.index in self._levels:
            self._levels[record.index] = record.value
        elif record.kind == Command.MUTE:
            self._muted = record.value >= 0.5
        elif record.kind == Command.PANIC:
            self._rig.board(self._slot).reset()
        elif record.kind != Command.STOP:
            return False
        self._gain.gain_db = MUTED_DB if self._muted or record.kind == Command.STOP else sum(self._levels.values())
        return True
