"""Which part of the material each stream hears."""

import numpy as np
import pytest

from ampboard.models.errors import AudioError, ParameterError
from ampboard.training.data.material import Excerpt, Material
from ampboard.training.data.windows import Lanes, ShuffledPieces, plan_windows


def excerpt(name: str, frames: int, start: int, *knobs: float) -> Excerpt:
    """Every frame has a value of its own: what is heard tells where it comes from."""
    ramp = np.arange(start, start + frames, dtype=np.float32)
    return Excerpt(name, ramp, ramp + 0.5, knobs)


def test_lanes_play_all_of_an_excerpt_and_go_on_where_their_neighbour_ended() -> None:
    lanes = Lanes(excerpt("all", 4 * 30 + 3, 0, 0.25), streams=4, window=10)
    heard = np.concatenate([lanes.at(step).inputs[:, 0] for step in range(3)], axis=1)
    np.testing.assert_array_equal(heard.ravel(), np.arange(120))
    turn = lanes.at(3)
    assert turn.follows == (3, 0, 1, 2)
    np.testing.assert_array_equal(turn.inputs[:, 0], lanes.at(0).inputs[:, 0])
    np.testing.assert_array_equal(turn.inputs[:, 1], np.full((4, 10), 0.25))
    np.testing.assert_array_equal(turn.target, turn.inputs[:, 0] + 0.5)
    assert lanes.at(4).follows is None


def test_a_window_depends_on_its_number_alone() -> None:
    """Asked in any order, the plan is the same."""
    excerpts = [excerpt(str(number), 900, 1_000 * number, number / 4) for number in range(5)]
    plans = [ShuffledPieces(excerpts, sample_rate=100, streams=3, window=50, seed=4) for _ in range(2)]
    forward = {step: plans[0].at(step) for step in range(60)}
    for step in reversed(range(60)):
        window = plans[1].at(step)
        np.testing.assert_array_equal(window.inputs, forward[step].inputs)
        assert window.fresh == forward[step].fresh


def test_pieces_go_on_from_window_to_window_unless_they_are_fresh() -> None:
    excerpts = [excerpt(str(number), 1_700, 2_000 * number, number / 4) for number in range(5)]
    plan = ShuffledPieces(excerpts, sample_rate=100, streams=3, window=50, seed=1)
    before = plan.at(0)
    assert before.fresh == (0, 1, 2)
    for step in range(1, 2 * plan.round_steps):
        window = plan.at(step)
        for stream in range(3):
            goes_on = window.inputs[stream, 0, 0] == before.inputs[stream, 0, -1] + 1
            assert goes_on or stream in window.fresh
            number = int(window.inputs[stream, 0, 0]) // 2_000
            assert window.inputs[stream, 1, 0] == number / 4
            assert window.power[stream] == pytest.approx(excerpts[number].power, rel=1e-6)
        before = window


def test_each_round_hears_nearly_everything_in_a_new_order() -> None:
    """At least 95 % of the windows; fewer streams' leftovers than one piece."""
    excerpts = [excerpt(str(number), 1_700, 2_000 * number) for number in range(5)]
    plan = ShuffledPieces(excerpts, sample_rate=100, streams=2, window=50)
    rounds = [
        np.concatenate([plan.at(turn * plan.round_steps + step).inputs[:, 0] for step in range(plan.round_steps)])
        for turn in range(2)
    ]
    assert len(np.unique(rounds[0])) > 0.95 * 5 * 1_700
    assert not np.array_equal(rounds[0], rounds[1])


def test_a_very_quiet_excerpt_counts_less() -> None:
    """Its power is taken as a hundredth of the mean."""
    loud, silent = excerpt("loud", 400, 0), Excerpt("silent", np.zeros(400, np.float32), np.zeros(400, np.float32))
    plan = ShuffledPieces([loud, silent], sample_rate=10, streams=2, window=50)
    powers = {float(power) for step in range(plan.round_steps) for power in plan.at(step).power}
    assert min(powers) == pytest.approx(0.005 * loud.power, rel=1e-6)


def test_one_excerpt_is_played_in_lanes_and_several_in_pieces() -> None:
    one, two = excerpt("one", 1_000, 0), excerpt("two", 1_000, 0)
    assert isinstance(plan_windows([one], sample_rate=100, streams=2, window=10), Lanes)
    assert isinstance(plan_windows([one, two], sample_rate=100, streams=2, window=10), ShuffledPieces)


def test_few_and_short_excerpts_are_cut_into_as_many_pieces_as_there_are_streams() -> None:
    """Two of 6 seconds are less than four of 8; all that fits into whole windows is heard."""
    pieces = ShuffledPieces([excerpt("one", 600, 0), excerpt("two", 600, 600)], sample_rate=100, streams=4, window=10)
    heard = [pieces.at(step).inputs[:, 0].ravel() for step in range(pieces.round_steps)]
    np.testing.assert_array_equal(np.sort(np.concatenate(heard)), np.arange(1200))


def test_too_little_material_is_refused() -> None:
    with pytest.raises(ParameterError, match="too few"):
        Lanes(excerpt("short", 100, 0), streams=4, window=50)
    with pytest.raises(ParameterError, match="too short"):
        ShuffledPieces([excerpt("short", 90, 0)] * 2, sample_rate=100, streams=4, window=50)


def test_pairs_that_do_not_fit_are_refused_by_name() -> None:
    sound = np.zeros(10, np.float32)
    with pytest.raises(AudioError, match="take 3: 10 frames went in, 9 came out"):
        Excerpt("take 3", sound, sound[:9])
    with pytest.raises(AudioError, match="not finite"):
        Excerpt("take 3", sound, np.full(10, np.nan, np.float32))
    with pytest.raises(ParameterError, match="take 3 has 0 knob values"):
        Material(48_000, (Excerpt("take 3", sound, sound),), knobs=("gain",))


def test_the_digest_names_the_content() -> None:
    def material(value: float) -> Material:
        return Material(48_000, (Excerpt("a", np.full(5, value, np.float32), np.ones(5, np.float32)),))

    assert material(0.5).digest == material(0.5).digest
    assert material(0.5).digest != material(0.25).digest
