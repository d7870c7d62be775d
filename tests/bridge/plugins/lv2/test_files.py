"""Files that plugins load: by message, by state, or under the name that their code knows."""

from pathlib import Path

import numpy as np
import pytest

from ampboard.bridge.plugins.lv2 import load_lv2
from ampboard.models.errors import PluginError

TEST = "urn:ampboard-test:"
RATE = 48_000
X = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 9600)).astype(np.float32)


@pytest.fixture(autouse=True)
def _installed(own_plugins: Path) -> None:
    """Only the plugins of plugins.c."""


@pytest.mark.parametrize("name", ["gain", "deaf", "misspelt"])
def test_it_arrives_by_message_by_state_or_by_the_name_the_plugin_knows(tmp_path: Path, name: str) -> None:
    for factor in ("3", "0.5"):
        file = tmp_path / factor
        file.write_text(factor)
        plugin = load_lv2(TEST + name)
        plugin.set_file("file", file)
        assert plugin.state.files == (file,)
        np.testing.assert_array_equal(plugin(X, RATE), np.float32(factor) * X)


@pytest.mark.parametrize("name", ["gain", "deaf", "misspelt"])
def test_a_file_that_is_not_taken_is_told_and_changes_nothing(tmp_path: Path, name: str) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("2")
    bad.write_text("words")
    plugin = load_lv2(TEST + name)
    plugin.set_file("file", good)
    with pytest.raises(PluginError, match=f"{name}: the plugin did not take {bad}"):
        plugin.set_file("file", bad)
    assert plugin.state.files == (good,)
    np.testing.assert_array_equal(plugin(X, RATE), 2 * X)


def test_no_folder_is_made_for_plugins_that_ask_for_none() -> None:
    plugin = load_lv2(f"{TEST}gain")
    plugin(X, RATE)
    assert not plugin.kernel.files_folder.exists()
