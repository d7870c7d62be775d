"""The plugin in faulty.c: compiled, copied, and told what to do wrong."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
NATIVE = HERE.parents[2] / "bridge" / "native"


def build_faulty(folder: Path, *options: str, name: str = "Faulty") -> Path:
    """Compile it into a bundle in a folder; options for the compiler as in ``-DTWO``."""
    compiler = os.environ.get("CC", "cc")
    if sys.platform != "linux" or shutil.which(compiler) is None:
        pytest.skip("the plugin with faults is compiled for Linux by a C compiler")
    bundle = folder / f"{name}.vst3"
    code = bundle / "Contents" / f"{platform.machine()}-linux" / f"{name}.so"
    code.parent.mkdir(parents=True)
    sources = [str(HERE / "faulty.c"), str(NATIVE / "vst3_abi.c")]
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden"]
    subprocess.run([compiler, *flags, *options, f"-I{NATIVE}", "-shared", *sources, "-o", str(code), "-lm"], check=True)
    return bundle


@dataclass(frozen=True)
class Faulty:
    """A bundle that a test has to itself."""

    path: Path
    _patch: pytest.MonkeyPatch

    @classmethod
    def copy(cls, bundle: Path, path: Path, patch: pytest.MonkeyPatch) -> "Faulty":
        """Copy a bundle to a path."""
        shutil.copytree(bundle, path)
        return cls(path, patch)

    def set_fault(self, fault: str | None) -> None:
        """From now on the plugin does that wrong in this process's children; see faulty.c."""
        self._patch.setenv("FAULT_SPARES", str(os.getpid()))
        if fault is None:
            self._patch.delenv("FAULT", raising=False)
        else:
            self._patch.setenv("FAULT", fault)

    def touch(self) -> None:
        """Give the code another time, as an update does."""
        (code,) = self.path.glob("Contents/*/*.so")
        status = code.stat()
        os.utime(code, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
