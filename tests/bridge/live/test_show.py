"""A scripted show through JACK: audio and MIDI in, recorded outside the engine, and the replay of its log."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from mido import sockets

from ampboard.bridge.live.backends.protocol import Wiring
from ampboard.bridge.live.log import Played
from ampboard.bridge.live.recording import read_sound
from ampboard.bridge.live.records import Event, Record
from ampboard.bridge.live.region import Word
from ampboard.bridge.live.replay import replay
from ampboard.bridge.live.session import Session
from ampboard.bridge.live.specification import Specification

BLOCK = 128
SCRIPT = [
    mido.Message("program_change", program=1),
    mido.Message("control_change", control=11, value=90),
    mido.Message("program_change", program=2),
    mido.Message("control_change", control=69, value=1),
    mido.Message("control_change", control=91, value=40),
    mido.Message("program_change", program=9),
    mido.Message("program_change", program=0),
    mido.Message("control_change", control=7, value=100),
    mido.Message("program_change", program=1),
    mido.Message("control_change", control=11, value=127),
    mido.Message("program_change", program=2),
]


class Stage:
    """Two JACK clients: one plays noise into the engine, the other records what comes out, by the server's frames.

    `pace` seconds a block keep a freewheeling server from racing ahead of the MIDI.
    """

    def __init__(self, server: str) -> None:
        import jack

        self.feeder = jack.Client("feeder", no_start_server=True, servername=server)
        self.recorder = jack.Client("recorder", no_start_server=True, servername=server)
        self.out = self.feeder.outports.register("out")
        self.ins = [self.recorder.inports.register(f"in_{n}") for n in range(2)]
        self.generator = np.random.default_rng(2)
        self.fed: dict[int, np.ndarray] = {}
        self.recorded: dict[int, np.ndarray] = {}
        self.pace = 0.0
        self.feeder.set_process_callback(self._feed)
        self.recorder.set_process_callback(self._record)
        self.feeder.activate()
        self.recorder.activate()

    def connect(self) -> None:
        self.feeder.connect("feeder:out", "ampboard:input_1")
        for n in range(2):
            self.recorder.connect(f"ampboard:output_{n + 1}", f"recorder:in_{n}")

    def close(self) -> None:
        for client in (self.feeder, self.recorder):
            client.deactivate()
            client.close()

    def _feed(self, frames: int) -> None:
        block = (0.1 * self.generator.standard_normal(frames)).astype(np.float32)
        self.out.get_array()[:] = block
        self.fed[self.feeder.last_frame_time] = block
        if self.pace:
            time.sleep(self.pace)

    def _record(self, frames: int) -> None:
        self.recorded[self.recorder.last_frame_time] = np.stack([port.get_array() for port in self.ins])


@pytest.fixture
def stage(jack_server: str) -> Iterator[Stage]:
    clients = Stage(jack_server)
    yield clients
    clients.close()


def free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        return int(server.getsockname()[1])


def polled(session: Session, seconds: float) -> list[Record]:
    events: list[Record] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        events += session.poll()
        time.sleep(0.01)
    return events


def play_script(session: Session, port: int, between: float) -> list[Record]:
    client = sockets.connect("localhost", port)
    events: list[Record] = []
    for message in SCRIPT:
        client.send(message)
        events += polled(session, between)
    client.close()
    return events


def log_lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "show.jsonl").read_text().splitlines()]


def test_show_equals_the_replay_of_its_log_bit_for_bit(jack_server: str, stage: Stage, tmp_path: Path) -> None:
    port = free_port()
    session = Session(
        Specification(
            setlist="demo", backend="jack", wiring=Wiring(server=jack_server, sources=("none",), sinks=("none",))
        ),
        midi=[f"socket:localhost:{port}"],
        folder=tmp_path,
        record=True,
        spare=False,
    )
    try:
        stage.connect()
        events = play_script(session, port, 0.1)  # in real time
        stage.pace = 0.001
        stage.feeder.set_freewheel(True)
        time.sleep(0.3)
        events += polled(session, 0.1)
        first = session.view.frame
        events += play_script(session, port, 0.15)  # as fast as the feeder goes; nothing is lost now
        last = session.view.frame
        stage.feeder.set_freewheel(False)
        events += polled(session, 0.3)
        clock = session.engine.region.words[Word.ORIGIN]
    finally:
        summary = session.stop()

    assert summary.dropped == 0
    (played,) = Played.read(tmp_path / "show.jsonl")
    assert played.frames == summary.frames
    sound, output = read_sound(tmp_path / "input.wav"), read_sound(tmp_path / "output.wav")
    assert sound.shape == (1, played.frames)
    again = replay(played, sound)
    np.testing.assert_array_equal(output, again)
    assert np.abs(output).max() > 0.01

    # what was recorded outside, by the server's clock, in the stretch without lost audio
    gaps = [(e["frame"], e["slot"]) for e in log_lines(tmp_path) if e["event"] == "gap"]
    assert not [frame for frame, _ in gaps if first <= frame < last]
    offset = clock + sum(frames for frame, frames in gaps if frame <= first)
    start = -(-first // BLOCK) * BLOCK
    assert last - start > 100 * BLOCK
    for frame in range(start, last - BLOCK, BLOCK):
        np.testing.assert_array_equal(sound[0, frame : frame + BLOCK], stage.fed[frame + offset])
        np.testing.assert_array_equal(again[:, frame : frame + BLOCK], stage.recorded[frame + offset])

    # every message was answered, in order, each once; the empty slot was named
    applied = [e for e in log_lines(tmp_path) if e["event"] == "applied"]
    switches = [e["slot"] for e in applied if e["command"] == "switch"]
    assert switches == [1, 2, 0, 1, 2] * 2
    assert [e["number"] for e in applied] == list(range(1, len(applied) + 1))
    assert sum(e["event"] == "unknown_program" for e in log_lines(tmp_path)) == 2
    assert "program 9 of bank 0" in session.view.messages[-1]
    end = log_lines(tmp_path)[-1]
    assert end["event"] == "end"
    assert end["callbacks"] * BLOCK == summary.frames
    assert 0 < end["p50_us"] <= end["p99_us"] <= end["longest_us"] + 1
    assert {record.kind for record in events} >= {Event.APPLIED, Event.METERS}


def test_switch_takes_effect_within_a_block_of_its_command(jack_server: str, tmp_path: Path) -> None:
    session = Session(
        Specification(
            setlist="demo", backend="jack", wiring=Wiring(server=jack_server, sources=("none",), sinks=("none",))
        ),
        folder=tmp_path,
        spare=False,
    )
    try:
        polled(session, 0.2)
        sent: list[tuple[int, int]] = []
        for number in range(20):
            before = session.engine.region.words[Word.FRAMES]
            session.select(number % 3)
            sent.append((before, number % 3))
            polled(session, 0.05)
    finally:
        session.stop()
    applied = [e for e in log_lines(tmp_path) if e["event"] == "applied" and e["command"] == "switch"]
    assert [e["slot"] for e in applied] == [slot for _, slot in sent]
    late = [e["frame"] - frame for e, (frame, _) in zip(applied, sent, strict=True)]
    assert min(late) >= 0
    assert float(np.median(late)) <= BLOCK  # the machine may stall; half of them must be at once


def test_random_switches_lose_no_message_and_no_memory(jack_server: str, stage: Stage, tmp_path: Path) -> None:
    from ampboard.bridge.live.memory_use import resident_bytes

    session = Session(
        Specification(
            setlist="demo", backend="jack", wiring=Wiring(server=jack_server, sources=("none",), sinks=("none",))
        ),
        folder=tmp_path,
        spare=False,
    )
    generator = np.random.default_rng(5)
    try:
        stage.connect()
        memory = []
        for _ in range(2):
            for slot in generator.integers(0, 3, 100).tolist():
                session.select(slot)
                polled(session, 0.02)
            memory.append(resident_bytes(session.engine.pid))
        sent = 200
    finally:
        summary = session.stop()
    lines = log_lines(tmp_path)
    assert sum(e["event"] == "applied" and e["command"] == "switch" for e in lines) == sent
    assert not [e for e in lines if e["event"] in ("nonfinite", "refused", "restart")]
    assert summary.dropped == 0
    assert memory[1] <= 1.01 * memory[0]


def test_threads_may_command_at_once(jack_server: str, tmp_path: Path) -> None:
    session = Session(
        Specification(
            setlist="demo", backend="jack", wiring=Wiring(server=jack_server, sources=("none",), sinks=("none",))
        ),
        folder=tmp_path,
        spare=False,
    )
    try:
        threads = [
            threading.Thread(target=lambda: [session.level("volume", -float(n)) for n in range(200)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        events = polled(session, 1.0)
    finally:
        for thread in threads:
            thread.join()
        session.stop()
    numbers = [event.number for event in events if event.kind == Event.APPLIED]
    assert numbers == list(range(1, 801))
