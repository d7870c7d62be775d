"""An engine that is ended: by a plugin that crashes or hangs, or from outside."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ampboard.bridge.live.backends.protocol import Wiring
from ampboard.bridge.live.log import Played
from ampboard.bridge.live.recording import read_sound
from ampboard.bridge.live.replay import replay
from ampboard.bridge.live.session import Session
from ampboard.bridge.live.specification import Specification
from ampboard.bridge.plugins.quarantine import plugin_records
from ampboard.bridge.plugins.vst3 import load_vst3
from ampboard.models.errors import DeviceError, PresetError

from ..plugins.faulty import Faulty

GAIN = '[[chain]]\nid = "volume"\ntype = "builtin"\nplugin = "Gain"\nparameters = { gain_db = -6.0 }\n'
RESTART_SECONDS = 2.0


@pytest.fixture(autouse=True)
def _own_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPBOARD_PLUGIN_RECORDS", str(tmp_path / "verdicts"))


def preset(folder: Path, plugin: Path) -> Path:
    path = folder / "faulty.toml"
    foreign = f'[[chain]]\nid = "foreign"\ntype = "vst3"\npath = "{plugin}"\n'
    path.write_text(f'schema = 1\nname = "faulty"\n{GAIN}{foreign}')
    return path


class Feeder:
    """Plays a constant into the engine, or silence, and keeps what comes out."""

    def __init__(self, server: str) -> None:
        import jack

        self.client = jack.Client("feeder", no_start_server=True, servername=server)
        self.out = self.client.outports.register("out")
        self.input = self.client.inports.register("in")
        self.value = 0.0
        self.heard = 0.0
        self.client.set_process_callback(self._play)
        self.client.activate()

    def _play(self, frames: int) -> None:
        self.out.get_array()[:] = self.value
        self.heard = float(self.input.get_array()[-1])


@pytest.fixture
def feeder(jack_server: str) -> Iterator[Feeder]:
    player = Feeder(jack_server)
    yield player
    player.client.deactivate()
    player.client.close()


def wiring(server: str) -> Wiring:
    return Wiring(server=server, sources=("feeder:out",), sinks=("feeder:in",), outputs=1)


def wait_for(session: Session, condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        session.poll()
        assert time.monotonic() < end, session.view.messages
        time.sleep(0.005)


def spare_is_loaded(session: Session) -> bool:
    spare = session._supervisor._spare
    return spare is not None and spare.ready


@pytest.mark.parametrize(("fault", "outcome"), [("crash-loud", "crashed"), ("hang-loud", "hung")])
def test_plugin_that_ends_the_engine_is_named_and_left_out(
    jack_server: str, feeder: Feeder, faulty: Faulty, tmp_path: Path, fault: str, outcome: str
) -> None:
    chain = preset(tmp_path, faulty.path)
    load_vst3(faulty.path)  # the trial is over
    faulty.set_fault(fault)
    session = Session(Specification(preset=str(chain), backend="jack", wiring=wiring(jack_server)), folder=tmp_path)
    try:
        session.move(0, "volume.gain_db", 6.0)
        wait_for(session, lambda: spare_is_loaded(session))
        feeder.value = 4.0
        wait_for(session, lambda: session.summary().restarts == 1)
        (said,) = [message for message in session.view.messages if "ended the engine" in message]
        assert said.startswith(f"{faulty.path.name} ended the engine")
        assert float(said.rsplit("after ", 1)[1].removesuffix(" s")) < RESTART_SECONDS
        wait_for(session, lambda: feeder.heard > 0)
        gain = 10 ** (6 / 20)
        wait_for(session, lambda: abs(feeder.heard - 4.0 * gain) < 1e-6)  # without the plugin, the control as it was
    finally:
        session.stop()
    assert [(r.identity.location, r.verdict.outcome) for r in plugin_records()] == [(str(faulty.path), outcome)]


def test_engine_killed_from_outside_plays_on_with_the_same_preset(
    jack_server: str, feeder: Feeder, tmp_path: Path
) -> None:
    session = Session(
        Specification(setlist="demo", backend="jack", wiring=wiring(jack_server)), folder=tmp_path, record=True
    )
    try:
        feeder.value = 0.1
        session.select(2)
        session.level("volume", -3.0)
        wait_for(session, lambda: session.view.slot == 2 and spare_is_loaded(session))
        os.kill(session.engine.pid, signal.SIGKILL)
        began = time.monotonic()
        wait_for(session, lambda: session.summary().restarts == 1)
        assert time.monotonic() - began < RESTART_SECONDS
        assert "SIGKILL" in session.view.messages[-1]
        session.select(1)
        wait_for(session, lambda: session.view.slot == 1)
    finally:
        summary = session.stop()
    assert summary.restarts == 1
    assert plugin_records() == ()
    first, second = Played.read(tmp_path / "show.jsonl")
    assert second.start["slot"] == 2
    for played, ending in ((first, ""), (second, "-2")):
        sound, output = read_sound(tmp_path / f"input{ending}.wav"), read_sound(tmp_path / f"output{ending}.wav")
        np.testing.assert_array_equal(replay(played, sound), output)


def test_without_a_spare_a_new_engine_is_loaded(jack_server: str, feeder: Feeder) -> None:
    session = Session(Specification(preset="crunch", backend="jack", wiring=wiring(jack_server)), spare=False)
    try:
        os.kill(session.engine.pid, signal.SIGSEGV)
        wait_for(session, lambda: session.summary().restarts == 1)
        session.mute(True)
        wait_for(session, lambda: session.view.frame > 0)
    finally:
        session.stop()


def test_preset_without_snapshots_and_a_slot_that_is_not_there_are_said(jack_server: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain.toml"
    plain.write_text(f'schema = 1\nname = "plain"\n{GAIN}')
    where = Wiring(server=jack_server, sources=("none",), sinks=("none",))
    session = Session(Specification(preset=str(plain), backend="jack", wiring=where), spare=False)
    try:
        session.next_snapshot()
        assert session.view.messages[-1] == "preset 'plain' has no snapshots"
        session.select(8)
        assert session.view.messages[-1] == "slot 9: there is none, nothing was switched"
    finally:
        session.stop()


def test_what_is_not_there_is_said_in_one_line(jack_server: str, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="no JACK server named 'nobody'"):
        Session(Specification(preset="crunch", backend="jack", wiring=Wiring(server="nobody")), spare=False)
    with pytest.raises(DeviceError, match="there is no port 'guitar:out'"):
        Session(
            Specification(preset="crunch", backend="jack", wiring=Wiring(server=jack_server, sources=("guitar:out",))),
            spare=False,
        )
    with pytest.raises(PresetError, match="no setlist is called 'nothing'"):
        Session(Specification(setlist="nothing", backend="jack", wiring=Wiring(server=jack_server)))
