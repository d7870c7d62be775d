"""What the LV2 host does to plugins, seen from plugins of our own whose sound tells (plugins.c)."""

import threading
import time
from pathlib import Path

import numpy as np
import pedalboard
import pytest

from ampboard.bridge.native.library import library
from ampboard.bridge.native.live import live
from ampboard.bridge.plugins.lv2 import Lv2Plugin, load_lv2
from ampboard.models.errors import ParameterError, PluginError

RATE = 48_000
TEST = "urn:ampboard-test:"

pytestmark = pytest.mark.usefixtures("own_plugins")


def noise(frames: int, channels: int = 1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)


def stream(plugin: pedalboard.Plugin, audio: np.ndarray, sizes: list[int]) -> np.ndarray:
    """In blocks of these sizes, after a reset."""
    plugin.reset()
    blocks = np.split(audio, np.cumsum(sizes)[:-1], axis=1)
    return np.concatenate([plugin.process(block, RATE, 8192, reset=False) for block in blocks], axis=1)


def splits(total: int, seed: int) -> list[int]:
    cuts = np.sort(np.random.default_rng(seed).choice(np.arange(1, total), 20, replace=False))
    return [int(n) for n in np.diff([0, *cuts, total])]


def until(condition, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


class TestParameters:
    def test_control_values_arrive_exact_to_the_float(self) -> None:
        plugin = load_lv2(f"{TEST}gain", gain=1.1)
        x = noise(1000)
        np.testing.assert_array_equal(plugin(x, RATE), x * np.float32(1.1))
        assert plugin.gain == 1.1
        plugin.gain = 0.3
        np.testing.assert_array_equal(plugin(x, RATE), x * np.float32(0.3))

    def test_each_of_400_controls_reaches_its_own_port(self) -> None:
        plugin = load_lv2(f"{TEST}wide", **{f"c{k}": (k % 7) / 8 for k in range(400)})
        expected = sum(k * (k % 7) / 8 for k in range(400))  # exact in float32
        assert plugin(noise(64), RATE)[0, 0] == expected
        assert plugin.running.names == tuple(f"c{k}" for k in range(400))

    def test_a_port_in_multiples_of_the_sample_rate_is_multiplied(self) -> None:
        plugin = load_lv2(f"{TEST}odd", frequency=0.125)
        assert plugin(noise(64), RATE)[0, 0] == 6000.0
        assert plugin(noise(64), 96_000)[0, 0] == 12_000.0

    def test_cv_is_silent_optional_unknown_ports_are_unconnected_and_enabled_is_on(self) -> None:
        np.testing.assert_array_equal(load_lv2(f"{TEST}odd", frequency=0.0)(noise(64), RATE), 0.0)

    def test_a_symbol_that_plugins_have_as_attribute_gets_an_underscore(self) -> None:
        plugin = load_lv2(f"{TEST}odd", latency=0.5)
        assert plugin.latency_ == 0.5
        assert plugin.latency == 0

    def test_an_unknown_parameter_is_refused_by_name(self) -> None:
        with pytest.raises(ParameterError, match="gian"):
            load_lv2(f"{TEST}gain", gian=1.0)

    def test_a_value_out_of_range_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="use a value from 0 to 4"):
            load_lv2(f"{TEST}gain", gain=5.0)


class TestLoading:
    def test_a_feature_nobody_offers_is_named(self) -> None:
        with pytest.raises(PluginError, match="urn:nobody:feature"):
            load_lv2(f"{TEST}demanding")

    def test_a_plugin_that_refuses_to_start_is_named_when_it_is_loaded(self) -> None:
        with pytest.raises(PluginError, match=f"{TEST}refusing: the plugin refused to start at 44100 Hz"):
            load_lv2(f"{TEST}refusing")

    def test_it_is_a_pedalboard_plugin(self) -> None:
        plugin = load_lv2(f"{TEST}gain", gain=2.0)
        assert isinstance(plugin, pedalboard.Plugin)
        x = noise(3000, 2)
        board = pedalboard.Pedalboard([plugin, pedalboard.Gain(0.0)])
        np.testing.assert_array_equal(board(x, RATE), 2 * x)

    def test_what_it_logs_is_kept_and_not_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        plugin = load_lv2(f"{TEST}gain")
        plugin(noise(64), RATE)
        assert f"made {TEST}gain\n" in plugin.log()
        assert plugin.log() == ""
        assert capfd.readouterr() == ("", "")


class TestChannels:
    def test_one_instance_a_channel_for_mono_plugins(self) -> None:
        x = noise(500, 3)
        np.testing.assert_array_equal(
            load_lv2(f"{TEST}sum")(x, RATE), np.cumsum(x, 1, dtype=np.float64).astype(np.float32)
        )

    def test_stereo_through_a_stereo_plugin(self) -> None:
        x = noise(2000, 2)
        np.testing.assert_array_equal(load_lv2(f"{TEST}stereo")(x, RATE), np.stack([x[1], x[0] / 2]))

    def test_mono_feeds_both_inputs_and_hears_the_mean_of_both_outputs(self) -> None:
        x = noise(2000)
        np.testing.assert_allclose(load_lv2(f"{TEST}stereo")(x, RATE), 0.75 * x, rtol=1e-6)

    def test_stereo_through_one_input_is_averaged(self) -> None:
        x = noise(2000, 2)
        mean = x.mean(0)
        np.testing.assert_allclose(load_lv2(f"{TEST}widen")(x, RATE), np.stack([mean, -mean / 2]), rtol=1e-5)

    def test_mono_through_one_input_and_two_outputs(self) -> None:
        x = noise(2000)
        np.testing.assert_allclose(load_lv2(f"{TEST}widen")(x, RATE), 0.25 * x, rtol=1e-6)

    def test_one_output_is_heard_in_both_channels(self) -> None:
        x = noise(2000, 2)
        np.testing.assert_array_equal(load_lv2(f"{TEST}narrow")(x, RATE), np.stack([x[0] - x[1]] * 2))

    def test_more_channels_than_ports_are_refused(self) -> None:
        with pytest.raises((ParameterError, ValueError)):
            load_lv2(f"{TEST}stereo")(noise(64, 3), RATE)


class TestBlocks:
    def test_no_run_is_longer_than_promised(self) -> None:
        runs = load_lv2(f"{TEST}blocks")(noise(2000), RATE)
        assert runs.max() == 512
        assert runs[0, -1] == 2000 % 512

    @pytest.mark.parametrize("size", [64, 100, 600])
    def test_a_fixed_block_size_holds_for_every_run(self, size: int) -> None:
        plugin = load_lv2(f"{TEST}blocks", block_size=size)
        x = noise(5000)
        plugin(x, RATE)
        assert plugin.latency == size
        heard = stream(plugin, x, splits(5000, size))
        assert set(np.unique(heard)) <= {0.0, float(size)}  # 0: the latency

    def test_fixed_blocks_only_delay(self) -> None:
        x = noise(9000)
        plain, fixed = load_lv2(f"{TEST}sum"), load_lv2(f"{TEST}sum", block_size=128)
        whole = plain(x, RATE)
        np.testing.assert_array_equal(fixed(x, RATE), whole)
        heard = stream(fixed, x, splits(9000, 3))  # pedalboard leaves out the latency
        np.testing.assert_array_equal(heard, whole[:, : 9000 - 128])

    def test_a_plugin_that_demands_it_gets_blocks_of_a_power_of_two(self) -> None:
        plugin = load_lv2(f"{TEST}fixed")
        assert set(np.unique(plugin(noise(3000), RATE))) <= {0.0, 256.0}

    def test_a_plugin_that_wishes_for_it_gets_blocks_of_one_size_and_may_be_given_another(self) -> None:
        assert set(np.unique(load_lv2(f"{TEST}coarse")(noise(3000), RATE))) <= {0.0, 256.0}
        assert set(np.unique(load_lv2(f"{TEST}coarse", block_size=100)(noise(3000), RATE))) <= {0.0, 100.0}

    def test_only_parameters_that_it_has_are_listed_among_its_attributes(self) -> None:
        plugin = load_lv2(f"{TEST}latency")
        assert {"delay", "set_file"} <= set(dir(plugin))
        assert all(hasattr(plugin, name) for name in dir(plugin) if not name.startswith("_"))

    def test_a_block_size_it_cannot_take_is_refused(self) -> None:
        with pytest.raises(PluginError, match="power of 2"):
            load_lv2(f"{TEST}fixed", block_size=100)

    def test_latency_is_compensated_and_a_change_counts_from_the_next_reset(self) -> None:
        plugin = load_lv2(f"{TEST}latency")
        x = noise(4000)
        np.testing.assert_array_equal(plugin(x, RATE), x)
        assert plugin.latency == 32
        plugin.delay = 300.0
        plugin(x, RATE)
        np.testing.assert_array_equal(plugin(x, RATE), x)
        assert plugin.latency == 300


class TestReset:
    def test_a_rerun_is_identical_though_the_plugin_forgets_nothing(self) -> None:
        plugin = load_lv2(f"{TEST}sum")
        x = noise(3000)
        first = plugin(x, RATE)
        np.testing.assert_array_equal(plugin(x, RATE), first)
        assert np.abs(first).max() > 0

    def test_a_stream_in_any_blocks_equals_the_whole(self) -> None:
        plugin = load_lv2(f"{TEST}sum")
        x = noise(6000, 2)
        whole = plugin(x, RATE)
        for seed in range(3):
            np.testing.assert_array_equal(stream(plugin, x, splits(6000, seed)), whole)

    def test_resting_voices_are_not_made_anew(self) -> None:
        plugin = load_lv2(f"{TEST}gain")
        plugin(noise(64), RATE)
        plugin.reset()
        plugin.process(noise(64), RATE, reset=False)
        plugin.log()
        plugin.process(noise(64), RATE, reset=False)
        assert plugin.log() == ""

    def test_not_a_number_is_repaired_by_new_voices(self) -> None:
        plugin = load_lv2(f"{TEST}sum")
        x = np.full((1, 2048), 0.25, np.float32)
        x[0, 100] = 2.0
        y = plugin(x, RATE)
        assert np.isfinite(y).all()
        assert np.abs(y[0, 1024:]).max() > 0
        assert plugin.counters.non_finite_outputs > 0

    def test_processing_allocates_nothing_of_ours(self) -> None:
        plugin = load_lv2(f"{TEST}gain")
        x = noise(512, 2)
        plugin(x, RATE)
        plugin.process(x, RATE, reset=False)
        before = library().ampboard_allocations()
        for _ in range(50):
            plugin.process(x, RATE, reset=False)
        assert library().ampboard_allocations() == before


class TestWorker:
    def test_offline_answers_come_before_the_next_run(self) -> None:
        heard = load_lv2(f"{TEST}echo")(noise(512 * 4), RATE)
        np.testing.assert_array_equal(heard[0, ::512], [0, 1, 2, 3])

    def test_live_answers_come_from_another_thread(self) -> None:
        plugin = load_lv2(f"{TEST}echo")
        x = noise(512)
        plugin(x, RATE)
        with live():
            first = plugin.process(x, RATE, reset=False)[0, 0]
            assert until(lambda: plugin.process(x, RATE, reset=False)[0, 0] > first)


class TestLiveReset:
    def test_sound_starts_from_rest_once_new_voices_are_ready(self) -> None:
        plugin = load_lv2(f"{TEST}sum")
        x = np.full((1, 256), 0.5, np.float32)
        plugin(x, RATE)
        with live():
            for _ in range(5):
                plugin.process(x, RATE, reset=False)
            plugin.reset()
            blocks: list[np.ndarray] = []

            def plays() -> bool:
                blocks.append(plugin.process(x, RATE, reset=False))
                return bool(blocks[-1].any())

            assert until(plays)
            np.testing.assert_array_equal(blocks[-1], np.cumsum(x, 1))
            assert not any(block.any() for block in blocks[:-1])

    def test_prepared_voices_make_a_reset_immediate(self) -> None:
        plugin = load_lv2(f"{TEST}sum")
        x = np.full((1, 256), 0.5, np.float32)
        plugin(x, RATE)
        with live():
            plugin.process(x, RATE, reset=False)
            time.sleep(0.3)  # the host's thread makes them meanwhile
            plugin.reset()
            np.testing.assert_array_equal(plugin.process(x, RATE, reset=False), np.cumsum(x, 1))

    def test_many_plugins_at_once(self) -> None:
        plugins = [load_lv2(f"{TEST}{name}") for name in ("sum", "echo", "gain", "latency") for _ in range(4)]
        x = noise(128)
        for plugin in plugins:
            plugin(x, RATE)
        failures: list[BaseException] = []

        def play(plugin: Lv2Plugin) -> None:
            try:
                for k in range(200):
                    assert np.isfinite(plugin.process(x, RATE, reset=k % 20 == 0)).all()
            except BaseException as error:  # pytest sees no exception of another thread
                failures.append(error)

        with live():
            threads = [threading.Thread(target=play, args=(plugin,)) for plugin in plugins]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert not failures


class TestMidi:
    def test_notes_sound_at_their_frame_whatever_the_blocks(self) -> None:
        plugin = load_lv2(f"{TEST}midi")
        plugin(noise(64), RATE)
        for size in (None, 100):
            plugin = load_lv2(f"{TEST}midi", block_size=size)
            x = noise(3000)
            plugin(x, RATE)
            plugin.reset()
            for note, frame in ((60, 0), (61, 511), (62, 512), (63, 2000)):
                plugin.send_midi(bytes((0x90, note, 100)), frame)
            y = np.concatenate([plugin.process(b, RATE, reset=False) for b in (x[:, :700], x[:, 700:], x)], axis=1)
            clicks = np.flatnonzero(y[0])
            np.testing.assert_array_equal(y[0, clicks], [60, 61, 62, 63])
            np.testing.assert_array_equal(clicks - clicks[0], [0, 511, 512, 2000])

    def test_a_plugin_without_a_midi_port_says_so(self) -> None:
        with pytest.raises(ParameterError, match="MIDI"):
            load_lv2(f"{TEST}gain").send_midi(b"\x90\x40\x40")


class TestSideChain:
    def test_it_hears_what_feeds_it_and_else_silence(self) -> None:
        x, key = noise(3000), noise(3000, seed=2)
        np.testing.assert_array_equal(load_lv2(f"{TEST}side")(x, RATE), x)
        np.testing.assert_array_equal(load_lv2(f"{TEST}side", side_chain=key)(x, RATE), x + 2 * key)

    def test_fixed_blocks_keep_it_in_step(self) -> None:
        x, key = noise(3000), noise(3000, seed=2)
        y = load_lv2(f"{TEST}side", side_chain=key, block_size=64)(x, RATE)
        np.testing.assert_array_equal(y, (x + 2 * key)[:, : y.shape[1]])


class TestFilesAndState:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "factor.txt"
        path.write_text("0.5")
        return path

    def test_a_file_is_loaded_by_message_and_survives_resets(self, file: Path) -> None:
        plugin = load_lv2(f"{TEST}gain")
        x = noise(2000)
        plugin(x, RATE)
        plugin.set_file("File", file)
        np.testing.assert_array_equal(plugin(x, RATE), x / 2)
        np.testing.assert_array_equal(plugin(x, RATE), x / 2)

    def test_a_file_set_in_mid_stream_is_heard_from_the_next_block(self, file: Path) -> None:
        plugin = load_lv2(f"{TEST}gain")
        x = noise(512)
        plugin(x, RATE)
        plugin.set_file("file", file)
        plugin.process(x, RATE, reset=False)
        np.testing.assert_array_equal(plugin.process(x, RATE, reset=False), x / 2)
        assert plugin.patch_values() == {f"{TEST}file": str(file)}

    def test_the_plugin_answers_what_file_it_has(self, file: Path) -> None:
        plugin = load_lv2(f"{TEST}gain")
        x = noise(512)
        plugin.set_file("File", file)
        plugin(x, RATE)
        plugin.patch_values()
        plugin.ask_patches()
        plugin.process(x, RATE, reset=False)
        assert plugin.patch_values() == {f"{TEST}file": str(file)}

    @pytest.mark.parametrize("name", ["gain", "safe-gain"])
    def test_state_holds_controls_and_file_and_makes_the_same_sound(self, name: str, file: Path) -> None:
        plugin = load_lv2(f"{TEST}{name}", gain=1.7)
        plugin.set_file("File", file)
        state = plugin.state
        assert state.controls == {"gain": 1.7}
        assert state.files == (file,)
        x = noise(2000)
        np.testing.assert_array_equal(load_lv2(f"{TEST}{name}", state=state)(x, RATE), plugin(x, RATE))

    def test_parameters_come_after_the_state(self, file: Path) -> None:
        state = load_lv2(f"{TEST}gain", gain=1.7).state
        assert load_lv2(f"{TEST}gain", state=state, gain=0.5).gain == 0.5

    def test_restoring_while_live_changes_what_plays(self, file: Path) -> None:
        loaded = load_lv2(f"{TEST}gain")
        loaded.set_file("File", file)
        x = noise(256)
        for name in ("gain", "safe-gain"):
            plugin = load_lv2(f"{TEST}{name}")
            plugin(x, RATE)
            plugin.process(x, RATE, reset=False)
            state = type(loaded.state)(f"{TEST}{name}", {}, loaded.state.properties)
            with live():
                plugin.restore(state)
                np.testing.assert_array_equal(plugin.process(x, RATE, reset=False), x / 2)
            assert (plugin.output("runs") > 1) == (name == "safe-gain")  # the other got new voices

    def test_a_state_of_another_plugin_is_refused(self) -> None:
        with pytest.raises(PluginError, match="sum"):
            load_lv2(f"{TEST}gain", state=load_lv2(f"{TEST}sum").state)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ParameterError, match=r"none\.txt"):
            load_lv2(f"{TEST}gain").set_file("File", tmp_path / "none.txt")

    def test_an_unknown_patch_parameter_is_named(self, file: Path) -> None:
        with pytest.raises(ParameterError, match="Fiel"):
            load_lv2(f"{TEST}gain").set_file("Fiel", file)
