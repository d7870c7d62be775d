"""A real engine on a JACK server of its own, seen on the screen and steered by keys."""

import fcntl
import io
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time

import mido
import numpy as np
import pytest
from rich.console import Console

jack = pytest.importorskip("jack", exc_type=(ImportError, OSError))

from ampboard.bridge.live.backends.protocol import Wiring  # noqa: E402
from ampboard.bridge.live.screen.keys import Press  # noqa: E402
from ampboard.bridge.live.screen.view import Page  # noqa: E402
from ampboard.bridge.live.screen.watching import Watcher, watch  # noqa: E402
from ampboard.bridge.live.session import Session  # noqa: E402
from ampboard.bridge.live.specification import Specification  # noqa: E402

TONE_HZ = 110.3

if shutil.which("jackd") is None:
    pytest.skip("there is no jackd", allow_module_level=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A JACK server without a sound card, under a name of its own."""
    name = f"ampboard-screen-{os.getpid()}"
    home = tmp_path_factory.mktemp("home")
    command = ["jackd", "-n", name, "-r", "-d", "dummy", "-r", "48000", "-p", "512"]
    quiet = {"JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1", "HOME": str(home)}
    process = subprocess.Popen(
        command, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            try:
                jack.Client("probe", no_start_server=True, servername=name).close()
                break
            except jack.JackError:
                time.sleep(0.05)
        yield name
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def tone(server):
    """A string that sounds all the time: port of a client that plays a sine."""
    client = jack.Client("tone", no_start_server=True, servername=server)
    port = client.outports.register("out")
    turn = 2 * np.pi * TONE_HZ / client.samplerate
    position = 0

    def play(frames: int) -> None:
        nonlocal position
        port.get_array()[:] = 0.25 * np.sin(turn * (position + np.arange(frames)))
        position += frames

    client.set_process_callback(play)
    client.activate()
    yield port.name
    client.deactivate()
    client.close()


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A setlist of three small presets."""
    folder = tmp_path_factory.mktemp("show")
    names = ("Gain", "Reverb", "Chorus")
    for plugin in names:
        chain = f'[[chain]]\ntype = "builtin"\nplugin = "{plugin}"\n'
        if plugin == "Reverb":
            chain += (
                '[[snapshots]]\nname = "near"\n[[snapshots]]\nname = "far"\nvalues = { "reverb.wet_level" = 0.9 }\n'
            )
        (folder / f"{plugin}.toml").write_text(f'schema = 1\nname = "{plugin}"\n{chain}')
    slots = (f'[[slots]]\nprogram = {n}\npreset = "{p}.toml"\n' for n, p in enumerate(names))
    (folder / "show.toml").write_text('schema = 1\nname = "Show"\n' + "".join(slots))
    return folder / "show.toml"


@pytest.fixture(scope="module")
def session(server, tone, show):
    wiring = Wiring(client="amp", server=server, sources=(tone,), sinks=("none",))
    session = Session(Specification(setlist=str(show), backend="jack", wiring=wiring), spare=False)
    yield session
    session.stop()


def until(session, watcher, true, seconds: float = 5.0):
    """Look at the screen until something shows."""
    end = time.monotonic() + seconds
    view = None
    while time.monotonic() < end:
        session.poll()
        view = watcher.view(time.monotonic())
        if true(view):
            return view
        time.sleep(0.05)
    raise AssertionError(view)


def test_keys_recall_snapshots_and_tap_the_tempo(session) -> None:
    watcher = Watcher(session)
    watcher.press(Press.SLOT, 2)
    until(session, watcher, lambda view: view.slot == 2)
    names = []
    for press in (Press.NEXT_SNAPSHOT, Press.NEXT_SNAPSHOT, Press.NEXT_SNAPSHOT, Press.PREVIOUS_SNAPSHOT):
        watcher.press(press)
        names.append(watcher.view(0.0).snapshot)
    assert names == ["near", "far", "near", "far"]
    began = time.monotonic()
    watcher.press(Press.TAP)
    time.sleep(0.5)
    before = time.monotonic()
    watcher.press(Press.TAP)
    tempo = watcher.view(0.0).tempo
    assert 60 / (time.monotonic() - began) - 0.1 <= tempo <= 60 / (before - began - 0.01) + 0.1
    watcher.press(Press.SLOT, 1)
    assert until(session, watcher, lambda view: view.slot == 1).snapshot == ""


def test_the_screen_shows_what_the_engine_does(session) -> None:
    watcher = Watcher(session)
    view = until(session, watcher, lambda view: view.levels_in.peak_db > -20 and view.load.p99_us > 0)
    assert view.levels_in.peak_db == pytest.approx(20 * np.log10(0.25), abs=0.1)
    assert (view.slot, view.preset) == (1, session.programme.presets[0].name)
    assert view.backend == "jack, 48000 Hz, 512 frames"
    assert view.load.budget_us == pytest.approx(512 / 48_000 * 1e6, rel=0.01)
    assert view.engine == "playing"


def test_the_tuner_hears_the_input_while_the_output_is_muted(session) -> None:
    watcher = Watcher(session)
    watcher.press(Press.TUNER)
    assert watcher.view(time.monotonic()).page is Page.TUNER
    # three readings without a jump: sound may have been lost just before
    view = until(
        session, watcher, lambda view: view.tuner.reading and abs(view.tuner.reading.frequency - TONE_HZ) < 0.06
    )
    assert view.muted
    assert view.tuner.reading.note == "A2"
    assert view.tuner.reading.cents == pytest.approx(1200 * np.log2(TONE_HZ / 110), abs=1.0)
    watcher.press(Press.TUNER)
    assert not watcher.view(time.monotonic()).muted


def test_keys_switch_slots(session) -> None:
    watcher = Watcher(session)
    watcher.press(Press.SLOT, 3)
    until(session, watcher, lambda view: view.slot == 3)
    watcher.press(Press.PREVIOUS)
    until(session, watcher, lambda view: view.slot == 2)
    watcher.press(Press.SLOT, 9)
    assert any("slot" in message for message in until(session, watcher, lambda view: view.messages).messages)


def test_the_last_midi_message_is_told_in_words(session) -> None:
    session.hear(mido.Message("program_change", program=1))
    view = until(session, Watcher(session), lambda view: view.slot == 2)
    assert view.midi == "program 1, channel 1"


def test_a_show_without_a_terminal_is_told_in_lines(session) -> None:
    out = io.StringIO()
    end = time.monotonic() + 0.5
    watch(session, lambda: time.monotonic() > end, console=Console(file=out, width=200))
    lines = out.getvalue().splitlines()
    assert lines[0] == "audio: jack, 48000 Hz, 512 frames"
    assert lines[-1] == "engine: stopped"


def test_the_command_in_a_terminal(server, tone, show) -> None:
    """A player at a terminal of 80 by 24: sees the first slot, goes to the second, tunes, quits."""
    player, program = pty.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", "live", "--setlist", str(show)]
    options = ["--backend", "jack", "--server", server, "--source", tone, "--sink", "none", "--no-spare"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen([*command, *options], stdin=program, stdout=program, stderr=program, env=environment) as live:
        os.close(program)
        try:
            expect(player, "1/3")
            os.write(player, b"2")
            expect(player, "2/3")
            os.write(player, b"t")
            expect(player, "A4 = 440 Hz")
            os.write(player, b"q")
            assert "dropped messages" in expect(player, "dropped messages")
            assert live.wait(20) == 0
        finally:
            live.kill()
            os.close(player)


def expect(player: int, words: str, seconds: float = 60.0) -> str:
    """What a terminal shows, until it shows `words`."""
    shown = ""
    end = time.monotonic() + seconds
    while words not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown):
        assert time.monotonic() < end, shown[-3000:]
        if select.select([player], [], [], 0.2)[0]:
            shown += os.read(player, 65536).decode(errors="replace")
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_calibration_measures_a_tone_of_known_level(server, tone, tmp_path, monkeypatch) -> None:
    import typer
    from typer.testing import CliRunner

    from ampboard.bridge.cli.calibrate import calibrate
    from ampboard.bridge.interface_level import read_interface_level

    monkeypatch.setenv("AMPBOARD_CONFIG", str(tmp_path / "config.toml"))
    app = typer.Typer()
    app.command()(calibrate)
    arguments = ["--dbu", "0", "--backend", "jack", "--server", server, "--source", tone]
    for _ in range(4):  # the sine itself breaks off when the machine is late
        done = CliRunner().invoke(app, arguments)
        if done.exit_code == 0:
            break
        assert any(words in str(done.exception) for words in ("record at least", "noise and distortion")), (
            done.exception
        )
    else:
        pytest.skip(f"the machine was too busy to measure: {done.exception}")
    assert read_interface_level() == pytest.approx(-20 * np.log10(0.25), abs=0.02)
