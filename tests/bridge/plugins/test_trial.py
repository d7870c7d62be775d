"""A foreign plugin is tried in a child process before it comes here: whatever it does there, this process lives."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ampboard.bridge.plugins import trial
from ampboard.bridge.plugins.identity import PluginIdentity
from ampboard.bridge.plugins.quarantine import Verdict, clear_verdicts, find_verdict, plugin_records, record_verdict
from ampboard.bridge.plugins.trial import ensure_loadable
from ampboard.bridge.plugins.vst3 import examine_vst3, load_vst3
from ampboard.models.errors import ParameterError, PluginError

from .faulty import Faulty, build_faulty


@pytest.fixture(autouse=True)
def _own_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPBOARD_PLUGIN_RECORDS", str(tmp_path / "verdicts"))


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[PluginIdentity]:
    """The trials that are really held, counted as they begin."""
    held: list[PluginIdentity] = []
    hold = trial.hold_trial

    def counted(identity: PluginIdentity, *, time_limit: float | None = None) -> Verdict:
        held.append(identity)
        return hold(identity, time_limit=time_limit)

    monkeypatch.setattr(trial, "hold_trial", counted)
    return held


def test_plugin_that_passed_is_never_tried_again(faulty: Faulty, trials: list[PluginIdentity]) -> None:
    for _ in range(3):
        assert load_vst3(faulty.path).name == "Faulty A"
    assert len(trials) == 1
    faulty.touch()
    load_vst3(faulty.path)
    assert len(trials) == 2


@pytest.mark.parametrize(
    ("fault", "reason", "stage"),
    [
        ("crash-load", "it crashed with SIGABRT", "while being scanned|while loading"),
        ("crash-play", "it crashed with SIGABRT", "while loading|while processing"),
        ("crash-state", "it crashed with SIGABRT", "while .*(loading|state|deleted)"),
        ("crash-exit", "it crashed with SIGABRT", "while being (deleted|unloaded)"),
        ("hang-load", "it hung for 2 s", "while being scanned|while loading"),
        ("hang-exit", "it hung for 2 s", "while being (deleted|unloaded)"),
    ],
)
def test_fault_is_named_and_kept(
    faulty: Faulty, trials: list[PluginIdentity], fault: str, reason: str, stage: str
) -> None:
    faulty.set_fault(fault)
    with pytest.raises(PluginError, match=rf"Faulty\.vst3: not loaded: {reason} ({stage}) \(20") as first:
        load_vst3(faulty.path)
    assert "ampboard plugins clear Faulty.vst3" in str(first.value)
    with pytest.raises(PluginError) as second:
        load_vst3(faulty.path)
    assert str(second.value) == str(first.value)
    assert len(trials) == 1


def test_update_or_clear_gives_another_chance(faulty: Faulty, trials: list[PluginIdentity]) -> None:
    faulty.set_fault("crash-load")
    for repair in (faulty.touch, lambda: clear_verdicts("faulty")):
        with pytest.raises(PluginError, match="SIGABRT"):
            load_vst3(faulty.path)
        repair()
    faulty.set_fault(None)
    assert load_vst3(faulty.path).name == "Faulty A"
    assert len(trials) == 3


def test_noise_of_the_plugin_is_kept_with_the_verdict_and_not_shown(
    faulty: Faulty, capfd: pytest.CaptureFixture[str]
) -> None:
    faulty.set_fault("crash-load")
    with pytest.raises(PluginError):
        load_vst3(faulty.path)
    shown = capfd.readouterr()
    assert "noise" not in shown.out + shown.err
    (record,) = plugin_records()
    assert "noise on the standard output" in record.verdict.output
    assert "noise on the standard error" in record.verdict.output


def test_what_a_hanging_plugin_has_started_dies_with_it(
    faulty: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid_file = tmp_path / "pid"
    monkeypatch.setenv("FAULT_PID", str(pid_file))
    for fault in ("hang-load", "crash-load"):  # also what a crashed one leaves behind, which holds the pipes open
        faulty.set_fault(fault)
        faulty.touch()
        with pytest.raises(PluginError):
            load_vst3(faulty.path)
        assert _ends(int(pid_file.read_text()))
        pid_file.unlink()


def _ends(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_trusting_loads_without_a_trial(
    faulty: Faulty, trials: list[PluginIdentity], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
    record_verdict(PluginIdentity.vst3(faulty.path), Verdict("crashed", "SIGSEGV"))
    assert load_vst3(faulty.path).name == "Faulty A"
    assert not trials


def test_refusal_is_told_in_the_plugins_words_and_not_held_against_it(
    tmp_path: Path, trials: list[PluginIdentity]
) -> None:
    text = tmp_path / "Text.vst3"
    text.write_text("not a plugin")
    for _ in range(2):
        with pytest.raises(PluginError, match=r"Text\.vst3: the plugin cannot be loaded: "):
            load_vst3(text)
    assert len(trials) == 2


def test_concurrent_first_loads_leave_one_good_verdict(faulty: Faulty) -> None:
    identity = PluginIdentity.vst3(faulty.path)
    errors: list[Exception] = []

    def load() -> None:
        try:
            ensure_loadable(identity)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = find_verdict(identity)
    assert not errors
    assert verdict
    assert verdict.outcome == "ok"
    assert len(plugin_records()) == 1


def test_damaged_record_is_no_record(faulty: Faulty, tmp_path: Path, trials: list[PluginIdentity]) -> None:
    load_vst3(faulty.path)
    (record,) = (tmp_path / "verdicts").glob("*.json")
    for content in ("", "{", "[]", json.dumps({"identity": {}, "fingerprint": [], "verdict": {}})):
        record.write_text(content)
        load_vst3(faulty.path)
    assert len(trials) == 5


def test_clear_of_what_is_not_there_is_refused() -> None:
    assert clear_verdicts() == ()
    with pytest.raises(PluginError, match="no verdict on a plugin 'Nothing'"):
        clear_verdicts("Nothing")


@pytest.mark.parametrize(
    "name", ["Faulty.vst3", "faulty", "http://x.org/amp#drive", "drive", "http://x.org/comp", "comp", "second"]
)
def test_plugins_are_cleared_by_any_of_their_names(tmp_path: Path, name: str) -> None:
    plugins = [
        PluginIdentity.vst3(tmp_path / "Faulty.vst3"),
        PluginIdentity.lv2("http://x.org/amp#drive", tmp_path / "drive.so"),
        PluginIdentity.lv2("http://x.org/comp", tmp_path / "comp.so"),
        PluginIdentity.vst3(tmp_path / "Shell.vst3", "Second"),
    ]
    for identity in plugins:
        record_verdict(identity, Verdict("hung", "20 s"))
    assert len(clear_verdicts(name)) == 1
    assert len(plugin_records()) == len(plugins) - 1


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan"])
def test_time_limit_that_is_none_is_refused(faulty: Faulty, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AMPBOARD_PLUGIN_TIME_LIMIT", text)
    with pytest.raises(ParameterError, match=f"AMPBOARD_PLUGIN_TIME_LIMIT is '{text}'"):
        load_vst3(faulty.path)


def test_examination_tells_what_the_plugin_says(faulty: Faulty) -> None:
    (entry,) = examine_vst3(faulty.path)
    assert (entry.name, entry.vendor, entry.version, entry.category) == ("Faulty A", "Test Bench", "1.2.3", "Fx|Delay")
    assert (entry.is_effect, entry.is_instrument, entry.channels, entry.latency) == (True, False, (1, 2), 37)
    gain, colour = entry.parameters
    assert (gain.name, gain.minimum, gain.maximum, gain.value, gain.labels) == ("gain", 0.0, 2.0, 1.0, ())
    assert (colour.minimum, colour.maximum, colour.value, colour.labels) == (
        None,
        None,
        "Red",
        ("Red", "Green", "Blue"),
    )
    assert examine_vst3(faulty.path) == (entry,)  # from the verdict on file


def test_examination_of_a_bad_plugin_is_an_entry_without_facts(faulty: Faulty) -> None:
    faulty.set_fault("crash-load")
    (entry,) = examine_vst3(faulty.path)
    assert (entry.verdict.outcome, entry.name, entry.parameters) == ("crashed", "", ())


def test_file_with_several_plugins_needs_a_name(tmp_path: Path) -> None:
    path = build_faulty(tmp_path, "-DTWO", "-DMARK='B'")
    entries = examine_vst3(path)
    assert [(entry.plugin, entry.name) for entry in entries] == [("Faulty B", "Faulty B"), ("Faulty B Two",) * 2]
    with pytest.raises(PluginError, match="several plugins: name one of Faulty B, Faulty B Two"):
        load_vst3(path)
    assert load_vst3(path, plugin_name="Faulty B Two").name == "Faulty B Two"


def test_child_ends_when_its_parent_is_killed(faulty: Faulty, tmp_path: Path) -> None:
    pid_file = tmp_path / "child"
    script = (
        "import os, sys, threading, pathlib\n"
        "from ampboard.bridge.child_process import ChildProcess\n"
        "from ampboard.bridge.plugins.identity import PluginIdentity\n"
        "child = ChildProcess('ampboard.bridge.plugins.trial_child', "
        "PluginIdentity.vst3(pathlib.Path(sys.argv[1])), environment={'AMPBOARD_TRUST_PLUGINS': '1'})\n"
        "child.receive(30)\n"
        "pathlib.Path(sys.argv[2]).write_text(str(child._process.pid))\n"
        "os._exit(0)\n"
    )
    environment = {**os.environ, "FAULT": "hang-load", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(
        [sys.executable, "-c", script, str(faulty.path), str(pid_file)], env=environment, check=True, timeout=60
    )
    assert _ends(int(pid_file.read_text()))
