"""``ampboard midi`` with a controller on a JACK server, through rtmidi."""

import os
import queue
import shutil
import subprocess
import sys
import time

import pytest

jack = pytest.importorskip("jack", exc_type=(ImportError, OSError))
pytest.importorskip("rtmidi")
if shutil.which("jackd") is None:
    pytest.skip("there is no jackd", allow_module_level=True)

AMPBOARD = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", "midi"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Where programs find a JACK server without a sound card that belongs to this test."""
    name = f"ampboard-midi-{os.getpid()}"
    environment = {
        **os.environ,
        "HOME": str(tmp_path_factory.mktemp("home")),
        "JACK_NO_START_SERVER": "1",
        "JACK_NO_AUDIO_RESERVATION": "1",
        "JACK_DEFAULT_SERVER": name,
    }
    command = ["jackd", "-n", name, "-r", "-d", "dummy", "-r", "48000", "-p", "512"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(100):
            try:
                jack.Client("probe", no_start_server=True, servername=name).close()
                break
            except jack.JackError:
                time.sleep(0.05)
        yield environment
        process.terminate()


@pytest.fixture(scope="module")
def pedalboard_of_switches(environment):
    """A footswitch: what is put into the queue is sent."""
    client = jack.Client("footswitch", no_start_server=True, servername=environment["JACK_DEFAULT_SERVER"])
    port = client.midi_outports.register("out")
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def play(frames: int) -> None:
        port.clear_buffer()
        while not waiting.empty():
            port.write_midi_event(0, waiting.get_nowait())

    client.set_process_callback(play)
    client.activate()
    yield waiting
    client.deactivate()
    client.close()


def test_ports_lists_the_controller(environment, pedalboard_of_switches) -> None:
    done = subprocess.run([*AMPBOARD, "ports"], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "jack:footswitch:out" in done.stdout


def test_monitor_hears_the_controller(environment, pedalboard_of_switches) -> None:
    command = [*AMPBOARD, "monitor", "--port", "jack:footswitch", "--seconds", "4"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(20):  # until it has connected
            time.sleep(0.15)
            pedalboard_of_switches.put(bytes([0xB1, 80, 127]))
        out, _ = process.communicate(timeout=60)
    assert "CC80 (button 1) = 127, channel 2" in out
