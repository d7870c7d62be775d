"""Foreign plugins and kernels of the tests' own, compiled by the system's C compiler."""

import ctypes
import os
import subprocess
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ampboard.models.kernels.parameter import Parameter
from ampboard.models.kernels.runnable import KernelAddresses

from .plugins.faulty import Faulty, build_faulty

HERE = Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / "bridge" / "native"
GAIN = Parameter("gain", "Gain", "", 0.0, 4.0, 1.0)


class ProbeProgram(ctypes.Structure):
    """``struct program`` of probe.c."""

    _fields_ = (("latency", ctypes.c_int32), ("held", ctypes.c_int32), ("disorders", ctypes.c_int32))


@dataclass(frozen=True, eq=False)
class Probe:
    """A kernel in C, as whoever writes one presents it to the bridge."""

    library: ctypes.CDLL
    latency: int = 0
    side_inputs: int = 0
    takes_midi: bool = True
    parameters: tuple[Parameter, ...] = (GAIN,)
    name: str = "Probe"
    channels: tuple[int, int] = (1, 8)
    tail: float = 0.0
    program: ProbeProgram = field(default_factory=ProbeProgram)

    def __post_init__(self) -> None:
        self.program.latency = self.latency

    @property
    def addresses(self) -> KernelAddresses:
        """The compiled functions."""
        found = {
            name: ctypes.cast(getattr(self.library, f"probe_{name}"), ctypes.c_void_p).value or 0
            for name in ("measure", "prepare", "process", "reset", "event", "release")
        }
        if not self.takes_midi:
            found["event"] = 0
        return KernelAddresses(**found, program=ctypes.addressof(self.program))


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Probe]:
    """Make probes: keyword arguments are the fields of `Probe`."""
    if os.name == "nt":
        pytest.skip("compiles with cc")
    output = tmp_path_factory.mktemp("probe") / "probe.so"
    compiler = os.environ.get("CC", "cc")
    sources = [f"-I{HEADERS}", str(HERE / "native" / "probe.c")]
    subprocess.run([compiler, "-std=c11", "-O2", "-fPIC", "-shared", *sources, "-o", str(output)], check=True)
    library = ctypes.CDLL(str(output))
    return lambda **fields: Probe(library, **fields)


@pytest.fixture(scope="session", autouse=True)
def _verdicts_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """What becomes of plugins in tests is not kept among the user's own verdicts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPBOARD_PLUGIN_RECORDS", str(tmp_path_factory.mktemp("verdicts")))
        patch.delenv("AMPBOARD_TRUST_PLUGINS", raising=False)
        yield


@pytest.fixture(scope="session")
def faulty_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the plugin in faulty.c."""
    return build_faulty(tmp_path_factory.mktemp("faulty"))


@pytest.fixture
def faulty(faulty_code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faulty:
    """A copy of the plugin in faulty.c that no other test has seen; hanging is found out after 2 s."""
    monkeypatch.setenv("AMPBOARD_PLUGIN_TIME_LIMIT", "2")
    return Faulty.copy(faulty_code, tmp_path / "plugins" / "Faulty.vst3", monkeypatch)
