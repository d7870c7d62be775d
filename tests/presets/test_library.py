"""The library: factory presets, the user's own, names."""

from pathlib import Path

import pytest

from ampboard.models.errors import PresetError
from ampboard.presets import Cabinet, Neural, find_preset, list_presets, load_preset, load_setlist
from ampboard.presets.library import user_folder

DEMO = ("clean", "crunch", "lead")
FACTORY = ("clean", "combo", "crunch", "lead", "screamer")
OWN = 'schema = 1\nname = "Own"\n[[chain]]\ntype = "builtin"\nplugin = "Reverb"\n'


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AMPBOARD_PRESETS", str(tmp_path))
    return tmp_path


def test_factory_presets_are_listed(own_folder: Path) -> None:
    assert [(entry.name, entry.origin) for entry in list_presets()] == [(name, "factory") for name in FACTORY]


@pytest.mark.parametrize("name", FACTORY)
def test_factory_presets_load_and_pin_their_files(own_folder: Path, name: str) -> None:
    preset = load_preset(name)
    files = [node for node in preset.nodes.values() if isinstance(node, (Neural, Cabinet))]
    assert {type(node) for node in files} == ({Neural, Cabinet} if name != "combo" else set())
    assert all(node.sha256 for node in files)
    assert preset.licence
    assert preset.description


def test_the_demo_setlist_plays_the_factory_presets(own_folder: Path) -> None:
    setlist = load_setlist("demo")
    assert {preset.path.stem for preset in setlist.presets if preset.path} == set(DEMO)


def test_own_presets_are_found_and_hide_factory_ones(own_folder: Path) -> None:
    (own_folder / "mine.toml").write_text(OWN)
    (own_folder / "crunch.toml").write_text(OWN)
    assert [(e.name, e.origin) for e in list_presets()] == [
        ("clean", "factory"),
        ("combo", "factory"),
        ("crunch", "user"),
        ("lead", "factory"),
        ("mine", "user"),
        ("screamer", "factory"),
    ]
    assert load_preset("crunch").name == "Own"
    assert find_preset("mine") == own_folder / "mine.toml"


def test_unknown_names_suggest_near_ones(own_folder: Path) -> None:
    with pytest.raises(PresetError, match="no preset is called 'crnch': did you mean crunch"):
        load_preset("crnch")


def test_the_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMPBOARD_PRESETS", raising=False)
    assert user_folder().parts[-2:] == ("ampboard", "presets")
