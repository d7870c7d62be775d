"""LV2 nodes of chains: side-chains, MIDI, bypass, state, against what a probe says reached it."""

import os
import shutil
import subprocess
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from ampboard.bridge.chains import build_chain
from ampboard.bridge.plugins.lv2.bundles.folders import lv2_folders
from ampboard.bridge.plugins.lv2.discovery import describe_lv2
from ampboard.bridge.rendering import render
from ampboard.bridge.streaming import StreamingChain
from ampboard.models.errors import AudioError, ParameterError, PluginError, PresetError
from ampboard.presets import Preset, load_preset

PROBE = Path(__file__).parent / "probe.lv2"
RATE = 48_000
HEAD = 'schema = 1\nname = "Test"\n'
GAIN = '[[chain]]\ntype = "builtin"\nplugin = "Gain"\nparameters.gain_db = -6.0\n'
AMP = '[[chain]]\ntype = "neural"\nmodel = "{}"\noversampling = 2\n'  # it has latency


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """URI of an LV2 effect that tells what reaches it, built and on the LV2_PATH; see ``probe.lv2/probe.c``."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler: install one, or set CC")
    folder = tmp_path_factory.mktemp("lv2")
    bundle = folder / PROBE.name
    shutil.copytree(PROBE, bundle)
    source, binary = bundle / "probe.c", bundle / "probe.so"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", binary, source], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LV2_PATH", os.pathsep.join([str(folder), *map(str, lv2_folders())]))
        yield "urn:ampboard:test:probe"


@pytest.fixture
def load(tmp_path: Path, probe: str):
    def load(text: str, name: str = "test.toml") -> Preset:
        (tmp_path / name).write_text(HEAD + text.replace("PROBE", f'[[chain]]\ntype = "lv2"\nuri = "{probe}"\n'))
        return load_preset(tmp_path / name)

    return load


@pytest.fixture
def audio() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.1, (1, RATE // 2)).astype(np.float32)


def streamed(preset: Preset, audio: np.ndarray, blocks: list[int], stem: np.ndarray | None = None) -> np.ndarray:
    """The chain played in blocks that end at these frames, without its latency."""
    chain = StreamingChain(build_chain(preset), sample_rate=RATE, channels=audio.shape[0])
    silence = np.zeros((audio.shape[0], chain.latency), np.float32)
    padded = np.concatenate([audio, silence], axis=1)
    heard = None if stem is None else np.concatenate([stem, np.zeros((stem.shape[0], chain.latency), np.float32)], 1)
    ends = [0, *blocks, padded.shape[1]]
    parts = [chain.process(padded[:, a:b], None if heard is None else heard[:, a:b]) for a, b in pairwise(ends)]
    return np.concatenate(parts, axis=1)[:, chain.latency :]


def test_controls_are_ports_by_symbol_and_take_labels(load, audio) -> None:
    chain = build_chain(load('PROBEparameters = { gain = "half" }'))
    np.testing.assert_array_equal(chain.board(audio, RATE), audio * np.float32(0.5))
    chain.set_parameter("lv2.gain", 0.25)
    np.testing.assert_array_equal(chain.board(audio, RATE), audio * np.float32(0.25))
    assert chain.parameter_range("lv2.gain") == (0.0, 2.0)


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        (
            "parameters.gian = 1",
            ParameterError,
            r"test.toml:3: chain\[0\]: Probe has no control input 'gian': did you mean gain",
        ),
        ('parameters.gain = "loud"', ParameterError, r"gain is 'loud': use half"),
        ("parameters.gain = 3", ParameterError, "gain is 3: use a value from 0 to 2"),
        ('files = { IR = "test.toml" }', ParameterError, "no patch parameter 'IR'"),
        ('preset = "None such"', PluginError, "has no preset 'None such'"),
        ('state = { plugin = "urn:other" }', PluginError, "the state is of urn:other"),
    ],
)
def test_what_does_not_fit_the_plugin_is_named(load, line: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build_chain(load("PROBE" + line))


def test_bypass_is_the_plugins_own_switch(load, audio) -> None:
    chain = build_chain(load("PROBEbypass = true\nparameters.gain = 0.5"))
    np.testing.assert_array_equal(chain.board(audio, RATE), audio)
    assert chain.get_parameter("lv2.enabled") == 0.0
    chain.set_parameter("lv2.bypass", 0)
    np.testing.assert_array_equal(chain.board(audio, RATE), audio * np.float32(0.5))


@pytest.mark.parametrize("blocks", [[], [1, 1000, 1001, 9000]])
def test_a_side_chain_hears_the_input_of_the_chain(load, audio, blocks: list[int]) -> None:
    preset = load(f'levels.input_db = -6.0\n{GAIN}PROBEside_chain = "input"')
    half = np.float32(10 ** (-6 / 20))
    np.testing.assert_allclose(streamed(preset, audio, blocks), audio * half * half + audio * half, atol=1e-7)


@pytest.mark.parametrize("blocks", [[], [7, 2000, 2001, 9000]])
def test_a_side_chain_hears_an_earlier_node_whatever_latency_lies_between(
    load, audio, fixtures: Path, blocks: list[int]
) -> None:
    amp = AMP.format(fixtures / "nam" / "BossWN-nano.nam")
    dry = streamed(load(f"{GAIN}{amp}", "dry.toml"), audio, [])
    output = streamed(load(f'{GAIN}{amp}PROBEside_chain = "gain"'), audio, blocks)
    np.testing.assert_allclose(output, dry + audio * np.float32(10 ** (-6 / 20)), atol=1e-6)


def test_one_call_for_a_whole_file_hears_the_same(load) -> None:
    audio = np.random.default_rng(3).normal(0, 0.1, (2, 12 * RATE)).astype(np.float32)
    preset = load(f'{GAIN}PROBEparameters.gain = 0.0\nside_chain = "gain"')
    np.testing.assert_array_equal(build_chain(preset).board(audio, RATE), streamed(preset, audio, [5000]))


def test_a_side_chain_inside_branches(load, audio, probe: str) -> None:
    preset = load(f"""
[[chain]]
type = "parallel"
[[chain.branches]]
[[chain.branches.chain]]
id = "half"
type = "builtin"
plugin = "Gain"
parameters.gain_db = -6.0
[[chain.branches]]
[[chain.branches.chain]]
type = "lv2"
uri = "{probe}"
parameters.gain = 0.0
side_chain = "half"
""")
    expected = 2 * audio * np.float32(10 ** (-6 / 20))
    np.testing.assert_allclose(streamed(preset, audio, [100, 5000]), expected, atol=1e-7)


def test_a_bypass_keeps_the_point_that_is_heard(load, audio) -> None:
    chain = build_chain(load(f'{GAIN}PROBEparameters.gain = 0.0\nside_chain = "gain"'))
    chain.set_parameter("gain.bypass", 1)
    np.testing.assert_array_equal(chain.board(audio, RATE), audio)


def write_stem(path: Path, audio: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, audio.T, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize("channels", [1, 2])
def test_a_render_feeds_a_stem_to_side_chains(load, audio, tmp_path: Path, channels: int) -> None:
    preset = load(f'{GAIN}PROBEparameters.gain = 0.0\nside_chain = "stem"')
    stem = np.random.default_rng(5).normal(0, 0.1, (channels, 3000)).astype(np.float32)
    inputs = write_stem(tmp_path / "in.wav", audio)
    heard = write_stem(tmp_path / "kick.wav", stem)
    [result] = render(inputs, preset=preset, out_dir=tmp_path / "out", side_chain=heard)
    output = soundfile.read(result.path, dtype="float32")[0]
    np.testing.assert_allclose(output[:3000], stem.mean(axis=0), atol=1e-7)
    assert not output[3000:].any()
    assert not result.warnings


def test_a_stem_that_is_missing_or_unheard_is_told(load, audio, tmp_path: Path) -> None:
    inputs, stem = (write_stem(tmp_path / name, audio) for name in ("in.wav", "kick.wav"))
    [deaf] = render(inputs, preset=load(GAIN, "gain.toml"), out_dir=tmp_path / "a", side_chain=stem)
    assert any("no side-chain hears it" in warning for warning in deaf.warnings)
    [silent] = render(inputs, preset=load('PROBEside_chain = "stem"'), out_dir=tmp_path / "b")
    assert any("none was given: it hears silence" in warning for warning in silent.warnings)


def test_a_stem_of_another_rate_is_refused(load, audio, tmp_path: Path) -> None:
    inputs, stem = write_stem(tmp_path / "in.wav", audio), write_stem(tmp_path / "kick.wav", audio, 44_100)
    with pytest.raises(AudioError, match=r"kick\.wav has 44100 Hz, .*in\.wav 48000 Hz: convert"):
        render(inputs, preset=load('PROBEside_chain = "stem"'), out_dir=tmp_path / "out", side_chain=stem)


def midi_file(path: Path, *messages: tuple[int, mido.Message]) -> Path:
    """A file whose ticks are frames: 48,000 a second."""
    track, last = mido.MidiTrack(), 0
    for frame, message in messages:
        track.append(message.copy(time=frame - last))
        last = frame
    file = mido.MidiFile(ticks_per_beat=24_000)
    file.tracks.append(track)
    file.save(path)
    return path


@pytest.mark.parametrize("latent", [False, True])
def test_notes_and_bends_reach_a_plugin_with_their_frame(load, tmp_path: Path, fixtures: Path, latent: bool) -> None:
    front = AMP.format(fixtures / "nam" / "BossWN-nano.nam") + "mix = 0.0\n" if latent else ""
    preset = load(f"{front}PROBEmidi = true")
    midi = midi_file(
        tmp_path / "notes.mid",
        (0, mido.Message("note_on", note=60, velocity=127)),
        (1000, mido.Message("note_on", note=60, velocity=0)),
        (1000, mido.Message("pitchwheel", pitch=-4096)),
        (5000, mido.Message("program_change", program=5)),
        (9001, mido.Message("note_on", channel=3, note=62, velocity=64)),
    )
    inputs = write_stem(tmp_path / "in.wav", np.zeros((1, 10_000), np.float32))
    [result] = render(inputs, preset=preset, midi=midi, out_dir=tmp_path / "out")
    output = soundfile.read(result.path, dtype="float32")[0]
    expected = np.zeros(10_000, np.float32)
    expected[[0, 1000, 9001]] = 1.0, -0.5, np.float32(64 / 127)
    np.testing.assert_allclose(output, expected, atol=1e-7)


def test_a_plugin_hears_its_channel_alone(load, tmp_path: Path) -> None:
    preset = load("PROBEmidi = 2")
    notes = [(i * 100, mido.Message("note_on", channel=i, note=60, velocity=127)) for i in range(4)]
    inputs = write_stem(tmp_path / "in.wav", np.zeros((1, 1000), np.float32))
    [result] = render(inputs, preset=preset, midi=midi_file(tmp_path / "n.mid", *notes), out_dir=tmp_path / "out")
    assert np.flatnonzero(soundfile.read(result.path)[0]).tolist() == [100]


def test_notes_begin_in_the_slot_that_plays_and_bends_are_held_in_all(load, tmp_path: Path) -> None:
    load("PROBEmidi = true", "one.toml")
    load("PROBEmidi = true\nparameters.gain = 0.5", "two.toml")
    (tmp_path / "set.toml").write_text(
        'schema = 1\nname = "Set"\nswitching.fade_ms = 0.0\n'
        '[[slots]]\nprogram = 0\npreset = "one.toml"\n[[slots]]\nprogram = 1\npreset = "two.toml"\n'
    )
    midi = midi_file(
        tmp_path / "notes.mid",
        (100, mido.Message("note_on", note=60, velocity=127)),
        (200, mido.Message("pitchwheel", pitch=4096)),
        (4000, mido.Message("program_change", program=1)),
        (5000, mido.Message("note_on", note=60, velocity=127)),
    )
    inputs = write_stem(tmp_path / "in.wav", np.zeros((1, 8000), np.float32))
    [result] = render(inputs, setlist=tmp_path / "set.toml", midi=midi, out_dir=tmp_path / "out")
    output = soundfile.read(result.path)[0]
    assert output[[100, 200, 5000]] == pytest.approx([1.0, 0.5, 1.0])
    assert not output[5001:].any()


def test_a_state_comes_back_with_the_preset(load, audio, tmp_path: Path) -> None:
    chain = build_chain(load("PROBEparameters.gain = 0.5"))
    assert chain.to_preset() == chain.preset
    chain.nodes["lv2"].restore(
        chain.nodes["lv2"].state.from_document(
            {
                "plugin": "urn:ampboard:test:probe",
                "controls": {"gain": 0.3},
                "properties": {"urn:ampboard:test:offset": {"type": "atom:Float", "value": 0.125}},
            }
        )
    )
    chain.to_preset().save(tmp_path / "again" / "saved.toml")
    again = build_chain(load_preset(tmp_path / "again" / "saved.toml"))
    assert again.preset.nodes["lv2"].parameters == {"gain": 0.3}
    output = again.board(audio, RATE)
    np.testing.assert_array_equal(output, chain.board(audio, RATE))
    np.testing.assert_allclose(output, audio * np.float32(0.3) + 0.125, atol=1e-7)


@pytest.mark.parametrize(
    ("field", "told"), [("midi = true", "takes no MIDI"), ('side_chain = "input"', "hears no side-chain")]
)
def test_what_a_plugin_cannot_hear_is_told_with_file_and_line(load, field: str, told: str) -> None:
    uri = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
    try:
        describe_lv2(uri)
    except PluginError:
        pytest.skip("needs guitarix-lv2")
    preset = load(f'[[chain]]\ntype = "lv2"\nuri = "{uri}"\n{field}\n')
    with pytest.raises(PresetError, match=rf"test\.toml:6: chain\[0\]\.{field.partition(' ')[0]}: .* {told}"):
        build_chain(preset)
