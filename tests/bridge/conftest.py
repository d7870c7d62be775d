"""Plugins for tests of chains."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROBE = Path(__file__).parent / "probe.lv2"


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of an LV2 effect that tells what reaches it, built and on the LV2_PATH; see ``probe.lv2/probe.c``."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler: install one, or set CC")
    folder = tmp_path_factory.mktemp("lv2")
    bundle = folder / PROBE.name
    shutil.copytree(PROBE, bundle)
    source, binary = bundle / "probe.c", bundle / "probe.so"
    subprocess.run(
        [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", binary, source], check=True
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LV2_PATH", os.pathsep.join([str(folder), *_lv2_path()]))
        yield "urn:ampboard:test:probe"


def _lv2_path() -> list[str]:
    from ampboard.bridge.plugins.lv2.folders import lv2_folders

    return [str(folder) for folder in lv2_folders()]
