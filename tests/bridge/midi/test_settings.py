"""Where parameters stand: pickup, changing over, snapshots, tempo."""

import tomllib

import pytest

from ampboard.bridge.midi.actions import MoveControl, RecallSnapshot, SetTempo, ToggleControl
from ampboard.bridge.midi.settings import Move, Settings, Standing
from ampboard.presets import ControlMapping, Preset

PRESET = """
schema = 1
name = "x"
sync = { "echo.delay_seconds" = "1/4" }
chain = [{ type = "builtin", plugin = "Delay", id = "echo" }, { type = "builtin", plugin = "Gain" }]
snapshots = [
  { name = "a" },
  { name = "b", values = { "gain.gain_db" = 6.0 }, bypass = ["echo"] },
  { name = "c", values = { "echo.mix" = 0.9 }, on = ["gain"] },
]
"""
STANDING = {
    "gain.gain_db": Standing(-60.0, 24.0, -6.0),
    "gain.bypass": Standing(0.0, 1.0, 1.0),
    "echo.mix": Standing(0.0, 1.0, 0.5),
    "echo.bypass": Standing(0.0, 1.0, 0.0),
    "echo.delay_seconds": Standing(0.0, 1.2, 0.5),
}
PEDAL = ControlMapping(cc=11, target="echo.mix", pickup=True)


@pytest.fixture
def settings() -> Settings:
    preset = Preset.model_validate(tomllib.loads(PRESET))
    return Settings([preset, preset], lambda slot, target: STANDING.get(target) if slot == 0 else None)


def pedal(settings: Settings, *values: int, mapping: ControlMapping = PEDAL) -> list[float]:
    return [move.value for value in values for move in settings.moves(MoveControl(0, mapping, value / 127))]


def test_a_pedal_takes_over_where_it_passes_the_parameter(settings: Settings) -> None:
    assert pedal(settings, 0, 20, 50) == []
    assert pedal(settings, 70, 80) == [70 / 127, 80 / 127]  # from below to above 0.5
    assert pedal(settings, 10) == [10 / 127]  # it holds it now


def test_a_pedal_takes_over_from_near(settings: Settings) -> None:
    assert pedal(settings, 64) == [64 / 127]


def test_what_else_moves_the_parameter_takes_it_from_the_pedal(settings: Settings) -> None:
    assert pedal(settings, 64, 20) == [64 / 127, 20 / 127]
    settings.moves(RecallSnapshot(0, 2))  # mix to 0.9
    assert pedal(settings, 21, 60, 100) == []
    assert pedal(settings, 120) == [120 / 127]
    settings.note(0, "echo.mix", 0.0)
    assert pedal(settings, 110) == []


def test_without_pickup_it_jumps(settings: Settings) -> None:
    assert pedal(settings, 0, 127, mapping=ControlMapping(cc=11, target="echo.mix")) == [0.0, 1.0]


def test_toggles_leave_the_end_that_is_nearer(settings: Settings) -> None:
    row = ControlMapping(note=1, target="gain.gain_db", minimum=-10.0, maximum=2.0, mode="toggle")
    moved = [settings.moves(ToggleControl(0, row))[0].value for _ in range(3)]
    assert moved == [2.0, -10.0, 2.0]  # -6 is nearer to -10


def test_values_stay_within_the_parameter(settings: Settings) -> None:
    row = ControlMapping(cc=1, target="gain.gain_db", maximum=99.0)
    assert settings.moves(MoveControl(0, row, 1.0)) == (Move(0, "gain.gain_db", 24.0),)


def test_what_is_not_there_is_not_moved(settings: Settings) -> None:
    row = ControlMapping(cc=1, target="amp.mix")
    assert settings.moves(MoveControl(0, row, 1.0)) == ()
    assert settings.moves(RecallSnapshot(1, 1)) == ()


def test_snapshots_leave_nothing_of_the_one_before(settings: Settings) -> None:
    recalled = [{m.target: m.value for m in settings.moves(RecallSnapshot(0, index))} for index in (1, 2, 0, 0)]
    assert recalled == [
        {"gain.gain_db": 6.0, "echo.bypass": 1.0},
        {"gain.gain_db": -6.0, "echo.bypass": 0.0, "echo.mix": 0.9, "gain.bypass": 0.0},
        {"echo.mix": 0.5, "gain.bypass": 1.0},
        {},
    ]


def test_snapshots_take_back_what_a_pedal_moved_only_where_one_of_them_sets_it(settings: Settings) -> None:
    free = ControlMapping(cc=1, target="echo.delay_seconds")
    settings.moves(MoveControl(0, free, 1.0))
    settings.moves(MoveControl(0, ControlMapping(cc=2, target="echo.mix"), 1.0))
    assert settings.moves(RecallSnapshot(0, 0)) == (Move(0, "echo.mix", 0.5),)


def test_the_tempo_moves_what_follows_it_within_its_range(settings: Settings) -> None:
    found = [settings.moves(SetTempo((0, 1), tempo)) for tempo in (100.0, 40.0, 40.0)]
    assert found == [
        (Move(0, "echo.delay_seconds", 0.6),),
        (Move(0, "echo.delay_seconds", 0.75),),  # 1.5 s are too long: half of it
        (),
    ]
