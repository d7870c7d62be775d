"""``ampboard live`` and ``ampboard replay`` as a user runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.live.recording import read_sound

from ..live.conftest import BLOCK, RATE, jack_process, jack_server

__all__ = ["jack_process", "jack_server"]

AMPBOARD = (sys.executable, "-c", "from ampboard.bridge.cli import main; main()")
NULL_DEVICE = "pcm.!default { type null }\nctl.!default { type hw card 0 }\n"


def ampboard(*arguments: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AMPBOARD, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200", **environment},
        check=False,
        cwd=folder,
    )


def test_help_says_what_the_stream_backend_cannot() -> None:
    text = " ".join(ampboard("live", "--help").stdout.split())
    assert "no gapless switching" in text.replace("│", " ").replace("  ", " ")


def test_show_is_played_recorded_and_replayed(jack_server: str, tmp_path: Path) -> None:
    show = tmp_path / "show"
    played = ampboard(
        "live", "--setlist", "demo", "--backend", "jack", "--server", jack_server, "--seconds", "1", "--no-spare",
        "--log", str(show), "--record",
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    assert f"{RATE} Hz, blocks of {BLOCK}" in played.stdout
    assert "slot 1: Clean (Verse)" in played.stdout
    again = ampboard("replay", str(show / "show.jsonl"), "--out", str(tmp_path / "again.wav"))
    assert again.returncode == 0, again.stderr
    np.testing.assert_array_equal(read_sound(tmp_path / "again.wav"), read_sound(show / "output.wav"))


def start_line(**changed: object) -> str:
    fields = {
        "event": "start", "preset": "crunch", "setlist": "", "slot": 0, "excluded": [], "sample_rate": RATE,
        "block": BLOCK, "channels": 1, "outputs": 2,
    }  # fmt: skip
    return json.dumps(fields | changed)


@pytest.mark.parametrize(
    ("log", "options", "message"),
    [
        ("", (), "it is empty"),
        ('{"event": "start"}', (), "show.jsonl:1: the start event is damaged: KeyError('sample_rate')"),
        (start_line(), (), "there is no such recording: live --record keeps one"),
        (start_line(), ("--input", "show.jsonl"), "no sound file that can be read"),
        (start_line(), ("--out", "nowhere/again.wav"), "there is no folder"),
        (start_line() + '\n{"event": "applied"}', (), "show.jsonl:2: the applied event is damaged"),
    ],
)
def test_replay_that_cannot_be_is_one_line(tmp_path: Path, log: str, options: tuple[str, ...], message: str) -> None:
    (tmp_path / "show.jsonl").write_text(log)
    failed = ampboard("replay", "show.jsonl", "--out", "again.wav", *options, folder=tmp_path)
    assert failed.returncode == 2
    (line,) = failed.stderr.splitlines()
    assert message in line


def test_replay_renders_every_engine_of_a_show(tmp_path: Path) -> None:
    (tmp_path / "show.jsonl").write_text(start_line() + "\n" + start_line())
    for name, frames in (("input.wav", 2 * BLOCK), ("input-2.wav", 3 * BLOCK)):
        soundfile.write(tmp_path / name, np.zeros(frames), RATE)
    again = ampboard("replay", "show.jsonl", "--out", "again.wav", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert read_sound(tmp_path / "again.wav").shape == (2, 2 * BLOCK)
    assert read_sound(tmp_path / "again-2.wav").shape == (2, 3 * BLOCK)


def test_figures_come_as_json(jack_server: str) -> None:
    played = ampboard(
        "live", "--preset", "crunch", "--server", jack_server, "--seconds", "1", "--no-spare", "--json"
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    figures = json.loads(played.stdout)
    assert figures["frames"] > 0
    assert figures["budget_us"] == pytest.approx(1e6 * BLOCK / RATE)
    assert 0 < figures["callback_p50_us"] <= figures["callback_p99_us"]
    assert figures["dropped_messages"] == figures["restarts"] == 0


@pytest.mark.parametrize("spare", ["--spare", "--no-spare"])
def test_show_ends_with_its_figures_when_the_server_ends(
    jack_process: tuple[str, subprocess.Popen[bytes]], tmp_path: Path, spare: str
) -> None:
    name, server = jack_process
    show = subprocess.Popen(
        [*AMPBOARD, "live", "--preset", "crunch", "--backend", "jack", "--server", name, spare, "--json",
         "--log", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log = tmp_path / "show.jsonl"
    end = time.monotonic() + 60
    while not log.exists() or not log.read_text():
        assert show.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)
    server.terminate()  # not killed: JACK keeps the place of a killed server, and has eight
    server.wait()
    out, errors = show.communicate(timeout=60)
    assert show.returncode == 2
    assert "no other can play" in errors
    assert json.loads(out)["frames"] > 0
    last = json.loads(log.read_text().splitlines()[-1])
    assert last["event"] == "end"
    assert last["callbacks"] > 0
    assert "no other can play" in last["reason"]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="shared memory has no folder here")
@pytest.mark.parametrize(("number", "wait"), [("SIGHUP", 0.0), ("SIGHUP", 1.0), ("SIGKILL", 1.0)])
def test_show_that_is_ended_leaves_no_memory_and_no_traceback(
    jack_server: str, tmp_path: Path, number: str, wait: float
) -> None:
    """At the start of the first engine, and while the spare one loads."""
    log = tmp_path / "show.jsonl"
    with (tmp_path / "errors").open("w") as errors:
        show = subprocess.Popen(
            [*AMPBOARD, "live", "--preset", "crunch", "--server", jack_server, "--json", "--log", str(tmp_path)],
            stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    mine = f"ampboard-{show.pid}-*"
    end = time.monotonic() + 60
    while not (log.exists() and log.read_text() if wait else list(Path("/dev/shm").glob(mine))):
        assert show.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(wait)
    show.send_signal(getattr(signal, number))
    show.communicate(timeout=60)
    while list(Path("/dev/shm").glob(mine)):
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1.0)
    assert "Traceback" not in (tmp_path / "errors").read_text()


def test_ports_and_devices_are_listed(jack_server: str) -> None:
    listed = ampboard("live", "--list", "--json", "--server", jack_server)
    assert listed.returncode == 0, listed.stderr
    ports = {row["port"]: row["direction"] for row in json.loads(listed.stdout)["JACK ports"]}
    assert ports["system:capture_1"] == "source"
    assert ports["system:playback_1"] == "sink"


def test_portaudio_plays(jack_server: str) -> None:
    """Debian's PortAudio sees the JACK server as a device."""
    listed = ampboard("live", "--list", "--json", JACK_DEFAULT_SERVER=jack_server)
    if not json.loads(listed.stdout)["PortAudio devices"]:
        pytest.skip("PortAudio sees no device here")
    played = ampboard(
        "live", "--preset", "crunch", "--backend", "portaudio", "--block", str(BLOCK), "--seconds", "1", "--no-spare",
        "--json", JACK_DEFAULT_SERVER=jack_server,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    assert json.loads(played.stdout)["frames"] > 0


def test_audio_stream_plays_one_preset_and_refuses_a_setlist(tmp_path: Path) -> None:
    (tmp_path / ".asoundrc").write_text(NULL_DEVICE)
    listed = json.loads(ampboard("live", "--list", "--json", HOME=str(tmp_path)).stdout)
    if not listed["AudioStream devices"]:
        pytest.skip("ALSA's null device is not there")
    options = ("--backend", "stream", "--seconds", "0.5", "--no-spare", "--json")
    played = ampboard("live", "--preset", "crunch", *options, HOME=str(tmp_path))
    assert played.returncode == 0, played.stderr
    figures = json.loads(played.stdout)
    assert figures["frames"] is figures["callback_p99_us"] is None  # nobody measures them
    kept = ampboard("live", "--preset", "crunch", *options, "--log", str(tmp_path), "--record", HOME=str(tmp_path))
    assert kept.returncode == 2
    assert "--record: AudioStream's sound does not pass through here" in kept.stderr
    assert not list(tmp_path.glob("*.wav"))
    refused = ampboard("live", "--setlist", "demo", *options, HOME=str(tmp_path))
    assert refused.returncode == 2
    assert "AudioStream plays one preset and cannot switch" in refused.stderr


def test_nothing_there_is_one_line_that_says_why(tmp_path: Path) -> None:
    failed = ampboard("live", "--preset", "crunch", "--no-spare", "--server", "nobody", HOME=str(tmp_path))
    assert failed.returncode == 2
    (line,) = [line for line in failed.stderr.splitlines() if line.startswith("ampboard: ")]
    assert "no JACK server named 'nobody'" in line
    assert "PortAudio" not in line  # a server was asked for


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--slot", "9"), "there is no slot 9: use 1 to 1"),
        (("--source", "nope"), "there is no port 'nope': use one of system:capture_1"),
        (("--midi-in", "socket:localhost:99999"), "PORT from 1 to 65535"),
    ],
)
def test_option_that_fits_nothing_is_said_in_one_line(jack_server: str, options: tuple[str, ...], message: str) -> None:
    failed = ampboard("live", "--preset", "crunch", "--no-spare", "--json", "--server", jack_server, *options)
    assert failed.returncode == 2
    (line,) = [line for line in failed.stderr.splitlines() if line.startswith("ampboard: ")]
    assert message in line
    assert "ampboard:" not in line.removeprefix("ampboard: ")


def test_midi_input_is_found_on_the_named_server_by_a_part_of_its_name(jack_server: str) -> None:
    jack = pytest.importorskip("jack", exc_type=ImportError)
    board = jack.Client("FCB1010", no_start_server=True, servername=jack_server)
    board.midi_outports.register("out")
    with board:
        listed = json.loads(ampboard("live", "--list", "--json", "--server", jack_server).stdout)["MIDI inputs"]
        if not any("FCB1010" in row["port"] for row in listed):
            pytest.skip("rtmidi has no JACK here")
        played = ampboard(
            "live", "--preset", "crunch", "--server", jack_server, "--midi-in", "FCB", "--seconds", "0.2", "--no-spare"
        )
    assert played.returncode == 0, played.stderr


def test_earlier_show_is_not_overwritten_unasked(jack_server: str, tmp_path: Path) -> None:
    (tmp_path / "show.jsonl").write_text("precious")
    (tmp_path / "input-2.wav").write_text("too")
    options = ("live", "--preset", "crunch", "--server", jack_server, "--seconds", "0.2", "--no-spare", "--log")
    refused = ampboard(*options, str(tmp_path))
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert (tmp_path / "show.jsonl").read_text() == "precious"
    assert ampboard(*options, str(tmp_path), "--overwrite").returncode == 0
    assert (tmp_path / "show.jsonl").read_text() != "precious"
    assert not (tmp_path / "input-2.wav").exists()


def test_unknown_midi_input_is_named(jack_server: str) -> None:
    failed = ampboard(
        "live", "--preset", "crunch", "--no-spare", "--server", jack_server, "--midi-in", "jack:no such port",
        JACK_DEFAULT_SERVER=jack_server,
    )  # fmt: skip
    assert failed.returncode == 2
    assert "there is no MIDI input 'jack:no such port'" in failed.stderr
