from itertools import pairwise

import numpy as np
import pytest

from ampboard.models.errors import ParameterError
from ampboard.training.capture.layouts.cutting import cut_at_quiet_places, cut_into_clips

RATE = 8000


def test_a_recording_is_cut_where_it_is_quiet_and_neighbours_do_not_leak():
    random = np.random.default_rng(1)
    audio = random.normal(0, 0.1, 100 * RATE).astype(np.float32)
    pauses = np.arange(7, 100, 7) * RATE
    for pause in pauses:
        audio[pause : pause + RATE // 4] *= 0.001
    passages = cut_at_quiet_places(audio, RATE).passages
    for one, other in pairwise(passages):
        assert np.abs(pauses + RATE // 8 - one.stop).min() <= RATE // 8
        gap = other.start - one.stop
        assert gap == 0 if one.use == other.use else gap >= RATE // 4
    assert {passage.use for passage in passages} == {"train", "validation", "test"}
    assert all(4.7 * RATE <= passage.frames <= 10.1 * RATE for passage in passages)


@pytest.mark.parametrize("seconds", [1, 4, 14, 16, 33])
def test_a_short_recording_still_trains_validates_and_tests(seconds):
    audio = np.random.default_rng(2).normal(0, 0.1, seconds * RATE).astype(np.float32)
    passages = cut_at_quiet_places(audio, RATE).passages
    assert {passage.use for passage in passages} == {"train", "validation", "test"}
    assert passages[-1].stop == audio.size


def test_clips_stay_apart():
    layout = cut_into_clips(300 * 50, 50, RATE, validation=range(240, 250), test=range(250, 300))
    assert [passage.use for passage in layout.passages] == ["train"] * 240 + ["validation"] * 10 + ["test"] * 50
    assert all(passage.alone and passage.frames == 50 for passage in layout.passages)
    with pytest.raises(ParameterError, match="do not fill"):
        cut_into_clips(101, 50, RATE)
    with pytest.raises(ParameterError, match="none twice"):
        cut_into_clips(500, 50, RATE, validation=[1], test=[1])
    with pytest.raises(ParameterError, match="from 0 to 9"):
        cut_into_clips(500, 50, RATE, test=[10])
