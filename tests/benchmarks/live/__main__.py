"""``python -m tests.benchmarks.live``: how the engine keeps time through JACK, beside a client in C.

Needs jackd (jackd2), its headers (libjack-jackd2-dev) and a C compiler. Run it as someone who may use real-time
scheduling. The figures are of the machine as it was: quiet means that nothing of ours burns time, others may.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ampboard.bridge.live.backends.protocol import Wiring
from ampboard.bridge.live.memory_use import resident_bytes
from ampboard.bridge.live.records import Event
from ampboard.bridge.live.session import Session
from ampboard.bridge.live.specification import Specification

RATE, BLOCK = 48_000, 64
FACTORY = Path(__file__).resolve().parents[3] / "presets" / "factory"
BURN = "while True:\n    sum(i * i for i in range(10_000))"
CHAIN = """schema = 1
name = "Standard"
[[chain]]
type = "builtin"
plugin = "NoiseGate"
parameters = {{ threshold_db = -62.0 }}
[[chain]]
type = "neural"
model = "{model}"
[[chain]]
type = "cabinet"
impulse_response = "{factory}/cabinets/closed-4x12.wav"
[[chain]]
type = "builtin"
plugin = "Reverb"
"""


@dataclass(frozen=True)
class Counted:
    """What a client met: lost audio as the server says it, cycles it was not called for, and its callback times."""

    xruns: int
    gaps: int
    callbacks: int
    p50_us: float
    p99_us: float
    longest_us: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.live", description=__doc__)
    parser.add_argument("model", type=Path, help="a standard WaveNet model (.nam)")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each measurement")
    parser.add_argument("--switches", type=int, default=1000, help="random switches, one in 60 ms; 0 for none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        preset = place / "standard.toml"
        preset.write_text(CHAIN.format(model=options.model.resolve(), factory=FACTORY))
        client = compiled(place)
        figures: dict[str, Any] = {}
        with server(place) as name:
            with c_client(client, name) as alone:
                time.sleep(options.seconds)
            figures["C client alone"] = asdict(alone[0])
            figures["engine, quiet"] = asdict(play(name, preset, options.seconds))
            with burning(2), c_client(client, name) as beside:
                figures["engine, two processes burn Python"] = asdict(play(name, preset, options.seconds))
            figures["C client beside it"] = asdict(beside[0])
            with burning(2), c_client(client, name) as alone:
                time.sleep(options.seconds)
            figures["C client alone, two processes burn Python"] = asdict(alone[0])
            if options.switches:
                figures["random switches"] = switches(name, options.switches)
        sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def compiled(folder: Path) -> Path:
    """The client in C."""
    program = folder / "client"
    source = Path(__file__).with_name("client.c")
    subprocess.run(
        [os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", str(source), "-o", str(program), "-ljack", "-lm"],
        check=True,
    )
    return program


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A JACK server of its own on the dummy driver."""
    name = f"ampboard-benchmark-{os.getpid()}"
    environment = {**os.environ, "HOME": str(folder), "JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
    command = ["jackd", "-n", name, "-R", "-d", "dummy", "-r", str(RATE), "-p", str(BLOCK)]
    with (folder / "jackd.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            time.sleep(2.0)
            yield name
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def c_client(program: Path, server_name: str) -> Iterator[list[Counted]]:
    """Run the client in C; what it counted is in the list afterwards."""
    process = subprocess.Popen([str(program), server_name, "in-c"], stdout=subprocess.PIPE, text=True)
    found: list[Counted] = []
    try:
        yield found
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=10)
        xruns, gaps, _, callbacks, p50, p99, longest = map(int, output.split())
        found.append(Counted(xruns, gaps, callbacks, p50, p99, longest))


@contextmanager
def burning(count: int) -> Iterator[None]:
    """Processes that run Python without pause."""
    processes = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def play(server_name: str, preset: Path, seconds: float) -> Counted:
    """Play a preset for some time."""
    session = Session(Specification(preset=str(preset), backend="jack", wiring=Wiring(server=server_name)), spare=False)
    gaps = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        gaps += sum(record.kind == Event.GAP for record in session.poll())
        time.sleep(0.02)
    summary = session.stop()
    for message in session.view.messages:
        sys.stderr.write(message + "\n")
    times = summary.times
    return Counted(summary.xruns, gaps, times.count, times.p50, times.p99, times.longest)


def switches(server_name: str, count: int) -> dict[str, Any]:
    """Random switches of the demo setlist, one in 60 ms."""
    session = Session(Specification(setlist="demo", backend="jack", wiring=Wiring(server=server_name)), spare=False)
    generator = np.random.default_rng(1)
    applied = wrong = 0
    memory: list[int] = []
    for number, slot in enumerate(generator.integers(0, 3, count).tolist()):
        session.select(slot)
        end = time.monotonic() + 0.06
        while time.monotonic() < end:
            for record in session.poll():
                applied += record.kind == Event.APPLIED
                wrong += record.kind in (Event.REFUSED, Event.NONFINITE)
            time.sleep(0.005)
        if number % 100 == 99:
            memory.append(resident_bytes(session.engine.pid))
    summary = session.stop()
    return {
        "sent": count,
        "applied": applied,
        "refused or not a number": wrong,
        "dropped": summary.dropped,
        "restarts": summary.restarts,
        "resident bytes": [min(memory), max(memory)],
        "growth": memory[-1] / memory[0] - 1,
        "p99_us": summary.times.p99,
        "longest_us": summary.times.longest,
        "xruns": summary.xruns,
    }


if __name__ == "__main__":
    main()
