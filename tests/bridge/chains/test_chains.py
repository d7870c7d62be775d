"""Chains made from presets, against boards put together by hand."""

import base64
from pathlib import Path
from typing import get_args

import numpy as np
import pedalboard
import pytest
import soundfile

from ampboard.bridge.chains import build_board, build_chain
from ampboard.bridge.native.library import bundle_path
from ampboard.bridge.processors import Cabinet, NeuralAmp, ToneStack
from ampboard.models.errors import ModelError, ParameterError, PluginError, PresetError
from ampboard.models.kernels.amp import RateConversion
from ampboard.models.kernels.amp.kernel import OVERSAMPLING_FACTORS
from ampboard.models.kernels.tone_stack import CIRCUITS
from ampboard.presets import Preset, load_preset
from ampboard.presets import nodes as preset_nodes
from ampboard.presets.nodes import Circuit

RATE = 48_000
HEAD = 'schema = 1\nname = "Test"\n'
REVERB = '[[chain]]\ntype = "builtin"\nplugin = "Reverb"\n'
GAIN = '[[chain]]\ntype = "builtin"\nplugin = "Gain"\nparameters.gain_db = -6\n'


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str) -> Preset:
        (tmp_path / "test.toml").write_text(HEAD + text)
        return load_preset(tmp_path / "test.toml")

    return load


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.1, (2, RATE // 4)).astype(np.float32)


@pytest.fixture
def model(fixtures: Path) -> Path:
    return fixtures / "nam" / "BossWN-nano.nam"


@pytest.fixture
def impulse_response(tmp_path: Path) -> Path:
    decay = np.random.default_rng(5).normal(0, 0.1, 2000) * np.exp(-np.arange(2000) / 200)
    soundfile.write(tmp_path / "cab.wav", decay.astype(np.float32), RATE, subtype="FLOAT")
    return tmp_path / "cab.wav"


def test_a_chain_is_its_nodes_between_its_levels(load, noise, model, impulse_response) -> None:
    preset = load(f"""
levels = {{ input_db = -3, output_db = 2 }}
[[chain]]
type = "builtin"
plugin = "LadderFilter"
parameters = {{ mode = "HPF12", cutoff_hz = 80 }}
[[chain]]
type = "neural"
model = "{model}"
input_db = 3
mix = 0.75
[[chain]]
type = "tone"
circuit = "vox"
treble = 7
[[chain]]
type = "cabinet"
impulse_response = "cab.wav"
output_db = -2
{REVERB}parameters.room_size = 0.8
""")
    by_hand = pedalboard.Pedalboard(
        [
            pedalboard.Gain(-3),
            pedalboard.LadderFilter(pedalboard.LadderFilter.Mode.HPF12, cutoff_hz=80),
            NeuralAmp(model, input_db=3, mix=0.75),
            ToneStack("vox", treble=7),
            Cabinet(impulse_response, output_db=-2),
            pedalboard.Reverb(room_size=0.8),
            pedalboard.Gain(2),
        ]
    )
    chain = build_chain(preset)
    assert isinstance(build_board(preset), pedalboard.Pedalboard)
    assert list(chain.nodes) == ["ladder-filter", "amp", "tone", "cabinet", "reverb"]
    np.testing.assert_array_equal(chain.board(noise, RATE), by_hand(noise, RATE))


def test_an_amp_follows_the_levels_and_rates_of_its_node(load, noise, fixtures: Path) -> None:
    model = fixtures / "nam" / "core_lstm.nam"
    chain = build_chain(
        load(f"""
[[chain]]
type = "neural"
model = "{model}"
input_db = 2
interface_dbu = 10
output = "calibrated"
oversampling = 2
rate_conversion = "delay"
""")
    )
    by_hand = NeuralAmp(
        model, input_db=2, interface_dbu=10, output="calibrated", oversampling=2, rate_conversion="delay"
    )
    for rate in (44_100, 96_000):
        np.testing.assert_array_equal(chain.board(noise, rate), by_hand(noise, rate))
    assert chain.get_parameter("amp.input_db") == 2
    chain.set_parameter("amp.bypass", 1)
    chain.board.reset()
    np.testing.assert_allclose(chain.board(noise, 96_000), noise, atol=1e-7)


def test_a_node_offers_what_the_amp_does() -> None:
    assert get_args(preset_nodes.RateConversion) == get_args(RateConversion)
    assert get_args(preset_nodes.Oversampling) == OVERSAMPLING_FACTORS


def test_a_level_the_model_does_not_say_is_named(load, model: Path) -> None:
    for line, reason in (
        ("interface_dbu = 10", r"BossWN-nano\.nam: metadata\.input_level_dbu"),
        ('output = "calibrated"', "needs interface_dbu"),
    ):
        with pytest.raises((ModelError, ParameterError), match=rf"test\.toml:\d+: chain\[0\]: .*{reason}"):
            build_chain(load(f'[[chain]]\ntype = "neural"\nmodel = "{model}"\n{line}\n'))


def test_branches_are_summed_with_their_gains(load, noise) -> None:
    preset = load("""
[[chain]]
type = "parallel"
[[chain.branches]]
[[chain.branches]]
gain_db = -6
[[chain.branches.chain]]
type = "builtin"
plugin = "Delay"
parameters = { delay_seconds = 0.0625, mix = 1 }
""")
    delayed = np.zeros_like(noise)
    delayed[:, 3000:] = noise[:, :-3000]
    expected = noise.astype(np.float64) + 10 ** (-6 / 20) * delayed
    np.testing.assert_allclose(build_chain(preset).board(noise, RATE), expected, atol=1e-7)


def test_branches_of_different_latency_are_aligned(load, noise, model) -> None:
    preset = load(f"""
[[chain]]
type = "parallel"
[[chain.branches]]
[[chain.branches]]
[[chain.branches.chain]]
type = "neural"
model = "{model}"
mix = 0
""")
    chain = build_chain(preset)
    out = chain.board(noise, 44_100)
    assert chain.latency > 0
    np.testing.assert_allclose(out, 2 * noise, atol=1e-6)


def test_parameters_are_moved_by_name_and_heard(load, noise) -> None:
    chain = build_chain(load(GAIN + 'id = "drive"\n' + REVERB))
    chain.set_parameter("drive.gain_db", 6.0)
    chain.set_parameter("levels.output_db", -6.0)
    chain.set_parameter("reverb.wet_level", 0.0)
    chain.set_parameter("reverb.dry_level", 0.5)
    assert chain.get_parameter("drive.gain_db") == pytest.approx(6.0, abs=1e-5)
    assert chain.parameter_range("reverb.wet_level") == (0.0, 1.0)
    np.testing.assert_allclose(chain.board(noise, RATE), noise, atol=1e-5)  # Reverb's dry level is doubled inside


def test_parameters_of_kernels_are_exact(load, model) -> None:
    chain = build_chain(load(f'[[chain]]\ntype = "neural"\nmodel = "{model}"\n'))
    chain.set_parameter("amp.input_db", 1.2345678)
    assert chain.get_parameter("amp.input_db") == 1.2345678
    assert chain.parameter_range("amp.input_db") == (-40.0, 40.0)


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        ("reverb.room", 0.5, "no parameter 'reverb.room': did you mean reverb.room_size"),
        ("reverb.room_size", 1.01, "reverb.room_size is 1.01: use a value from 0 to 1"),
        ("reverb.room_size", float("nan"), "reverb.room_size is nan"),
        ("levels.input_db", 100.0, "use a value from -60 to 24"),
        ("reverb.bypass", 2.0, "use a value from 0 to 1"),
    ],
)
def test_wrong_parameters_are_refused(load, target: str, value: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build_chain(load(REVERB)).set_parameter(target, value)


def test_a_bypassed_node_is_not_heard_and_comes_back_at_rest(load, noise) -> None:
    preset = load(REVERB + "bypass = true\n" + GAIN + REVERB + "[[midi]]\ncc = 80\ntarget = 'reverb.bypass'")
    chain = build_chain(preset)
    plain = pedalboard.Pedalboard([pedalboard.Gain(-6), pedalboard.Reverb()])(noise, RATE)
    assert chain.get_parameter("reverb.bypass") == 1.0
    np.testing.assert_array_equal(chain.board(noise, RATE), plain)
    chain.set_parameter("reverb.bypass", 0.0)
    both = pedalboard.Pedalboard([pedalboard.Reverb(), pedalboard.Gain(-6), pedalboard.Reverb()])(noise, RATE)
    np.testing.assert_array_equal(chain.board(noise, RATE), both)
    chain.set_parameter("reverb.bypass", 1.0)
    chain.board.reset()
    chain.set_parameter("reverb.bypass", 0.0)
    silence = np.zeros((2, 4800), np.float32)
    assert not chain.board(silence, RATE, reset=False).any()


def test_a_bypass_inside_a_branch_leaves_the_branch_dry(load, noise) -> None:
    branch = '[[chain.branches]]\n[[chain.branches.chain]]\ntype = "tone"\nbypass = true\n'
    chain = build_chain(load('[[chain]]\ntype = "parallel"\n' + branch * 2))
    np.testing.assert_array_equal(chain.board(noise, RATE), 2 * noise)


def test_a_bypassed_amp_is_its_input_and_keeps_its_latency_and_its_settings(load, noise, model) -> None:
    preset = load(f'[[chain]]\ntype = "neural"\nmodel = "{model}"\nbypass = true\nmix = 0.9\noutput_db = -3')
    chain = build_chain(preset)
    np.testing.assert_allclose(chain.board(noise, 44_100), noise, atol=1e-7)
    assert chain.get_parameter("amp.bypass") == 1.0
    assert chain.get_parameter("amp.output_db") == -3.0
    chain.set_parameter("amp.output_db", -6.0)
    np.testing.assert_allclose(chain.board(noise, 44_100), noise, atol=1e-7)
    latency = chain.latency
    chain.set_parameter("amp.bypass", 0.0)
    assert chain.get_parameter("amp.mix") == pytest.approx(0.9)
    by_hand = pedalboard.Pedalboard([NeuralAmp(model, mix=0.9, output_db=-6.0)])
    np.testing.assert_array_equal(chain.board(noise, 44_100), by_hand(noise, 44_100))
    assert chain.latency == latency


def test_tails_add_up_in_a_chain_and_the_longest_branch_counts(load) -> None:
    delay = '{ type = "builtin", plugin = "Delay", parameters = { delay_seconds = %g } }'
    branches = f"branches = [{{ chain = [{delay % 1}] }}, {{ chain = [{delay % 2}, {delay % 3}] }}]"
    chain = build_chain(load(f'[[chain]]\ntype = "parallel"\n{branches}\n[[chain]]\ntype = "tone"'))
    kernel = chain.nodes["tone"].kernel
    assert chain.tail_seconds == pytest.approx(5.0 + kernel.tail)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('[[chain]]\ntype = "neural"\nmodel = "bad.nam"', ModelError, r"test.toml:\d+: chain\[0\]: .*bad.nam"),
        (
            '[[chain]]\ntype = "lv2"\nuri = "urn:x"',
            PluginError,
            r"test.toml:\d+: chain\[0\]: there is no LV2 plugin urn:x",
        ),
        (
            '[[chain]]\ntype = "vst3"\npath = "Nix.vst3"',
            PluginError,
            r"test.toml:\d+: chain\[0\]: there is no VST3 plugin",
        ),
        ('[[chain]]\ntype = "vst3"\npath = "/dev/null"', PluginError, r"chain\[0\]: /dev/null: the plugin cannot be"),
    ],
)
def test_what_cannot_be_made_is_named(load, tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    (tmp_path / "bad.nam").write_text("{}")
    with pytest.raises(error, match=message) as caught:
        build_chain(load(text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ('target = "amp.gain"', r"midi\[0\]: the chain has no parameter 'amp.gain'"),
        ('target = "amp.input_db"\nmaximum = 100.0', r"midi\[0\]: amp.input_db is 100"),
        ('target = "amp.mix"\ncurve = "logarithmic"', r"midi\[0\]: a logarithmic curve from 0 to 1"),
    ],
)
def test_mappings_that_do_not_fit_the_model_are_refused(load, model, mapping: str, message: str) -> None:
    with pytest.raises(PresetError, match=message):
        build_chain(load(f'[[chain]]\ntype = "neural"\nmodel = "{model}"\n[[midi]]\ncc = 1\n{mapping}'))


@pytest.fixture
def tone_plugin(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ToneStack]:
    """A VST3 plugin as a node, and the same as a processor: the bridge lists the kernels of living processors.

    No other process can load it, so that it has no trial.
    """
    monkeypatch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
    plugin = ToneStack("vox", bass=2.0, treble=8.0)
    return f'[[chain]]\ntype = "vst3"\npath = "{bundle_path()}"\nplugin = "{plugin.name}"\n', plugin


def test_a_vst3_node_sets_parameters(load, noise, tone_plugin) -> None:
    node, plugin = tone_plugin
    chain = build_chain(load(node + "parameters = { bass = 2, treble = 8 }"))
    np.testing.assert_array_equal(chain.board(noise, RATE), plugin(noise, RATE))


@pytest.mark.parametrize("inside", [True, False])
def test_a_vst3_node_restores_its_state_before_its_parameters(
    load, noise, tone_plugin, tmp_path: Path, inside: bool
) -> None:
    node, plugin = tone_plugin
    state = build_chain(load(node + "parameters = { bass = 9, treble = 8 }")).nodes["vst3"].raw_state
    (tmp_path / "plugin.state").write_bytes(state)
    kept = f'raw_state = "{base64.b64encode(state).decode()}"\n' if inside else 'state_file = "plugin.state"\n'
    chain = build_chain(load(node + kept + "parameters = { bass = 2 }"))
    np.testing.assert_array_equal(chain.board(noise, RATE), plugin(noise, RATE))


def test_parameters_of_a_vst3_are_moved_by_name(load, noise, tone_plugin) -> None:
    node, plugin = tone_plugin
    chain = build_chain(load(node))
    chain.set_parameter("vst3.bass", 2.0)
    chain.set_parameter("vst3.treble", 8.0)
    assert chain.get_parameter("vst3.bass") == pytest.approx(2.0, abs=1e-6)
    assert chain.parameter_range("vst3.treble") == (0.0, 10.0)
    np.testing.assert_array_equal(chain.board(noise, RATE), plugin(noise, RATE))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("drive = 1", r"chain\[0\]: Tone stack \(vox\) has no parameter 'drive'"),
        ("bass = 11", r"chain\[0\]: Tone stack \(vox\): bass is 11.0"),
        ('bass = "low"', r"chain\[0\]: Tone stack \(vox\): bass is 'low'"),
    ],
)
def test_wrong_parameters_of_a_vst3_are_refused(load, tone_plugin, parameters: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build_chain(load(f"{tone_plugin[0]}parameters = {{ {parameters} }}"))


def test_the_tone_circuits_of_the_format_are_those_of_the_kernel() -> None:
    assert set(get_args(Circuit)) == set(CIRCUITS)
