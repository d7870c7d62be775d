"""One script, offline and live: the same settings in the same order."""

import json
import time
from pathlib import Path
from typing import Any

import mido
import pytest

from ampboard.bridge.chains import build_chain
from ampboard.bridge.live.backends.protocol import Wiring
from ampboard.bridge.live.records import LEVELS
from ampboard.bridge.live.session import Session
from ampboard.bridge.live.specification import Specification
from ampboard.bridge.midi.actions import ParameterAction, SelectSlot, SetLevel, SetSwitch
from ampboard.bridge.midi.settings import Settings, Standing
from ampboard.bridge.rendering.score import Programme, Score
from ampboard.presets.midi_sources import SOURCES

RATE = 48_000

PRESET = """schema = 1
name = "first"
tempo = 100.0

[sync]
"delay.delay_seconds" = "1/8 dotted"

[[chain]]
type = "builtin"
plugin = "Delay"

[[chain]]
type = "builtin"
plugin = "Reverb"

[[midi]]
cc14 = 3
target = "reverb.wet_level"
pickup = true

[[midi]]
note = 60
target = "reverb.bypass"
mode = "toggle"

[[midi]]
nrpn = 400
target = "delay.feedback"
maximum = 0.5

[[snapshots]]
name = "Near"

[[snapshots]]
name = "Far"
values = { "reverb.wet_level" = 0.9, "delay.mix" = 0.8 }
"""
SECOND = 'schema = 1\nname = "second"\n[[chain]]\nid = "delay"\ntype = "builtin"\nplugin = "Gain"\n'
SETLIST = """schema = 1
name = "show"

[[slots]]
program = 0
preset = "first.toml"

[[slots]]
program = 1
preset = "second.toml"

[[slots]]
program = 2
preset = "first.toml"
snapshot = "Far"
tempo = 90.0

[[midi]]
note = 70
target = "next-preset"

[[midi]]
note = 71
target = "next-snapshot"

[[midi]]
note = 72
target = "mute"

[[midi]]
pitch_bend = true
target = "delay.gain_db"
minimum = -12.0
maximum = 0.0
"""


def script() -> list[mido.Message]:
    """Every kind of control, steps through slots and snapshots, levels, an empty slot, a snapshot that is not there."""
    sent: list[bytes] = []

    def say(kind: str, number: int, *values: int) -> None:
        for value in values or (127,):
            sent.extend(SOURCES[kind].encode(1, number, value))

    say("note", 60, 90, 0, 90, 0)
    say("cc14", 3, 0, 3000, 9000, 16383, 100)
    say("nrpn", 400, 16383, 77)
    say("note", 71, 90, 0, 90, 0)
    say("cc14", 3, 200, 16000)
    say("cc", 7, 100)
    say("program", 1)
    say("pitch_bend", 0, 0, 8192, 16383)
    say("cc", 69, 0)
    say("note", 70, 90, 0)
    say("cc", 102, 0, 127)
    say("cc", 11, 64)
    say("note", 72, 90, 0)
    say("program", 9)
    say("note", 70, 90, 0)
    say("cc", 69, 0, 1)
    say("cc", 121, 0)
    return [mido.Message.from_bytes(data) for data in sent]


def offline(folder: Path, messages: list[mido.Message]) -> tuple[list[tuple[Any, ...]], list[str]]:
    """What a render makes of a file with these messages, one every 100 frames."""
    file = mido.MidiFile(type=0, ticks_per_beat=RATE // 2)
    file.tracks.append(mido.MidiTrack(message.copy(time=100) for message in messages))
    file.save(str(folder / "show.mid"))
    programme = Programme.load(None, folder / "show.toml")
    score = Score.read(folder / "show.mid", programme, RATE, None)
    chains = {slot: build_chain(programme.presets[slot]) for slot in (0, 1)}

    def standing(slot: int, target: str) -> Standing | None:
        chain = chains[slot]
        if target not in chain.controls:
            return None
        return Standing(*chain.parameter_range(target), chain.get_parameter(target))

    settings = Settings(programme.presets, standing)
    done: list[tuple[Any, ...]] = []
    for _, action in score.events:
        match action:
            case SelectSlot(slot):
                done.append(("switch", slot))
            case SetLevel(name, decibels):
                done.append(("level", LEVELS.index(name), decibels))
            case SetSwitch(name, on):
                done.append((name, float(bool(on))))
            case _ if isinstance(action, ParameterAction):
                done += [("move", move.slot, move.target, move.value) for move in settings.moves(action)]
    return done, [str(action) for _, action in score.unanswered]


def live(folder: Path, messages: list[mido.Message], server: str) -> tuple[list[tuple[Any, ...]], list[str]]:
    """What the engine's log says of a show with them."""
    wiring = Wiring(server=server, sources=("none",), sinks=("none",))
    session = Session(
        Specification(setlist=str(folder / "show.toml"), backend="jack", wiring=wiring), folder=folder, spare=False
    )
    try:
        for message in messages:
            session.hear(message)
            session.poll()
            time.sleep(0.005)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            session.poll()
            time.sleep(0.01)
        said = [text for text in session.view.messages if "nothing was" in text]
        assert session.view.snapshot == "Far"
    finally:
        session.stop()
    lines = [json.loads(line) for line in (folder / "show.jsonl").read_text().splitlines()]
    shapes = {
        "switch": lambda e: ("switch", e["slot"]),
        "level": lambda e: ("level", e["index"], e["value"]),
        "mute": lambda e: ("mute", e["value"]),
        "move": lambda e: ("move", e["slot"], e["target"], e["value"]),
    }
    return [shapes[e["command"]](e) for e in lines if e["event"] == "applied" and e["command"] in shapes], said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("first", PRESET), ("second", SECOND), ("show", SETLIST)):
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def test_a_script_does_the_same_offline_and_live(folder: Path, jack_server: str) -> None:
    messages = script()
    expected, unanswered = offline(folder, messages)
    done, said = live(folder, messages, jack_server)
    assert done == expected
    assert said == unanswered
    assert len(unanswered) == 2
    assert {kind for kind, *_ in done} == {"switch", "level", "mute", "move"}
    assert len(done) > 25
