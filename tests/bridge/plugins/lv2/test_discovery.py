"""Installed LV2 plugins: where they are looked for, what the cache notices, and which of several counts."""

import os
from pathlib import Path

import pytest

from ampboard.bridge.plugins.lv2.bundle_cache import FOLDER_VARIABLE
from ampboard.bridge.plugins.lv2.bundles.folders import lv2_folders
from ampboard.bridge.plugins.lv2.bundles.stored_state import read_preset, read_stored_state
from ampboard.bridge.plugins.lv2.discovery import describe_lv2, installed_lv2, lv2_presets
from ampboard.models.errors import PluginError

from .written_bundles import write_bundle, write_plugin

URI = "http://example.org/plugin"
OTHER = "http://example.org/other"
ATOM = "http://lv2plug.in/ns/ext/atom#"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two empty folders that are all of LV2_PATH, and an empty cache."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.setenv("LV2_PATH", f"{first}{os.pathsep}{second}")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return first, second


def test_lv2_path_replaces_the_systems_folders(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert lv2_folders() == folders
    monkeypatch.setenv("LV2_PATH", f"~/mine{os.pathsep}{os.pathsep}~/mine")
    assert lv2_folders() == (Path.home() / "mine",)
    monkeypatch.delenv("LV2_PATH")
    assert Path.home() / ".lv2" in lv2_folders()


def test_only_what_changed_is_read_again(folders: tuple[Path, Path]) -> None:
    first, second = folders
    write_plugin(first / "a.lv2", URI, "Old")
    write_plugin(second / "b.lv2", OTHER)
    assert installed_lv2().bundles_read == 2
    assert installed_lv2().bundles_read == 0
    write_plugin(first / "a.lv2", URI, "Renamed")
    changed = installed_lv2()
    assert (changed.bundles_read, changed.plugins[URI].name) == (1, "Renamed")
    assert describe_lv2(URI).name == "Renamed"
    assert installed_lv2(fresh=True).bundles_read == 2


def test_installing_and_removing_is_noticed(folders: tuple[Path, Path]) -> None:
    first, _ = folders
    write_plugin(first / "a.lv2", URI)
    assert describe_lv2(URI).uri == URI
    with pytest.raises(PluginError, match="there is no LV2 plugin"):
        describe_lv2(OTHER)
    write_plugin(first / "b.lv2", OTHER)
    assert describe_lv2(OTHER).uri == OTHER
    for file in (first / "b.lv2").iterdir():
        file.unlink()
    (first / "b.lv2").rmdir()
    with pytest.raises(PluginError, match="there is no LV2 plugin"):
        describe_lv2(OTHER)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"of": 1}', b"\xff\xfe"])
def test_a_damaged_cache_is_rebuilt(damage: bytes, folders: tuple[Path, Path], tmp_path: Path) -> None:
    write_plugin(folders[0] / "a.lv2", URI)
    before = installed_lv2(), describe_lv2(URI)
    files = list((tmp_path / "cache").glob("*.json"))
    assert len(files) == 2
    for file in files:
        file.write_bytes(damage)
    after = installed_lv2(), describe_lv2(URI)
    assert after == before
    assert installed_lv2().bundles_read == 0


def test_fields_missing_in_the_cache_are_read_again(folders: tuple[Path, Path], tmp_path: Path) -> None:
    write_plugin(folders[0] / "a.lv2", URI)
    before = installed_lv2(), describe_lv2(URI)
    for file in (tmp_path / "cache").glob("*.json"):
        text = file.read_text()
        file.write_text(text.replace('"ports"', '"parts"').replace('"presets"', '"resets"'))
        assert file.read_text() != text
    assert (installed_lv2(), describe_lv2(URI)) == before


def test_a_cache_that_cannot_be_written_costs_only_time(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file" / "cache"))
    write_plugin(folders[0] / "a.lv2", URI)
    assert describe_lv2(URI).uri == URI
    assert installed_lv2().bundles_read == 1


@pytest.mark.parametrize(
    ("versions", "counts"),
    [([(1, 9), (1, 10)], 1), ([(2, 0), (1, 99)], 0), ([(1, 0), (1, 0)], 0), ([(0, 0), (0, 1)], 1)],
)
def test_the_highest_version_counts_then_the_first_folder(
    versions: list[tuple[int, int]], counts: int, folders: tuple[Path, Path]
) -> None:
    for folder, version in zip(folders, versions, strict=True):
        write_plugin(folder / "a.lv2", URI, version=version)
    assert describe_lv2(URI).bundle == folders[counts] / "a.lv2"


def test_a_broken_bundle_is_told_and_spares_the_others(folders: tuple[Path, Path]) -> None:
    write_plugin(folders[0] / "good.lv2", URI)
    write_bundle(folders[0] / "broken.lv2", "<x> a ;;; .\n")
    installed = installed_lv2()
    assert set(installed.plugins) == {URI}
    [problem] = installed.problems
    assert problem.path == folders[0] / "broken.lv2" / "manifest.ttl"
    assert problem.line
    assert installed_lv2().problems == installed.problems


def test_what_is_no_uri_is_told_so(folders: tuple[Path, Path]) -> None:
    with pytest.raises(PluginError, match="give its URI"):
        describe_lv2("Some Reverb")


PRESET = f"""
<http://example.org/preset> lv2:port [ lv2:symbol "gain" ; pset:value -3.5 ] , [ lv2:symbol "on" ; pset:value true ] ;
  state:state [
    <{URI}#file> "cabinet.wav"^^atom:Path ; <{URI}#same> <cabinet.wav> ; <{URI}#text> "a\\nb" ; <{URI}#number> 7 ;
    <{URI}#long> "123456789012"^^xsd:long ; <{URI}#single> "0.25"^^xsd:float ; <{URI}#fine> "1e-3"^^xsd:double ;
    <{URI}#yes> true ; <{URI}#bytes> "AAEC/w=="^^xsd:base64Binary ; <{URI}#key> <{URI}#mode> ;
    <{URI}#own> [ a <{URI}#Blob> ; rdf:value "AQ=="^^xsd:base64Binary ] ;
    <{URI}#nested> [ <{URI}#x> 1 ] ] .
"""


def test_presets_of_other_bundles_are_found_and_keep_the_types_of_values(folders: tuple[Path, Path]) -> None:
    write_plugin(folders[0] / "a.lv2", URI)
    named = '<http://example.org/preset> a pset:Preset ; lv2:appliesTo <{}> ; rdfs:seeAlso <p.ttl> ; rdfs:label "{}" .'
    bundle = write_bundle(folders[1] / "p.lv2", named.format(URI, "Loud"), p=PRESET)
    [preset] = lv2_presets(URI)
    assert (preset.uri, preset.label, preset.bundle) == ("http://example.org/preset", "Loud", bundle)
    stored = read_preset(preset)
    assert dict(stored.controls) == {"gain": -3.5, "on": 1.0}
    file = str(bundle / "cabinet.wav")
    assert {
        key.removeprefix(f"{URI}#"): (kind.removeprefix(ATOM), value) for key, kind, value in stored.properties
    } == {
        "file": ("Path", file),
        "same": ("Path", file),
        "text": ("String", "a\nb"),
        "number": ("Int", 7),
        "long": ("Long", 123456789012),
        "single": ("Float", 0.25),
        "fine": ("Double", 1e-3),
        "yes": ("Bool", True),
        "bytes": ("Chunk", b"\x00\x01\x02\xff"),
        "key": ("URID", f"{URI}#mode"),
        "own": (f"{URI}#Blob", b"\x01"),
    }
    assert stored.left_out == (f"{URI}#nested",)


def test_a_label_may_stand_beside_the_values(folders: tuple[Path, Path]) -> None:
    manifest = f"<http://example.org/preset> a pset:Preset ; lv2:appliesTo <{URI}> ; rdfs:seeAlso <p.ttl> ."
    write_plugin(folders[0] / "a.lv2", URI)
    write_bundle(folders[0] / "p.lv2", manifest, p='<http://example.org/preset> rdfs:label "Quiet" .')
    assert [preset.label for preset in lv2_presets(URI)] == ["Quiet"]


def test_a_plugins_default_state_is_read(folders: tuple[Path, Path]) -> None:
    more = f" state:state [ <{URI}#level> 0.5 ] ;"
    bundle = write_plugin(folders[0] / "a.lv2", URI, more=more)
    assert read_stored_state(URI, bundle).properties == ((f"{URI}#level", f"{ATOM}Float", 0.5),)
