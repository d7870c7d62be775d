"""A chain that was changed, as a preset: it makes the same sound again."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.chains import Chain, build_chain
from ampboard.bridge.native.library import bundle_path
from ampboard.bridge.plugins.lv2.discovery import describe_lv2
from ampboard.bridge.processors import ToneStack
from ampboard.bridge.rendering import render
from ampboard.models.errors import PluginError
from ampboard.presets import Preset, load_preset

from ..plugins.faulty import Faulty

RATE = 48_000
GUITAR = np.random.default_rng(7).normal(0, 0.1, (2, RATE)).astype(np.float32)
HEAD = 'schema = 1\nname = "Test"\n'
EVERYTHING = """
levels.output_db = -1.5
[[chain]]
type = "builtin"
plugin = "LadderFilter"
parameters = { mode = "HPF12", cutoff_hz = 80.0 }
[[chain]]
type = "neural"
model = "{model}"
mix = 0.9
[[chain]]
type = "tone"
circuit = "vox"
[[chain]]
type = "parallel"
[[chain.branches]]
[[chain.branches]]
id = "room"
gain_db = -9.0
[[chain.branches.chain]]
type = "builtin"
plugin = "Reverb"
[[chain]]
type = "cabinet"
impulse_response = "cab.wav"
"""


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.1, (2, RATE // 4)).astype(np.float32)


@pytest.fixture
def preset(tmp_path: Path, fixtures: Path) -> Preset:
    decay = np.random.default_rng(5).normal(0, 0.1, 2000) * np.exp(-np.arange(2000) / 200)
    soundfile.write(tmp_path / "cab.wav", decay.astype(np.float32), RATE, subtype="FLOAT")
    text = EVERYTHING.replace("{model}", str(fixtures / "nam" / "BossWN-nano.nam"))
    (tmp_path / "test.toml").write_text(HEAD + text)
    return load_preset(tmp_path / "test.toml")


def saved(chain: Chain, path: Path) -> Chain:
    """The chain of the preset that was made from a chain, written and read."""
    chain.to_preset().save(path)
    return build_chain(load_preset(path))


def sounds_alike(one: Chain, other: Chain, audio: np.ndarray) -> None:
    np.testing.assert_array_equal(one.board(audio, RATE), other.board(audio, RATE))


def test_an_untouched_chain_gives_the_preset_it_was_made_from(preset: Preset) -> None:
    assert build_chain(preset).to_preset() == preset


def test_what_was_moved_and_switched_is_written_down(preset: Preset, noise, tmp_path: Path) -> None:
    chain = build_chain(preset)
    moved = {
        "levels.input_db": 3.3,
        "ladder-filter.cutoff_hz": 123.4,
        "amp.input_db": -2.1,
        "amp.bypass": 1.0,
        "tone.treble": 7.7,
        "room.gain_db": -4.4,
        "reverb.room_size": 0.77,
        "reverb.bypass": 1.0,
        "cabinet.output_db": 0.1,
    }
    for target, value in moved.items():
        chain.set_parameter(target, value)
    chain.nodes["ladder-filter"].mode = type(chain.nodes["ladder-filter"].mode).LPF24
    chain.nodes["ladder-filter"].resonance = 0.3
    again = saved(chain, tmp_path / "elsewhere" / "moved.toml")
    sounds_alike(chain, again, noise)
    assert {target: again.get_parameter(target) for target in moved} == pytest.approx(moved, rel=1e-6)
    node = again.preset.nodes["ladder-filter"]
    assert node.parameters == {"mode": "LPF24", "cutoff_hz": 123.4, "resonance": 0.3}
    assert again.preset.nodes["amp"].model_dump(exclude_defaults=True, include={"mix", "input_db", "bypass"}) == {
        "mix": 0.9,
        "input_db": -2.1,
        "bypass": True,
    }
    assert not again.preset.nodes["tone"].bypass


def test_a_bypassed_amp_keeps_what_it_is_set_to(preset: Preset, noise, tmp_path: Path) -> None:
    chain = build_chain(preset)
    chain.set_parameter("amp.bypass", 1)
    chain.set_parameter("amp.mix", 0.25)
    again = saved(chain, tmp_path / "bypassed.toml")
    for each in (chain, again):
        each.set_parameter("amp.bypass", 0)
        each.board.reset()
    assert again.get_parameter("amp.mix") == 0.25
    sounds_alike(chain, again, noise)


def test_a_vst3_keeps_its_state(noise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPBOARD_TRUST_PLUGINS", "1")  # no other process can load the plugin
    tone = ToneStack("vox")  # a plugin of the bridge is a VST3 like any other while it lives
    text = (
        f'[[chain]]\ntype = "vst3"\npath = "{bundle_path()}"\nplugin = "{tone.name}"\nparameters = {{ bass = 9.0 }}\n'
    )
    (tmp_path / "test.toml").write_text(HEAD + text)
    chain = build_chain(load_preset(tmp_path / "test.toml"))
    chain.nodes["vst3"].treble = 2.0
    again = saved(chain, tmp_path / "state.toml")
    node = again.preset.nodes["vst3"]
    assert node.raw_state
    assert "bass" not in node.parameters
    sounds_alike(chain, again, noise)


TS9 = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
PLATE = "urn:dragonfly:plate"


@pytest.fixture
def plugins() -> None:
    """Skip where the Debian packages are not installed."""
    for uri, package in ((TS9, "guitarix-lv2"), (PLATE, "dragonfly-reverb-lv2")):
        try:
            describe_lv2(uri)
        except PluginError:
            pytest.skip(f"needs {package}")


def test_lv2_vst3_and_neural_nodes_come_back_bit_for_bit(
    plugins: None, faulty: Faulty, fixtures: Path, tmp_path: Path
) -> None:
    text = f"""
[[chain]]
id = "drive"
type = "lv2"
uri = "{TS9}"
parameters = {{ fslider2_ = 0.3 }}
[[chain]]
type = "neural"
model = "{fixtures / "nam" / "BossWN-nano.nam"}"
[[chain]]
type = "vst3"
path = "{faulty.path}"
[[chain]]
id = "plate"
type = "lv2"
uri = "{PLATE}"
parameters = {{ algorithm = "Simple" }}
"""
    (tmp_path / "first.toml").write_text(HEAD + text)
    chain = build_chain(load_preset(tmp_path / "first.toml"))
    assert chain.to_preset() == chain.preset
    before = chain.board(GUITAR, RATE)
    chain.set_parameter("drive.fslider1_", 777.7)
    chain.set_parameter("amp.input_db", 3.3)
    chain.nodes["vst3"].gain = 0.613  # not heard yet: its sounding half learns of it with the next block
    chain.nodes["plate"].decay = 1.1
    chain.to_preset().save(tmp_path / "deep" / "second.toml")
    again = build_chain(load_preset(tmp_path / "deep" / "second.toml"))
    output = chain.board(GUITAR, RATE)
    np.testing.assert_array_equal(again.board(GUITAR, RATE), output)
    assert not np.array_equal(output, before)
    assert again.preset.nodes["plate"].parameters == {"algorithm": "Simple", "decay": 1.1}
    third = saved(again, tmp_path / "third.toml")
    np.testing.assert_array_equal(third.board(GUITAR, RATE), output)


def test_a_render_of_a_saved_chain_is_the_same_file(plugins: None, faulty: Faulty, tmp_path: Path) -> None:
    text = f"""
[[chain]]
type = "vst3"
path = "{faulty.path}"
[[chain]]
id = "plate"
type = "lv2"
uri = "{PLATE}"
"""
    (tmp_path / "first.toml").write_text(HEAD + text)
    chain = build_chain(load_preset(tmp_path / "first.toml"))
    chain.nodes["vst3"].gain = 0.25
    chain.to_preset().save(tmp_path / "second.toml")
    soundfile.write(tmp_path / "in.wav", GUITAR.T, RATE, subtype="FLOAT")
    [one] = render(tmp_path / "in.wav", preset=chain.to_preset(), out_dir=tmp_path / "one")
    [other] = render(tmp_path / "in.wav", preset=tmp_path / "second.toml", out_dir=tmp_path / "other")
    assert one.path.read_bytes() == other.path.read_bytes()
