"""``ampboard capture`` from the command line on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from ampboard.models.errors import AmpboardError
from ampboard.training.capture import Capture
from ampboard.training.capture.commands import app
from ampboard.training.devices.plugins.guitarix import installed_guitarix
from ampboard.training.devices.registry import device_names, load_device

from ..conftest import BLOCK, RATE, Amplifier

LATE = 321


@pytest.fixture(autouse=True, scope="module")
def trusted() -> Iterator[None]:
    """Their trials are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
        yield


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(*arguments: object) -> str:
    """What a command says that ends with an error of ours, which `ampboard` prints as it is; exit code 2."""
    result = run(*arguments)
    assert isinstance(result.exception, AmpboardError), result.exception
    return str(result.exception)


@pytest.fixture(scope="module")
def signal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signal") / "signal.wav"
    facts = json.loads(run("signal", path, "--seconds", 30, "--json").stdout)
    assert facts == {"written": str(path), "sample_rate": RATE, "seconds": 30.0, "layout": "ampboard 1"}
    return path


@pytest.fixture(scope="module")
def recordings(signal: Path) -> dict[str, Path]:
    """The signal through a soft clipper at three gains, late, as a DAW exports it: 24 bit, stereo, one side silent."""
    dry = soundfile.read(signal)[0]
    made: dict[str, Path] = {}
    for gain in (1, 3, 9):
        wet = 0.7 * np.tanh(gain * np.concatenate([np.zeros(LATE), dry]))
        path = signal.parent / f"rec{gain}.wav"
        soundfile.write(path, np.stack([wet, 0 * wet], axis=1), RATE, subtype="PCM_24")
        made[str(gain)] = path
    return made


def test_recordings_of_a_daw_become_a_capture(signal: Path, recordings: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "amp"
    takes = [f"gain={at}:{recordings[gain]}" for gain, at in (("1", 0), ("9", 1), ("3", 0.5))]
    result = run(
        "take", signal, *takes, "-o", out, "--unseen", "gain=0.5", "--gear", "make=Own", "--input-dbu", 12, "--json"
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert {finding["severity"] for finding in facts["findings"]} == {"ok"}
    assert facts["latency_frames"] == [LATE] * 3
    capture = Capture.load(out)
    assert (capture.knobs, [take.knobs for take in capture.takes]) == (("gain",), [(0.0,), (1.0,), (0.5,)])
    assert capture.takes[2].uses == ("test",)
    assert (capture.gear, capture.input_level_dbu) == ({"gear_make": "Own"}, 12.0)
    dry = capture.takes[1].audio
    np.testing.assert_allclose(capture.takes[1].target, 0.7 * np.tanh(9 * dry), atol=2**-22)


def test_another_setting_is_added_to_a_capture(signal: Path, recordings: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "amp"
    first = ("take", signal, recordings["1"], "-o", out)
    assert run(*first, "--knob", "gain=0").exit_code == 0
    assert "exists; use --overwrite, --add" in refused(*first, "--knob", "gain=0")
    assert "this setting already (gain=0)" in refused(*first, "--knob", "gain=0", "--add")
    assert "knobs is" in refused("take", signal, recordings["9"], "-o", out, "--knob", "tone=1", "--add")
    assert [take.name for take in Capture.load(out).takes] == ["gain=0"]  # no refusal changed it
    assert run("take", signal, recordings["9"], "-o", out, "--knob", "gain=100%", "--add").exit_code == 0
    assert [take.knobs for take in Capture.load(out).takes] == [(0.0,), (1.0,)]
    shown = run("check", out)
    assert shown.exit_code == 0
    assert "gain=0, gain=1" in shown.stdout


def test_a_bad_recording_is_told_and_nothing_is_written(signal: Path, tmp_path: Path) -> None:
    """Clipped: the remedy is in the table, the error is one line, ignoring it is written down."""
    dry = soundfile.read(signal)[0]
    soundfile.write(tmp_path / "clipped.wav", np.clip(8 * dry, -1, 1), RATE, subtype="PCM_24")
    out = tmp_path / "amp"
    arguments = ("take", signal, tmp_path / "clipped.wav", "-o", out)
    result = run(*arguments)
    assert "Turn down" in " ".join(result.stdout.split())
    message = refused(*arguments)
    assert message == (
        "amp: it is not written: clipping is wrong; do as the table says, or use it as it is with "
        "--ignore-checks clipping"
    )
    assert not out.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clipped.wav"]
    assert run(*arguments, "--ignore-checks", "clipping,drift").exit_code == 0
    assert set(Capture.load(out).ignored) == {"clipping", "drift"}
    assert "no check is called 'cliping'" in refused(*arguments, "--overwrite", "--ignore-checks", "cliping")


def test_a_latency_that_is_told_is_taken_out(signal: Path, recordings: dict[str, Path], tmp_path: Path) -> None:
    arguments = ("take", signal, recordings["9"], "-o", tmp_path / "amp", "--json", "--latency")
    assert "latency is wrong" in refused(*arguments, LATE + 50)
    assert run(*arguments, LATE + 2).exit_code == 0
    assert Capture.load(str(tmp_path / "amp")).latency_frames == LATE + 2


def test_what_is_not_there_is_named_once(signal: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    for message in (refused("take", signal, missing, "-o", tmp_path / "amp"), refused("check", missing)):
        assert "no such f" in message
        assert message.count(str(missing)) == 1


def test_plugins_talk_past_the_screen() -> None:
    """What a plugin's own code writes, to either of the two, is not seen; what we write is."""
    code = (
        "import os, typer\n"
        "from ampboard.training.capture.commands.plugin_talk import plugins_hushed\n"
        "with plugins_hushed():\n"
        "    os.write(1, b'using block size'); os.write(2, b'mlock'); typer.echo('ours', err=True)\n"
        "print('done')\n"
        "with plugins_hushed():\n"
        "    os.write(2, b'last words '); raise OSError('crash')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "done\n"
    assert result.stderr.startswith("ours\nlast words Traceback")
    assert "mlock" not in result.stderr


def test_a_guitarix_amp_is_captured_as_a_plugin(signal: Path, tmp_path: Path) -> None:
    if "gxmetal_amp" not in installed_guitarix():
        pytest.skip("needs guitarix-lv2")
    uri = "http://guitarix.sourceforge.net/plugins/gxmetal_amp#metal_amp"
    out = tmp_path / "metal"
    result = run("plugin", uri, "-o", out, "--signal", signal, "-s", "DRIVE=1,20", "-s", "TONE=0.25", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert (facts["knobs"], facts["takes"]) == (["DRIVE"], ["DRIVE=1", "DRIVE=20"])
    assert facts["gear"]["plugin"] == uri
    assert "TONE=0.25" in facts["gear"]["settings"]
    capture, amp = Capture.load(out), load_device("gxmetal_amp")
    played = amp.with_knobs(drive=1.0, tone=0.25).process(capture.takes[1].audio, RATE)
    late = capture.takes[1].latency_frames
    np.testing.assert_allclose(capture.takes[1].target[: played.size - late], played[late:], atol=2**-22)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("device", "crunsh"), "did you mean crunch"),
        (("device", "crunch", "-s", "gian=1"), "no knob 'gian': did you mean gain"),
        (("device", "crunch", "-s", "gain=2"), "knob gain is 2"),
        (("device", "crunch", "-s", "gain=0,1", "--unseen", "bass=1"), "not of the same knobs"),
        (("device", "crunch", "-s", "gain=0", "-s", "gain=1"), "gain is given twice"),
        (("plugin", "no-such-thing"), "no plugin or preset"),
        (("plugin", "Gain", "--gear", "maker=me"), "write make=..."),
        (("live", "--backend", "jack", "--server", "no-such-server"), "no JACK server"),
        (("live", "--knob", "gain=7"), "knob gain is 7"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    arguments: tuple[str, ...], words: str, signal: Path, tmp_path: Path
) -> None:
    message = refused(*arguments, "--out", tmp_path / "amp", "--signal", signal)
    assert words in message
    assert "\n" not in message
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_capture_stays(signal: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"")
    for arguments in ((), ("--overwrite",)):
        assert "exists and is no capture" in refused("device", "clean", "-o", tmp_path, "--signal", signal, *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]
    assert "cannot be read" in refused("check", tmp_path)


def test_a_device_is_captured_live(amplifier: Amplifier, signal: Path, tmp_path: Path) -> None:
    """Four seconds through an amplifier of half the level, whose delay is found and taken out."""
    sound = soundfile.read(signal, start=7 * RATE, stop=11 * RATE)[0]  # bursts of noise
    soundfile.write(tmp_path / "short.wav", sound, RATE, subtype="PCM_24")
    ports = ("--server", amplifier.server, "--sink", amplifier.sink, "--source", amplifier.source)
    out = tmp_path / "live"
    knob = ("--knob", "volume=0.5", "--tries", 5, "--ignore-checks", "bypassed")  # the amplifier only turns it down
    result = run("live", "-o", out, "--signal", tmp_path / "short.wav", *ports, *knob, "--json")
    assert result.exit_code == 0, result.output
    assert "of 5 s" in result.stderr  # the meter
    (take,) = Capture.load(out).takes
    assert (take.name, take.knobs) == ("volume=0.5", (0.5,))
    late = BLOCK * round(take.latency_frames / BLOCK)  # whole blocks; a signal without blips tells it to 2 frames
    early = late - take.latency_frames
    assert late > 0
    assert 0 <= early <= 2
    np.testing.assert_allclose(take.target[early:], 0.5 * take.audio[: take.audio.size - early], atol=2**-22)


def test_devices_are_listed_with_their_knobs() -> None:
    rows = json.loads(run("devices", "--json").stdout)
    assert [row["device"] for row in rows] == list(device_names())
    assert rows[1]["knobs"][1:] == [
        f"{knob} (0 to 1)" for knob in ("volume=0.7", "treble=0.65", "middle=0.6", "bass=0.4")
    ]


def test_the_commands_cost_nothing_until_they_are_used() -> None:
    code = "import sys, ampboard.training.capture.commands\nprint({'numpy', 'numba', 'soundfile'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed == "set()\n"


def test_an_installed_ampboard_has_the_command() -> None:
    entry = entry_points(group="ampboard.commands").select(name="capture")
    if not entry_points(group="ampboard.commands"):
        pytest.skip("ampboard is not installed here: its entry points are missing")
    assert [found.load() for found in entry] == [app]
    command = (
        "import sys; from ampboard.bridge.cli import main; sys.argv = ['ampboard', 'capture', 'check', '.']; main()"
    )
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "capture.toml: cannot be read" in result.stderr
