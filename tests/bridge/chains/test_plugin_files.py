"""Files that LV2 nodes load, and that their states name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.chains import Chain, build_chain
from ampboard.bridge.plugins.lv2.discovery import describe_lv2
from ampboard.bridge.rendering import render
from ampboard.models.errors import PluginError
from ampboard.presets import load_preset

RATE = 48_000
CONVOLVER = "http://gareus.org/oss/lv2/convoLV2#Mono"
NODE = f'schema = 1\nname = "Test"\n[[chain]]\ntype = "lv2"\nuri = "{CONVOLVER}"\n'
NOISE = np.random.default_rng(7).normal(0, 0.1, (1, 96 * 512)).astype(np.float32)  # whole blocks: it plays no others


@pytest.fixture
def responses(tmp_path: Path) -> tuple[Path, Path]:
    """Two impulse responses: one frame of 0.5, and a decay."""
    try:
        describe_lv2(CONVOLVER)
    except PluginError:
        pytest.skip("needs x42-plugins")
    decay = np.random.default_rng(5).normal(0, 0.1, 2000) * np.exp(-np.arange(2000) / 200)
    paths = tmp_path / "irs" / "half.wav", tmp_path / "irs" / "decay.wav"
    paths[0].parent.mkdir()
    for path, response in zip(paths, (np.array([0.5, 0.0, 0.0, 0.0]), decay), strict=True):
        soundfile.write(path, response, RATE, subtype="FLOAT")
    return paths


def played(chain: Chain) -> np.ndarray:
    return chain.board(NOISE, RATE)


def test_a_node_gives_its_plugin_a_file_and_the_preset_of_the_chain_names_the_next(
    responses: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "first.toml").write_text(NODE + 'files = { impulse = "irs/half.wav" }')
    chain = build_chain(load_preset(tmp_path / "first.toml"))
    half = played(chain)
    gain = np.sum(half * NOISE) / np.sum(NOISE * NOISE)
    np.testing.assert_allclose(half, gain * NOISE, atol=1e-6)
    assert chain.to_preset() == chain.preset
    chain.nodes["lv2"].set_file("impulse", responses[1])
    chain.to_preset().save(tmp_path / "deep" / "second.toml")
    again = build_chain(load_preset(tmp_path / "deep" / "second.toml"))
    assert again.preset.nodes["lv2"].files == {}
    [path] = [p["value"] for p in again.preset.nodes["lv2"].state["properties"].values() if p["type"] == "atom:Path"]
    assert path == "../irs/decay.wav"
    np.testing.assert_array_equal(played(again), played(chain))
    assert not np.array_equal(played(again), half)


def test_files_that_a_plugin_has_made_go_with_the_preset(responses: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "first.toml").write_text(NODE)
    chain = build_chain(load_preset(tmp_path / "first.toml"))
    plugin = chain.nodes["lv2"]
    made = plugin.kernel.files_folder / "made.wav"
    made.parent.mkdir()
    shutil.copy(responses[1], made)
    plugin.set_file("impulse", made)
    expected = played(chain)
    chain.to_preset().save(tmp_path / "second.toml")
    [state] = (tmp_path / "second.states").iterdir()
    [file] = [p for p in json.loads(state.read_text())["properties"].values() if p["type"] == "atom:Path"]
    assert file["value"] == "made.wav"
    load_preset(tmp_path / "second.toml").save(tmp_path / "elsewhere" / "third.toml")
    made.unlink()
    shutil.rmtree(tmp_path / "second.states")
    np.testing.assert_array_equal(played(build_chain(load_preset(tmp_path / "elsewhere" / "third.toml"))), expected)


def test_a_stereo_reverb_makes_stereo_of_mono(tmp_path: Path) -> None:
    try:
        describe_lv2("urn:dragonfly:plate")
    except PluginError:
        pytest.skip("needs dragonfly-reverb-lv2")
    (tmp_path / "plate.toml").write_text(NODE.replace(CONVOLVER, "urn:dragonfly:plate"))
    soundfile.write(tmp_path / "in.wav", NOISE[0, : RATE // 4], RATE, subtype="FLOAT")
    [result] = render(tmp_path / "in.wav", preset=tmp_path / "plate.toml", out_dir=tmp_path / "out")
    left, right = soundfile.read(result.path)[0].T
    assert np.abs(left - right).max() > 0.01
    assert 0.1 * RATE < result.tail < 5 * RATE
