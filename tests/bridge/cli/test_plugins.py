"""``ampboard plugins`` as a user meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BUNDLE = {
    "manifest.ttl": """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
<urn:test:drive> a lv2:Plugin ; lv2:binary <drive.so> ; rdfs:seeAlso <drive.ttl> .
<urn:test:loud> a pset:Preset ; lv2:appliesTo <urn:test:drive> ; rdfs:label "Loud" .
""",
    "drive.ttl": """\
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pprops: <http://lv2plug.in/ns/ext/port-props#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
<urn:test:drive> a lv2:DistortionPlugin ; doap:name "Test [Drive]" ; lv2:port
  [ a lv2:AudioPort , lv2:InputPort ; lv2:index 0 ; lv2:symbol "in" ; lv2:name "In" ] ,
  [ a lv2:AudioPort , lv2:OutputPort ; lv2:index 1 ; lv2:symbol "out" ; lv2:name "Out" ] ,
  [ a lv2:ControlPort , lv2:InputPort ; lv2:index 2 ; lv2:symbol "gain" ; lv2:name "Gain" ; units:unit units:db ;
    lv2:minimum -20 ; lv2:maximum 20 ; lv2:default 1.5 ; lv2:scalePoint [ rdfs:label "Unity" ; rdf:value 0 ] ] ,
  [ a lv2:ControlPort , lv2:InputPort ; lv2:index 3 ; lv2:symbol "tone" ; lv2:name "Tone" ; lv2:default 0.25 ;
    lv2:minimum 0.1 ; lv2:maximum 1 ; lv2:portProperty pprops:logarithmic ] ,
  [ a lv2:ControlPort , lv2:InputPort ; lv2:index 4 ; lv2:symbol "bright" ; lv2:name "Bright" ; lv2:default 0 ;
    lv2:minimum 0 ; lv2:maximum 1 ; lv2:portProperty lv2:toggled ] ,
  [ a lv2:ControlPort , lv2:InputPort ; lv2:index 5 ; lv2:symbol "stages" ; lv2:name "Stages" ; lv2:default 2 ;
    lv2:minimum 1 ; lv2:maximum 4 ; lv2:portProperty lv2:integer ] .
""",
    "drive.so": "",
}


class Commands:
    """The command on a system where only the plugins in `folder` are installed."""

    def __init__(self, folder: Path) -> None:
        self.lv2 = folder / "lv2"
        self._environment = {
            **os.environ,
            "LV2_PATH": str(self.lv2),
            "AMPBOARD_PLUGIN_CACHE": str(folder / "cache"),
            "AMPBOARD_PLUGIN_RECORDS": str(folder / "records"),
            "COLUMNS": "200",
        }

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", "plugins", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=self._environment)

    def install(self, name: str, **changed: str) -> Path:
        bundle = self.lv2 / name
        bundle.mkdir(parents=True)
        for file, text in (BUNDLE | {f"{stem}.ttl": text for stem, text in changed.items()}).items():
            (bundle / file).write_text(text)
        return bundle


@pytest.fixture
def plugins(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path)
    commands.install("drive.lv2")
    return commands


def test_list_filters_and_speaks_json(plugins: Commands) -> None:
    listed = plugins("list", "--kind", "lv2")
    assert listed.returncode == 0, listed.stderr
    assert "Test [Drive]" in listed.stdout
    [entry] = json.loads(plugins("list", "--kind", "lv2", "--effects", "--filter", "DRIVE", "--json").stdout)
    assert (entry["identity"], entry["category"]) == ("urn:test:drive", "Distortion")
    assert (entry["audio_inputs"], entry["audio_outputs"], entry["parameter_count"]) == (1, 1, 4)
    assert json.loads(plugins("list", "--kind", "lv2", "--filter", "reverb", "--json").stdout) == []


def test_info_shows_parameters_presets_and_use(plugins: Commands) -> None:
    shown = plugins("info", "[drive]", "--kind", "lv2")
    assert shown.returncode == 0, shown.stderr
    for text in (
        "Gain",
        "dB",
        "-20 to 20",
        "0 Unity",
        "Loud",
        'uri = "urn:test:drive"',
        "tone=0.25",
        "off/on",
        "whole numbers",
        "logarithmic",
    ):
        assert text in shown.stdout
    facts = json.loads(plugins("info", "urn:test:drive", "--json").stdout)
    assert [parameter["name"] for parameter in facts["parameters"]] == ["gain", "tone", "bright", "stages"]
    told = [[p[fact] for fact in ("is_switch", "is_whole", "is_logarithmic")] for p in facts["parameters"]]
    assert told == [[False] * 3, [False, False, True], [True, False, False], [False, True, False]]
    assert facts["presets"] == ["Loud"]


def test_scan_counts_and_tells_what_is_broken(plugins: Commands) -> None:
    broken = plugins.install("broken.lv2", manifest="@prefix\n<x .\n")
    scanned = plugins("scan", "--kind", "lv2")
    assert scanned.returncode == 0
    assert "LV2: 1 plugins, of which 1 effects" in scanned.stdout
    assert f"{broken / 'manifest.ttl'}:" in scanned.stderr
    again = json.loads(plugins("scan", "--kind", "lv2", "--json").stdout)
    assert again["bundles_read"] == 0
    assert len(again["problems"]) == 1
    assert json.loads(plugins("scan", "--kind", "lv2", "--fresh", "--json").stdout)["bundles_read"] == 2


def test_what_cannot_be_loaded_is_listed_with_the_reason(plugins: Commands) -> None:
    (plugins.lv2 / "drive.lv2" / "drive.so").unlink()
    [failure] = json.loads(plugins("scan", "--kind", "lv2", "--json").stdout)["do_not_load"]
    assert "is not there" in failure["obstacle"]


def test_clear_without_verdicts_says_so(plugins: Commands) -> None:
    assert "no verdicts" in plugins("clear").stdout


BAD = {
    "unknown name": (["info", "Tset [Drive]", "--kind", "lv2"], "did you mean Test [Drive]"),
    "unknown URI": (["info", "urn:test:drove"], "did you mean urn:test:drive"),
    "nothing like it": (["info", "qqq", "--kind", "lv2"], "ampboard plugins list"),
    "no such verdict": (["clear", "qqq"], "qqq"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_code_2(case: str, plugins: Commands) -> None:
    arguments, said = BAD[case]
    done = plugins(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
