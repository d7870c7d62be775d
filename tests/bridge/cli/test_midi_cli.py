"""``ampboard midi`` with a controller that sends over a socket."""

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import mido
import pytest
from mido.sockets import connect

from ampboard.presets import load_preset


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@contextmanager
def running(*arguments: str | Path):
    """An ampboard process with a MIDI socket, and the controller connected to it."""
    number = free_port()
    command = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", "midi", *map(str, arguments)]
    with subprocess.Popen(
        [*command, "--port", f"socket:localhost:{number}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            controller = None
            for _ in range(200):
                try:
                    controller = connect("localhost", number)
                    break
                except OSError:
                    time.sleep(0.05)
            assert controller is not None, process.communicate(timeout=10)
            yield process, controller
            controller.close()
        finally:
            process.kill()


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "clean.toml"
    path.write_text(
        '# mine\nschema = 1\nname = "Mine"\n\n[[chain]]\nid = "room"\ntype = "builtin"\nplugin = "Reverb"\n'
    )
    return path


def sweep(controller, control: int = 4) -> None:
    for value in range(0, 128, 8):
        controller.send(mido.Message("control_change", control=control, value=value, channel=2))


def test_monitor_says_what_comes() -> None:
    with running("monitor", "--seconds", "3") as (process, controller):
        controller.send(mido.Message("clock"))
        controller.send(mido.Message("program_change", program=5))
        out, _ = process.communicate(timeout=30)
    assert [line.split("  ")[-1] for line in out.splitlines()] == ["program 5, channel 1"]


def test_learn_proposes_and_writes_nothing(preset) -> None:
    before = preset.read_text()
    with running("learn", preset, "room.wet_level", "--json") as (process, controller):
        sweep(controller)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert json.loads(out) == {"cc": 4, "channel": 3, "target": "room.wet_level"}
    assert "CC4 (foot controller) on channel 3, a pedal or knob" in err
    assert preset.read_text() == before


def test_learn_writes_what_it_proposes(preset) -> None:
    with running("learn", preset, "room.wet_level", "--write", "--maximum", "0.5") as (process, controller):
        sweep(controller)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.splitlines()[0] == "[[midi]]"
    (mapping,) = load_preset(preset).midi
    assert (mapping.cc, mapping.channel, mapping.target, mapping.maximum) == (4, 3, "room.wet_level", 0.5)
    assert preset.read_text().startswith("# mine\n")


def test_learn_refuses_a_target_that_is_not_there(preset) -> None:
    with running("learn", preset, "hall.wet_level", "--write") as (process, controller):
        sweep(controller)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "no node is called 'hall'" in err


def test_learn_gives_a_slot_its_program(tmp_path) -> None:
    path = tmp_path / "show.toml"
    slots = "".join(f'[[slots]]\nprogram = {n}\npreset = "{name}"\n' for n, name in enumerate(("clean", "crunch")))
    path.write_text(f'schema = 1\nname = "Show"\n{slots}')
    with running("learn", path, "2", "--write") as (process, controller):
        controller.send(mido.Message("program_change", program=77))
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "program = 77" in path.read_text()


def test_learn_lets_a_footswitch_do_something(preset) -> None:
    with running("learn", preset, "next-snapshot", "--write", "--any-channel") as (process, controller):
        for velocity in (100, 0):
            controller.send(mido.Message("note_on", note=60, velocity=velocity))
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "note 60 (C4) on channel 1, a switch" in err
    (mapping,) = load_preset(preset).midi
    assert (mapping.note, mapping.channel, mapping.target) == (60, None, "next-snapshot")


def test_learn_gives_up_with_a_remedy(preset) -> None:
    with running("learn", preset, "room.wet_level", "--timeout", "0.3") as (process, _):
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "no control moved within 0.3 s" in err
