"""Presets as bundles of Turtle, read back by this host and by liblilv's own tools."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ampboard.bridge.plugins.lv2 import Lv2State, load_lv2
from ampboard.bridge.plugins.lv2.atoms import PATH, Atom
from ampboard.bridge.plugins.lv2.bundles.preset_bundles import Lv2Preset
from ampboard.bridge.plugins.lv2.bundles.vocabulary import ATOM
from ampboard.bridge.plugins.lv2.presets import preset_state, write_preset
from ampboard.models.errors import PluginError

TEST = "urn:ampboard-test:"
GAIN = f"{TEST}gain"

pytestmark = pytest.mark.usefixtures("own_plugins")


def preset_of(bundle: Path) -> Lv2Preset:
    return Lv2Preset((bundle / "preset.ttl").as_uri(), "", GAIN, bundle)


def test_every_kind_of_value_comes_back_exact(tmp_path: Path) -> None:
    properties = {
        f"{TEST}{kind}": Atom(ATOM + kind, value)
        for kind, value in {
            "Int": -7,
            "Long": 1 << 40,
            "Float": float(np.float32(0.1)),
            "Double": 0.1,
            "Bool": True,
            "String": 'a "quoted"\n\\text',
            "URID": f"{TEST}a",
            "Chunk": b"\0\1\2",
        }.items()
    }
    state = Lv2State(GAIN, {"gain": 0.1}, properties)
    assert preset_state(preset_of(write_preset(state, "All", tmp_path / "all.lv2"))) == state


def test_files_move_into_the_bundle(tmp_path: Path) -> None:
    file = tmp_path / "a file.txt"
    file.write_text("0.5")
    state = Lv2State(GAIN, {}, {f"{TEST}file": Atom(PATH, str(file))})
    bundle = write_preset(state, "With file", tmp_path / "preset.lv2")
    read = preset_state(preset_of(bundle))
    assert read.files == (bundle / "a file.txt",)
    assert read.files[0].read_text() == "0.5"


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="is there already"):
        write_preset(Lv2State(GAIN), "x", tmp_path)


def test_a_saved_preset_is_listed_and_makes_the_same_sound(own_plugins: Path, tmp_path: Path) -> None:
    file = tmp_path / "factor.txt"
    file.write_text("0.25")
    plugin = load_lv2(GAIN, gain=1.5)
    plugin.set_file("File", file)
    bundle = plugin.save_preset(own_plugins / "mine.lv2", "My gain")
    try:
        assert [preset.label for preset in plugin.presets()] == ["My gain"]
        x = np.linspace(-1, 1, 1000, dtype=np.float32)[None]
        again = load_lv2(GAIN, preset="My gain")
        assert again.gain == 1.5
        np.testing.assert_array_equal(again(x, 48_000), x * np.float32(1.5) * np.float32(0.25))
        other = load_lv2(GAIN)
        other.load_preset("My gain")
        np.testing.assert_array_equal(other(x, 48_000), again(x, 48_000))
        assert load_lv2(GAIN, preset="My gain", gain=0.5).gain == 0.5
        with pytest.raises(PluginError, match="My gain"):
            load_lv2(GAIN, preset="My gian")
    finally:
        shutil.rmtree(bundle)


@pytest.mark.skipif(shutil.which("lv2info") is None, reason="needs lilv-utils")
def test_liblilv_lists_it(own_plugins: Path) -> None:
    bundle = load_lv2(GAIN, gain=1.5).save_preset(own_plugins / "listed.lv2", "Listed")
    try:
        environment = {**os.environ, "LV2_PATH": f"{own_plugins}:/usr/lib/lv2"}
        said = subprocess.run(["lv2info", GAIN], env=environment, capture_output=True, text=True, check=True)
        assert "Listed" in said.stdout
        assert not said.stderr
    finally:
        shutil.rmtree(bundle)


def test_a_state_becomes_plain_data_and_back() -> None:
    state = Lv2State(
        GAIN,
        {"gain": float(np.float32(0.1))},
        {
            f"{TEST}file": Atom(PATH, "/a/b"),
            f"{TEST}chunk": Atom("urn:any:type", b"\0\xff"),
            f"{TEST}vector": Atom(ATOM + "Vector", {"type": ATOM + "Float", "values": [1.0, 2.0]}),
            f"{TEST}tuple": Atom(ATOM + "Tuple", [Atom(ATOM + "Int", 1), Atom(ATOM + "String", "x")]),
            f"{TEST}object": Atom(
                ATOM + "Object", {"id": "", "type": f"{TEST}t", "properties": {f"{TEST}k": Atom(ATOM + "Bool", True)}}
            ),
        },
    )
    document = state.to_document()
    assert Lv2State.from_document(document) == state
    assert document["properties"][f"{TEST}file"] == {"type": "atom:Path", "value": "/a/b"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"plugin": GAIN, "more": 1},
        {"plugin": GAIN, "controls": {"gain": "x"}},
        {"plugin": GAIN, "properties": {"k": 1}},
    ],
)
def test_a_document_that_is_none_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(PluginError):
        Lv2State.from_document(document)
