"""Arguments of the wrong kind are told in one line of our own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampboard.bridge.plugins.lv2 import Lv2Plugin, load_lv2
from ampboard.models.errors import AmpboardError

TEST = "urn:ampboard-test:"
RATE = 48_000


@pytest.fixture(autouse=True)
def _installed(own_plugins: Path) -> None:
    """Only the plugins of plugins.c."""


def _set(name: str, value: Any) -> Callable[[Lv2Plugin], object]:
    return lambda plugin: setattr(plugin, name, value)


@pytest.mark.parametrize(
    ("plugin", "use", "told"),
    [
        ("gain", lambda _: load_lv2(None), "the plugin is None"),
        ("gain", lambda _: load_lv2(f"{TEST}gain", state=3), "the state is 3"),
        ("gain", lambda _: load_lv2(f"{TEST}gain", preset=3), "preset is 3"),
        ("gain", lambda _: load_lv2(f"{TEST}gain", block_size="x"), "block_size is 'x': use 1 to 8192"),
        ("gain", lambda _: load_lv2(f"{TEST}gain", block_size=2.5), "block_size is 2.5"),
        ("gain", lambda _: load_lv2(f"{TEST}gain", gain=None), "gain is None: use a number from 0 to 4"),
        ("gain", lambda _: load_lv2(f"{TEST}gain", preset="none"), "no preset 'none': it has none"),
        ("gain", lambda plugin: plugin.restore("junk"), "the state is 'junk'"),
        ("gain", lambda plugin: plugin.load_preset(None), "preset is None"),
        ("gain", lambda plugin: plugin.save_preset(__file__ + "/x.lv2", "x"), "cannot be written"),
        ("gain", lambda plugin: plugin.save_preset(3, "x"), "the path is 3"),
        ("gain", lambda plugin: plugin.save_preset("x.lv2", None), "label is None"),
        ("gain", lambda plugin: plugin.set_file("file", None), "the path is None"),
        ("gain", lambda plugin: plugin.set_file(None, __file__), "the patch parameter is None"),
        ("gain", _set("gain", None), "gain is None"),
        ("midi", lambda plugin: plugin.send_midi("x"), "'x' at frame 0: use bytes"),
        ("midi", lambda plugin: plugin.send_midi(b"\x90\x40\x40", 0.5), "at frame 0.5"),
        ("midi", lambda plugin: plugin.send_midi(b""), "use a whole message"),
        ("midi", lambda plugin: plugin.send_midi(b"\x90"), "'90' at frame 0: use a whole message"),
        ("midi", lambda plugin: plugin.send_midi(b"\xc0\x01\x01"), "use a whole message"),
        ("midi", lambda plugin: plugin.send_midi(b"\x90\x40\x80"), "use a whole message"),
        ("midi", lambda plugin: plugin.send_midi(b"\xf0\x01"), "use a whole message"),
        ("side", _set("side_chain", "kick.wav"), "the side-chain is str: use a SideBus"),
        ("side", _set("side_chain", np.zeros((1, 8), np.int16)), "samples of type int16"),
        ("side", _set("side_chain", np.zeros((1000, 1), np.float32)), "1000 channels: use 1 to 64"),
        ("side", _set("side_chain", np.zeros((1, 1, 8), np.float32)), r"not \(1, 1, 8\)"),
    ],
)
def test_it_is_told(plugin: str, use: Callable[[Lv2Plugin], object], told: str) -> None:
    loaded = load_lv2(TEST + plugin)
    with pytest.raises(AmpboardError, match=told) as caught:
        use(loaded)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("message", [b"\xc0\x01", b"\xf8", b"\xf0\x01\xf7", b"\xf2\x01\x02", b"\xe0\x00\x40"])
def test_whole_messages_are_taken(message: bytes) -> None:
    plugin = load_lv2(f"{TEST}midi")
    plugin.send_midi(message)
    assert plugin.counters.dropped_midi == 0


def test_an_array_of_one_dimension_is_a_mono_side_chain() -> None:
    side = np.random.default_rng(3).uniform(-1, 1, 512).astype(np.float32)
    flat, mono = load_lv2(f"{TEST}side", side_chain=side), load_lv2(f"{TEST}side", side_chain=side[None])
    x = np.zeros((1, 512), np.float32)
    heard = flat(x, RATE)
    assert np.any(heard)
    np.testing.assert_array_equal(heard, mono(x, RATE))
