"""The factory presets as they sound on the factory guitar."""

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.typing import NDArray

from ampboard.bridge.chains import build_chain
from ampboard.bridge.chains.requirements import missing_packages
from ampboard.presets import Lv2, load_preset
from ampboard.presets.library import factory_folder

OWN = ("clean", "crunch", "lead")
WITH_PLUGINS = ("combo", "screamer")
NAMES = (*OWN, *WITH_PLUGINS)
RATE = 48_000
OCTAVES = (125, 250, 500, 1000, 2000, 4000)


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    """Skip what needs plugins that are not here."""
    named = getattr(request.node, "callspec", None)
    for name in named.params.values() if named else ():
        if missing := missing_packages(load_preset(name)):
            pytest.skip(f"the preset {name} needs {', '.join(missing)}")


@cache
def played(name: str) -> NDArray[np.float32]:
    return build_chain(load_preset(name)).board(recording(), RATE)


@cache
def recording() -> NDArray[np.float32]:
    guitar, rate = soundfile.read(factory_folder() / "recordings" / "guitar.flac", dtype="float32")
    assert rate == RATE
    return np.stack([guitar, guitar])


def octave_levels(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of each octave band in the power, in dB."""
    power = (np.abs(np.fft.rfft(audio.astype(np.float64))) ** 2).mean(axis=0)
    frequencies = np.fft.rfftfreq(audio.shape[1], 1 / RATE)
    bands = [power[(frequencies >= f / 2**0.5) & (frequencies < f * 2**0.5)].sum() for f in OCTAVES]
    return 10 * np.log10(np.array(bands) / power.sum())


@pytest.mark.parametrize("name", NAMES)
def test_it_plays_at_the_common_level_without_clipping(name: str) -> None:
    audio = played(name)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() < 10 ** (-1 / 20)
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(audio.T.astype(np.float64))
    assert loudness == pytest.approx(-18.0, abs=2.0)


@pytest.mark.parametrize(("one", "other"), [*combinations(OWN, 2), ("clean", "combo"), ("crunch", "screamer")])
def test_two_differ_by_more_than_3_db_in_some_octave(one: str, other: str) -> None:
    assert np.abs(octave_levels(played(one)) - octave_levels(played(other))).max() > 3.0


@pytest.mark.parametrize("name", WITH_PLUGINS)
def test_plugins_are_named_with_what_installs_them(name: str) -> None:
    preset = load_preset(name)
    plugins = {node_id for node_id, node in preset.nodes.items() if isinstance(node, Lv2)}
    assert plugins
    assert {node for nodes in preset.packages.values() for node in nodes} == plugins


@pytest.mark.parametrize("name", WITH_PLUGINS)
def test_a_saved_chain_of_plugins_sounds_the_same_bit_for_bit(name: str, tmp_path: Path) -> None:
    chain = build_chain(load_preset(name))
    chain.set_parameter("plate.decay", 0.7)
    chain.to_preset().save(tmp_path / "again.toml")
    again = build_chain(load_preset(tmp_path / "again.toml"))
    audio = recording()[:, : 2 * RATE]
    output = chain.board(audio, RATE)
    np.testing.assert_array_equal(output, again.board(audio, RATE))
    assert not np.array_equal(output, played(name)[:, : 2 * RATE])


@pytest.mark.parametrize("name", NAMES)
def test_every_mapped_control_moves_its_parameter(name: str) -> None:
    preset = load_preset(name)
    chain = build_chain(preset)
    assert preset.midi
    for mapping in preset.midi:
        for end, expected in zip((0.0, 1.0), mapping.ends(chain.parameter_range(mapping.target)), strict=True):
            chain.set_parameter(mapping.target, mapping.value(end, chain.parameter_range(mapping.target)))
            assert chain.get_parameter(mapping.target) == pytest.approx(expected, abs=1e-5)
