"""The engine: a process that plays audio and does nothing else.

``python -m ampboard.bridge.live.engine_process`` reads a `Specification` from standard input, loads, answers with
`Facts`, plays when told to, and ends when its input is closed: with whoever started it, whatever becomes of that one.
"""

import json
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from ...models.errors import AmpboardError, DeviceError
from ..audio import Audio
from ..plugins.entering import install_trail
from ..rendering.score import Programme
from .backends import STREAM, open_backend
from .backends.protocol import Backend
from .backends.stream import NOTE, POLL_SECONDS, StreamPlayer
from .engine_trail import EngineTrail
from .memory_use import resident_bytes
from .player import Player
from .priority import freeze_collector, lock_memory, raise_thread_priority
from .region import Region, Word
from .rig import Layout, Rig
from .specification import Facts, Specification, line

BAD_INPUT: Final = 2
BROKEN: Final = 70


class Talk:
    """Lines to and from the process that started this one; what plugins print goes to standard error instead."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._wake, self._waker = os.pipe()

    def say(self, **fields: Any) -> None:
        """Send a line."""
        with suppress(BrokenPipeError):  # nobody listens any more: input has ended as well, and with it this process
            os.write(self._out, line(**fields))

    def hear(self) -> dict[str, Any]:
        """Wait for a line."""
        text = sys.stdin.buffer.readline()
        if not text:
            sys.exit(0)
        return json.loads(text)

    def wake(self) -> None:
        """Let `wait` return; from any thread."""
        os.write(self._waker, b"\0")

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep, without ever touching the interpreter, until input ends or `wake` is called; whether that was it."""
        return bool(select.select([0, self._wake], [], [], seconds)[0])


class Listener:
    """What the backend tells: counted in shared memory, handed to the player, or the end."""

    def __init__(self, region: Region, talk: Talk) -> None:
        self._words = region.words
        self._talk = talk
        self.player: Player | None = None
        self.reason = ""

    def xrun(self) -> None:
        """See `backends.protocol.Listener`."""
        self._words[Word.XRUNS] += 1

    def began(self, clock: int) -> None:
        """See `backends.protocol.Listener`."""
        self._words[Word.ORIGIN] = clock

    def gap(self, frames: int) -> None:
        """See `backends.protocol.Listener`."""
        if self.player:
            self.player.gap(frames)

    def ended(self, reason: str) -> None:
        """See `backends.protocol.Listener`."""
        self.reason = self.reason or reason
        self._talk.wake()


class AudioThread:
    """Calls the player, the first time after making its thread fit for audio."""

    def __init__(self, player: Player, listener: Listener, outputs: int) -> None:
        self._player = player
        self._listener = listener
        self._outputs = outputs
        self._prepared = False
        self.note = ""
        self.playing = threading.Event()

    def __call__(self, played: Audio) -> Audio:
        """Play a block; silence once something broke."""
        if not self._prepared:
            self._prepare()
        if self._listener.reason or self._player.ended:
            return np.zeros((self._outputs, played.shape[1]), np.float32)
        try:
            return self._player.process(played)
        except Exception as error:
            self._listener.ended(f"{type(error).__name__}: {error}")
            return np.zeros((self._outputs, played.shape[1]), np.float32)

    def _prepare(self) -> None:
        self._prepared = True
        np.seterr(all="ignore")
        self.note = raise_thread_priority()
        self.playing.set()


def main() -> int:
    """Run the engine; return its exit code."""
    began = time.perf_counter()
    for number in {signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)}:  # for the process that started this one
        signal.signal(number, signal.SIG_IGN)
    talk = Talk()
    request = talk.hear()
    try:
        return _run(talk, request, began)
    except (AmpboardError, OSError) as error:
        talk.say(error=str(error), kind=type(error).__name__)
        return BAD_INPUT


def _run(talk: Talk, request: dict[str, Any], began: float) -> int:
    specification = Specification.from_json(request["specification"])
    region = Region.attach(request["region"])
    if os.name == "posix":
        region.remove()  # both have mapped it: nothing is left behind, however this ends
    known: list[int] | None = request.get("layout")  # a spare engine opens nothing before it is needed
    wiring = specification.wiring
    streams = specification.backend == STREAM
    backend = None if known or streams else open_backend(specification.backend, wiring)
    rate, block = (backend.sample_rate, backend.block) if backend else known or (wiring.sample_rate, wiring.block)
    layout = Layout(rate, block, wiring.inputs, wiring.outputs)
    region.touch()
    install_trail(EngineTrail(region))
    programme = Programme.load(specification.preset or None, specification.setlist or None)
    rig = Rig(programme, layout, initial=specification.slot, excluded=specification.excluded)
    notes = [note for note in (lock_memory(), NOTE if streams else "") if note]
    freeze_collector()
    facts = Facts(
        backend=type(backend).name if backend else specification.backend,
        sample_rate=rate,
        block=block,
        channels=wiring.inputs,
        outputs=wiring.outputs,
        latency=rig.switcher.latency,
        seconds=time.perf_counter() - began,
        memory=resident_bytes(),
        slots=tuple(asdict(fact) for fact in rig.facts),
        controls=tuple(asdict(control) for control in rig.controls),
        shared=rig.shared,
        notes=tuple(notes),
    )
    talk.say(ready=facts)
    start = talk.hear()
    rig.begin(int(start["slot"]), [(str(location), str(plugin)) for location, plugin in start["excluded"]])
    if streams:
        return _stream(talk, region, rig, specification, slot=int(start["slot"]))
    if backend is None:
        backend = open_backend(specification.backend, specification.wiring)
        if (backend.sample_rate, backend.block) != (rate, block):
            raise DeviceError(
                f"the device runs at {backend.sample_rate} Hz in blocks of {backend.block} now: start anew"
            )
    return _play(talk, region, rig, backend, slot=int(start["slot"]))


def _play(talk: Talk, region: Region, rig: Rig, backend: Backend, *, slot: int) -> int:
    listener = Listener(region, talk)
    player = listener.player = Player(rig, region, slot=slot)
    thread = AudioThread(player, listener, rig.layout.outputs)
    backend.start(thread, listener)
    thread.playing.wait(timeout=2.0)
    talk.say(playing=True, note=thread.note)
    talk.wait()
    backend.stop()
    if listener.reason:
        talk.say(error=listener.reason, kind="EngineStopped")
        return BROKEN
    return 0


def _stream(talk: Talk, region: Region, rig: Rig, specification: Specification, *, slot: int) -> int:
    if len(rig.facts) > 1:
        raise DeviceError("AudioStream plays one preset and cannot switch: use --preset, or another --backend")
    player = StreamPlayer(specification.wiring, rig, region, slot=slot)
    player.start()
    talk.say(playing=True, note="")
    while player.obey() and not talk.wait(POLL_SECONDS):
        pass
    player.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
