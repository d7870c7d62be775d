"""Processes of our own: what they leave behind."""

import tempfile
from pathlib import Path

import pytest

from ampboard.bridge.child_process import ChildProcess, Ended

CHILD = """
import os, pathlib, signal, tempfile
from ampboard.bridge.child_process import connect_to_parent

parent = connect_to_parent()
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "file").write_text("left behind")
parent.send(str(folder))
how = parent.receive()
os._exit(0) if how == "exit" else os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_temporary_files_go_with_the_process_however_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (tmp_path / "untidy_child.py").write_text(CHILD)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with ChildProcess("untidy_child", how) as child:
        child.receive(30)
    assert list(temporary.iterdir()) == []
    with ChildProcess("untidy_child", how) as child:
        folder = Path(child.receive(30))
        child.send(None)
        assert isinstance(child.receive(30), Ended)
        assert not folder.exists()
    assert list(temporary.iterdir()) == []
