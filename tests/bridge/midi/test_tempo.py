"""Tempo from taps and clocks, with messages that come late, get lost or change their mind."""

import numpy as np
import pytest

from ampboard.bridge.midi.tempo import CLOCKS_A_QUARTER, ClockTempo, TapTempo


def clocks(tempo: float, quarters: float, start: float = 0.0) -> np.ndarray:
    return start + np.arange(round(quarters * CLOCKS_A_QUARTER)) * 60.0 / (CLOCKS_A_QUARTER * tempo)


def reports(clock: ClockTempo, times: np.ndarray) -> list[float]:
    return [tempo for time in times if (tempo := clock.clock(float(time))) is not None]


def test_the_second_tap_makes_a_tempo() -> None:
    taps = TapTempo()
    assert taps.tap(5.0) is None
    assert taps.tap(5.6) == pytest.approx(100.0)
    assert taps.tap(6.21) == pytest.approx(60 / 0.605)


def test_one_tap_that_is_off_a_little_does_not_move_the_median() -> None:
    taps = TapTempo()
    found = [taps.tap(time) for time in (0.0, 0.5, 1.0, 1.58, 2.0, 2.5)]
    assert found[-1] == pytest.approx(120.0)


def test_another_tempo_begins_at_once() -> None:
    taps = TapTempo()
    found = [taps.tap(time) for time in (0.0, 0.5, 1.0, 1.3, 1.6)]
    assert found[3:] == [pytest.approx(200.0)] * 2


def test_a_pause_begins_anew() -> None:
    taps = TapTempo()
    assert [taps.tap(time) for time in (0.0, 0.5, 9.0)] == [None, pytest.approx(120.0), None]


def test_taps_stay_in_range() -> None:
    taps = TapTempo()
    assert [taps.tap(time) for time in (0.0, 0.1)] == [None, 300.0]


@pytest.mark.parametrize("tempo", [30.0, 61.3, 120.0, 178.9, 300.0])
def test_a_steady_clock_is_reported_once_and_exactly(tempo: float) -> None:
    assert reports(ClockTempo(), clocks(tempo, 16)) == [pytest.approx(tempo, rel=1e-9)]


@pytest.mark.parametrize("seed", range(5))
def test_messages_that_come_up_to_3_ms_late_do_no_harm(seed: int) -> None:
    """Bounds: 3 % at first, 0.5 % after two quarter notes, at most one report in four quarter notes from then on."""
    generator = np.random.default_rng(seed)
    clock = ClockTempo()
    times = clocks(120.0, 40)
    found = reports(clock, np.sort(times + generator.uniform(0, 0.003, len(times))))
    assert abs(found[0] / 120.0 - 1) < 0.03
    clock = ClockTempo()
    late = np.sort(times + generator.uniform(0, 0.003, len(times)))
    reports(clock, late[: 3 * CLOCKS_A_QUARTER])
    after = reports(clock, late[3 * CLOCKS_A_QUARTER :])
    assert all(abs(tempo / 120.0 - 1) < 0.005 for tempo in (*after, clock.tempo))
    assert len(after) <= 37 / 4


def test_lost_messages_do_no_harm() -> None:
    generator = np.random.default_rng(1)
    times = clocks(97.0, 20)
    kept = times[generator.random(len(times)) > 0.05]
    kept = np.concatenate([times[:24], kept[kept > times[23]]])
    assert reports(ClockTempo(), kept) == [pytest.approx(97.0, rel=1e-9)]


@pytest.mark.parametrize(
    ("before", "after"), [(120.0, 121.0), (120.0, 90.0), (120.0, 60.0), (90.0, 180.0), (200.0, 40.0)]
)
def test_another_tempo_is_known_two_quarter_notes_later(before: float, after: float) -> None:
    clock = ClockTempo()
    first = clocks(before, 8)
    reports(clock, first)
    start = float(first[-1]) + 60.0 / (CLOCKS_A_QUARTER * before)
    reports(clock, clocks(after, 3, start))
    assert clock.tempo == pytest.approx(after, rel=0.003)


def test_a_clock_runs_until_it_pauses() -> None:
    clock = ClockTempo()
    times = clocks(60.0, 2)
    reports(clock, times)
    end = float(times[-1])
    assert clock.running(end + 0.1)
    assert not clock.running(end + 1.0)
    clock.restart()
    assert reports(clock, clocks(90.0, 2, end + 5.0)) == [pytest.approx(90.0)]
