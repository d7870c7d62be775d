"""Declared tails, against what is measured."""

import math

import numpy as np
import pedalboard
import pytest

from ampboard.bridge.audio import SILENCE_DB
from ampboard.bridge.chains.tails import LONGEST, tail_seconds

RATE = 8_000


@pytest.mark.parametrize(
    "plugin",
    [
        pedalboard.Reverb(room_size=0.0),
        pedalboard.Reverb(room_size=0.5, damping=0.0),
        pedalboard.Reverb(room_size=0.9, damping=0.0),
        pedalboard.Delay(delay_seconds=0.2, feedback=0.7),
        pedalboard.Delay(delay_seconds=0.3),
        pedalboard.Chorus(centre_delay_ms=20.0, feedback=0.8),
        pedalboard.Phaser(feedback=0.7),
        pedalboard.LadderFilter(resonance=0.5),
    ],
    ids=repr,
)
def test_the_sound_has_fallen_by_90_db_when_the_tail_ends(plugin: pedalboard.Plugin) -> None:
    tail = tail_seconds(plugin)
    burst = np.random.default_rng(2).normal(0, 0.25, RATE)
    audio = np.concatenate([burst, np.zeros(math.ceil((tail + 0.5) * RATE))]).astype(np.float32)
    out = plugin.process(audio[None], RATE)[0]
    after = out[RATE + math.ceil(tail * RATE) :]
    assert np.abs(after).max() < np.abs(out).max() * 10 ** (SILENCE_DB / 20)


@pytest.mark.parametrize("plugin", [pedalboard.Reverb(freeze_mode=1.0), pedalboard.Delay(feedback=1.0)], ids=repr)
def test_endless_sounds_are_bounded(plugin: pedalboard.Plugin) -> None:
    assert tail_seconds(plugin) == LONGEST


def test_a_dry_effect_has_no_tail() -> None:
    assert tail_seconds(pedalboard.Delay(mix=0.0)) == tail_seconds(pedalboard.Reverb(wet_level=0.0)) == 0.0
