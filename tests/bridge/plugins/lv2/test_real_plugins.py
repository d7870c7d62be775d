"""Installed LV2 plugins: reruns, streams, state and files, against lv2apply and closed formulas."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile

from ampboard.bridge.plugins.lv2 import Lv2Plugin, load_lv2
from ampboard.bridge.plugins.lv2.discovery import describe_lv2
from ampboard.models.errors import PluginError

RATE = 48_000
TS9 = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
GX_AMP = "http://guitarix.sourceforge.net/plugins/gx_amp#GUITARIX"
ZAM_COMP = "urn:zamaudio:ZamComp"
ZAM_COMP_STEREO = "urn:zamaudio:ZamCompX2"
PLATE = "urn:dragonfly:plate"
EQUALISER = "http://lsp-plug.in/plugins/lv2/graph_equalizer_x32_stereo"
COMPRESSOR = "http://lsp-plug.in/plugins/lv2/sc_compressor_mono"
TREMOLO = "http://guitarix.sourceforge.net/plugins/gx_tremolo#_tremolo"
CONVOLVER = "http://gareus.org/oss/lv2/convoLV2#Mono"
ZERO_CONVOLVER = "http://gareus.org/oss/lv2/zeroconvolv#CfgMono"
RESPONSES = "http://lsp-plug.in/plugins/lv2/impulse_responses_mono"
FIL4 = "http://gareus.org/oss/lv2/fil4#stereo"


@pytest.fixture(autouse=True, scope="module")
def trusted() -> Iterator[None]:
    """Their trials are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
        yield


def load(uri: str, **arguments: object) -> Lv2Plugin:
    try:
        describe_lv2(uri)
    except PluginError:
        pytest.skip(f"{uri} is not installed")
    return load_lv2(uri, **arguments)  # pyright: ignore[reportArgumentType]


def noise(frames: int, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.4, 0.4, (channels, frames)).astype(np.float32)


def stream(plugin: pedalboard.Plugin, audio: np.ndarray, seed: int) -> np.ndarray:
    plugin.reset()
    cuts = np.sort(np.random.default_rng(seed).choice(np.arange(1, audio.shape[1]), 12, replace=False))
    blocks = np.split(audio, cuts, axis=1)
    return np.concatenate([plugin.process(block, RATE, 8192, reset=False) for block in blocks], axis=1)


@pytest.mark.parametrize("uri", [TS9, GX_AMP, ZAM_COMP, ZAM_COMP_STEREO, PLATE, EQUALISER, FIL4])
def test_a_rerun_is_identical(uri: str) -> None:
    plugin = load(uri)
    x = noise(16_384)
    board = pedalboard.Pedalboard([plugin])
    first = board(x, RATE, buffer_size=512)
    assert np.isfinite(first).all()
    assert np.abs(first).max() > 1e-3
    np.testing.assert_array_equal(board(x, RATE, buffer_size=512), first)


@pytest.mark.parametrize("uri", [TS9, ZAM_COMP, ZAM_COMP_STEREO])
def test_a_stream_in_any_blocks_equals_the_whole(uri: str) -> None:
    plugin = load(uri)
    x = noise(9000)
    np.testing.assert_array_equal(stream(plugin, x, 1), plugin(x, RATE))


def test_a_block_size_of_its_own_makes_gx_amp_independent_of_the_hosts() -> None:
    plugin = load(GX_AMP, block_size=256)
    x = noise(9000)
    whole = plugin(x, RATE)
    assert plugin.latency >= 256
    for seed in range(2):
        heard = stream(plugin, x, seed)
        np.testing.assert_array_equal(heard, whole[:, : heard.shape[1]])


@pytest.mark.skipif(shutil.which("lv2apply") is None, reason="needs lilv-utils")
@pytest.mark.parametrize(
    ("uri", "channels", "controls"),
    [
        (TS9, 1, {"fslider0_": -3.0, "fslider1_": 700.0, "fslider2_": 0.75}),
        (TREMOLO, 1, {"freq": 7.0, "depth": 0.8}),
    ],
)
def test_it_sounds_as_with_lv2apply(uri: str, channels: int, controls: dict[str, float], tmp_path: Path) -> None:
    plugin = load(uri, **controls)
    x = noise(24_000, channels)
    side = np.zeros((len(plugin.description.side_chain_inputs), x.shape[1]), np.float32)
    soundfile.write(tmp_path / "in.wav", np.concatenate([x, side]).T, RATE, subtype="FLOAT")
    arguments = [part for symbol, value in controls.items() for part in ("-c", symbol, str(value))]
    files = ["-i", str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav")]
    subprocess.run(["lv2apply", *files, *arguments, uri], check=True, capture_output=True)
    theirs, _ = soundfile.read(tmp_path / "out.wav", dtype="float32", always_2d=True)
    ours = plugin(x, RATE)
    assert np.abs(ours - theirs.T).max() <= 1e-6 * np.abs(theirs).max()  # -120 dB


def test_a_convolver_takes_its_response_by_message_and_keeps_it_in_its_state(tmp_path: Path) -> None:
    response = np.random.default_rng(3).uniform(-0.1, 0.1, 700).astype(np.float32)
    file = tmp_path / "response.wav"
    soundfile.write(file, response, RATE, subtype="FLOAT")
    plugin = load(CONVOLVER, block_size=512)
    plugin.set_file("impulse", file)
    x = noise(8192, 1)
    heard = plugin(x, RATE)
    expected = 0.5 * np.convolve(x[0].astype(np.float64), response)[: heard.shape[1]]  # its default gain
    np.testing.assert_allclose(heard[0], expected, atol=2e-6)
    assert plugin.state.files == (file,)
    again = load(CONVOLVER, block_size=512, state=plugin.state)
    np.testing.assert_array_equal(again(x, RATE), heard)


def test_a_side_chain_turns_the_compressor_down() -> None:
    key = np.zeros((1, RATE), np.float32)
    key[:, RATE // 2 :] = noise(RATE // 2, 1) * 2
    x = noise(RATE, 1) * 0.1
    plugin = load(COMPRESSOR, side_chain=key, sct=2.0, al=0.01, cr=20.0)
    heard = plugin(x, RATE)
    before, after = (np.sqrt(np.mean(part**2)) for part in (heard[:, 12_000:24_000], heard[:, 36_000:]))
    assert after < 0.3 * before


def test_mono_and_stereo_both_run() -> None:
    for uri in (TS9, PLATE, EQUALISER):
        for channels in (1, 2):
            assert load(uri)(noise(4096, channels), RATE).shape[0] == channels


def test_a_state_makes_the_same_sound() -> None:
    plugin = load(PLATE, width=150.0)
    x = noise(16_384)
    again = load(PLATE, state=type(plugin.state).from_document(plugin.state.to_document()))
    np.testing.assert_array_equal(again(x, RATE), plugin(x, RATE))


@pytest.fixture
def two_taps(tmp_path: Path) -> Path:
    taps = np.zeros(2000, np.float32)
    taps[[0, 100]] = 0.5, 0.25
    soundfile.write(tmp_path / "taps.wav", taps, RATE, subtype="FLOAT")
    return tmp_path / "taps.wav"


def test_zeroconvolv_takes_its_response_though_this_version_is_deaf_to_messages(two_taps: Path) -> None:
    plugin = load(ZERO_CONVOLVER)
    plugin.set_file("Impulse Response", two_taps)
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 9600)).astype(np.float32)
    expected = np.convolve(x[0], soundfile.read(two_taps)[0])[: x.shape[1]]
    assert np.abs(plugin(x, RATE, 512)[0] - expected).max() < 1e-5


def test_zeroconvolv_tells_what_is_no_audio(tmp_path: Path) -> None:
    plugin = load(ZERO_CONVOLVER)
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(PluginError, match=r"did not take .*text\.wav for .*configuration failed"):
        plugin.set_file("Impulse Response", tmp_path / "text.wav")


def test_lsp_gets_a_file_by_the_name_its_code_knows(two_taps: Path) -> None:
    plugin = load(RESPONSES)
    [declared] = [parameter.uri for parameter in plugin.patch_parameters]
    plugin.set_file("Impulse file", two_taps)
    assert plugin.state.files == (two_taps,)
    assert declared not in plugin.state.properties
    restored = load(RESPONSES, state=plugin.state)
    assert restored.state.files == (two_taps,)  # before it has played, too


@pytest.mark.parametrize("block", [64, 480, 512])
def test_a_convolver_that_wishes_blocks_of_one_size_sounds_the_same_in_any(two_taps: Path, block: int) -> None:
    plugin = load(CONVOLVER)
    plugin.set_file("impulse", two_taps)
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 9600)).astype(np.float32)
    expected = 0.5 * np.convolve(x[0], soundfile.read(two_taps)[0])[: x.shape[1]]  # its gain is -6 dB
    assert plugin.kernel.block_size
    assert np.abs(plugin(x, RATE, block)[0] - expected).max() < 1e-5
