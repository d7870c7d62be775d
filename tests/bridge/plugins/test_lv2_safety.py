"""LV2 plugins are tried and watched as VST3 ones are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.plugins.identity import PluginIdentity
from ampboard.bridge.plugins.lv2 import load_lv2
from ampboard.bridge.plugins.quarantine import Verdict, clear_verdicts, plugin_records, record_verdict
from ampboard.bridge.rendering import LostStemsError, render
from ampboard.models.errors import PluginError

HERE = Path(__file__).resolve().parent
URI = "urn:ampboard-test:faulty"
MANIFEST = """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<urn:ampboard-test:faulty> a lv2:Plugin ; lv2:binary <faulty.so> ; rdfs:seeAlso <faulty.ttl> .
"""
DESCRIPTION = """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
<urn:ampboard-test:faulty> a lv2:Plugin ; doap:name "Faulty Effect" ;
    lv2:port [ a lv2:InputPort, lv2:AudioPort ; lv2:index 0 ; lv2:symbol "in" ; lv2:name "In" ] ,
             [ a lv2:OutputPort, lv2:AudioPort ; lv2:index 1 ; lv2:symbol "out" ; lv2:name "Out" ] .
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of faulty_lv2.c."""
    compiler = os.environ.get("CC", "cc")
    if sys.platform != "linux" or shutil.which(compiler) is None:
        pytest.skip("the plugin with faults is compiled for Linux by a C compiler")
    code = tmp_path_factory.mktemp("faulty-lv2") / "faulty.so"
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden"]
    subprocess.run([compiler, *flags, "-shared", str(HERE / "faulty_lv2.c"), "-o", str(code), "-lm"], check=True)
    return code


@pytest.fixture(autouse=True)
def bundle(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin as the only one installed, and never tried."""
    bundle = tmp_path / "lv2" / "faulty.lv2"
    bundle.mkdir(parents=True)
    shutil.copy(code, bundle)
    (bundle / "manifest.ttl").write_text(MANIFEST)
    (bundle / "faulty.ttl").write_text(DESCRIPTION)
    for name, value in {
        "LV2_PATH": str(bundle.parent),
        "AMPBOARD_PLUGIN_CACHE": str(tmp_path / "cache"),
        "AMPBOARD_PLUGIN_RECORDS": str(tmp_path / "verdicts"),
        "AMPBOARD_PLUGIN_TIME_LIMIT": "2",
        "AMPBOARD_TRUST_PLUGINS": "0",
        "FAULT_SPARES": str(os.getpid()),
    }.items():
        monkeypatch.setenv(name, value)
    return bundle


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("crash-load", "it crashed with SIGABRT while loading"),
        ("crash-play", "it crashed with SIGABRT while processing 1 channel at 44100 Hz"),
        ("crash-cleanup", "it crashed with SIGABRT while "),
        ("crash-exit", "it crashed with SIGABRT while being (deleted|unloaded)"),
        ("hang-load", "it hung for 2 s while loading"),
        ("hang-play", "it hung for 2 s while processing 1 channel at 44100 Hz"),
    ],
)
def test_fault_is_named_and_cleared(monkeypatch: pytest.MonkeyPatch, fault: str, reason: str) -> None:
    monkeypatch.setenv("FAULT", fault)
    with pytest.raises(PluginError, match=f"{URI}: not loaded: {reason}.* `ampboard plugins clear {URI}`"):
        load_lv2(URI)
    monkeypatch.delenv("FAULT")
    clear_verdicts(URI)
    assert load_lv2(URI).name
    assert [record.verdict.outcome for record in plugin_records()] == ["ok"]


def test_a_verdict_is_cleared_by_the_name_a_list_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    (identity,) = _fails(monkeypatch)
    assert [record.verdict.facts["name"] for record in plugin_records()] == ["Faulty Effect"]
    record_verdict(identity, Verdict("hung", "2 s"))  # as a render does, which does not know the name
    assert clear_verdicts("faulty effect") == (identity,)
    assert plugin_records() == ()


def _fails(monkeypatch: pytest.MonkeyPatch) -> list[PluginIdentity]:
    monkeypatch.setenv("FAULT", "crash-load")
    with pytest.raises(PluginError, match="it crashed"):
        load_lv2(URI)
    return [record.identity for record in plugin_records()]


@pytest.mark.parametrize(
    ("fault", "reason"), [("crash-loud", "it crashed with SIGABRT"), ("hang-loud", "it hung for 2 s")]
)
def test_plugin_that_fails_in_a_render_is_named_and_spares_the_other_stem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    load_lv2(URI)  # the trial is over
    monkeypatch.setenv("FAULT", fault)
    chain = tmp_path / "p.toml"
    chain.write_text(f'schema = 1\nname = "p"\n[[chain]]\ntype = "lv2"\nuri = "{URI}"\n')
    stems = [tmp_path / "loud.wav", tmp_path / "quiet.wav"]
    for path, level in zip(stems, (2.0, 0.5), strict=True):
        soundfile.write(path, np.full(4800, level, np.float32), 48_000, subtype="FLOAT")
    with pytest.raises(LostStemsError, match=rf"loud\.wav: not rendered: {URI}: {reason} while processing") as caught:
        render(stems, preset=chain, out_dir=tmp_path / "out")
    (result,) = caught.value.results
    assert np.all(soundfile.read(result.path)[0] == 0.5)
    with pytest.raises(PluginError, match=f"not loaded: {reason} while processing"):
        load_lv2(URI)
