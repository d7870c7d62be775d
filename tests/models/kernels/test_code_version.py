"""The part of a compiled function's cache key that stands for the modules it uses."""

from pathlib import Path

from ampboard.models.kernels.code_version import code_version


def test_it_changes_with_what_a_module_imports_and_with_nothing_else(tmp_path: Path) -> None:
    for name, source in {
        "vector": "load = 1\n",
        "other": "x = 1\n",
        "wavenet/__init__": "",
        "wavenet/process": "from .tile import tile\n",
        "wavenet/tile": "from ..vector import load\nfrom .process import back\nfrom ..cells import cell\n",
        "cells/__init__": "cell = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(source)
    process = str(tmp_path / "wavenet" / "process.py")
    versions = [code_version(process)]
    (tmp_path / "other.py").write_text("x = 2\n")
    assert code_version(process) == versions[0]
    for dependency in ("vector", "wavenet/tile", "cells/__init__"):
        with (tmp_path / f"{dependency}.py").open("a") as file:
            file.write("more = 1\n")
        versions.append(code_version(process))
    assert len(set(versions)) == 4
