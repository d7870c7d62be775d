"""A JACK server of the tests' own, on the dummy driver."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK = 128
RATE = 48_000


@contextmanager
def dummy_server(home: Path, block: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Name and process of a server whose blocks have `block` frames."""
    if shutil.which("jackd") is None:
        pytest.skip("no jackd: install jackd2")
    jack = pytest.importorskip("jack", reason="no JACK-Client: install ampboard[live]", exc_type=ImportError)
    name = f"ampboard-test-{os.getpid()}-{time.monotonic_ns() % 1_000_000}"
    log = (home / "jackd.log").open("w")
    server = subprocess.Popen(
        ["jackd", "-n", name, "-R", "-d", "dummy", "-r", str(RATE), "-p", str(block)],
        stdout=log,
        stderr=log,
        env={**os.environ, "HOME": str(home), "JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"},
        start_new_session=True,
    )
    jack.set_error_function(lambda message: None)
    jack.set_info_function(lambda message: None)
    try:
        for _ in range(100):
            if server.poll() is not None:
                pytest.skip(f"jackd does not start here: {(home / 'jackd.log').read_text()[-300:]}")
            try:
                jack.Client("probe", no_start_server=True, servername=name).close()
                break
            except jack.JackError:
                time.sleep(0.1)
        else:
            pytest.skip("jackd does not answer within 10 s")
        yield name, server
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


@pytest.fixture
def jack_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Name and process of a server."""
    with dummy_server(tmp_path_factory.mktemp("home"), BLOCK) as server:
        yield server


@pytest.fixture
def jack_server(jack_process: tuple[str, subprocess.Popen[bytes]]) -> str:
    return jack_process[0]
