"""The engine's block loop without a device: what commands do, what is reported, and the replay of it."""

import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.live.desk import Desk
from ampboard.bridge.live.log import Played
from ampboard.bridge.live.player import Player
from ampboard.bridge.live.records import LEVELS, Command, Event, Record
from ampboard.bridge.live.region import Region, Word
from ampboard.bridge.live.replay import replay
from ampboard.bridge.live.rig import Layout, Rig
from ampboard.bridge.midi.mapping import Action, MoveControl, SelectSlot, SetLevel
from ampboard.bridge.rendering.formats import AudioSource
from ampboard.bridge.rendering.score import Programme, Score
from ampboard.bridge.rendering.take import Take
from ampboard.presets import ControlMapping

BLOCK = 64
RATE = 48_000
LAYOUT = Layout(RATE, BLOCK, 1, 2)
PRESETS = ("clean", "crunch", "lead")
START = {
    "preset": "",
    "setlist": "demo",
    "slot": 0,
    "excluded": [],
    "sample_rate": RATE,
    "block": BLOCK,
    "channels": 1,
    "outputs": 2,
}


class Bench:
    """A player with its region, fed noise; commands go in before a block, as the ring brings them."""

    def __init__(self, setlist: str = "demo") -> None:
        self.setlist = setlist
        self.region = Region.create()
        self.region.remove()
        self.rig = Rig(Programme.load(None, setlist), LAYOUT, initial=0)
        self.player = Player(self.rig, self.region, slot=0)
        self.generator = np.random.default_rng(1)
        self.heard: list[np.ndarray] = []
        self.played: list[np.ndarray] = []
        self.events: list[Record] = []

    def play(self, blocks: int) -> np.ndarray:
        for _ in range(blocks):
            sound = (0.1 * self.generator.standard_normal((1, BLOCK))).astype(np.float32)
            self.heard.append(sound)
            self.played.append(self.player.process(sound.copy()))
            while (record := self.region.events.pop()) is not None:
                self.events.append(record)
        return np.concatenate(self.played[-blocks:], axis=1)

    def send(self, kind: Command, **fields: float) -> None:
        assert self.region.commands.push(Record(kind, **fields))  # pyright: ignore[reportArgumentType]

    def of_kind(self, kind: Event) -> list[Record]:
        return [record for record in self.events if record.kind == kind]

    def replayed(self) -> np.ndarray:
        commands = tuple(
            (e.frame, Record(e.command, slot=e.slot, index=e.index, value=e.value)) for e in self.of_kind(Event.APPLIED)
        )
        return replay(Played({**START, "setlist": self.setlist}, commands, None), np.concatenate(self.heard, axis=1))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def control(bench: Bench, slot: int, target: str) -> int:
    return next(c.index for c in bench.rig.controls if (c.slot, c.target) == (slot, target))


def test_switch_takes_effect_at_the_next_block_and_says_when(bench: Bench) -> None:
    bench.play(10)
    bench.send(Command.SWITCH, slot=1, number=7)
    bench.play(1)
    (applied,) = bench.of_kind(Event.APPLIED)
    assert (applied.command, applied.slot, applied.number, applied.frame) == (Command.SWITCH, 1, 7, 10 * BLOCK)


@pytest.mark.parametrize(
    "record",
    [
        Record(Command.SWITCH, slot=3),
        Record(Command.SWITCH, slot=-1),
        Record(Command.MOVE, index=100_000),
        Record(Command.MOVE, index=0, value=float("nan")),
        Record(Command.LEVEL, index=len(LEVELS)),
        Record(200),
    ],
)
def test_what_does_not_exist_is_refused_and_changes_nothing(bench: Bench, record: Record) -> None:
    bench.play(5)
    bench.region.commands.push(record)
    bench.play(20)
    (refused,) = bench.of_kind(Event.REFUSED)
    assert refused.command == record.kind
    assert not bench.of_kind(Event.APPLIED)
    np.testing.assert_array_equal(np.concatenate(bench.played, axis=1), bench.replayed())


def test_bundle_takes_effect_in_one_block(bench: Bench) -> None:
    indices = [c.index for c in bench.rig.controls if c.slot == 0 and c.target.endswith("_db")]
    bench.play(3)
    bench.region.commands.push_bundle([Record(Command.MOVE, index=index, value=-3.0) for index in indices])
    bench.play(1)
    assert [event.frame for event in bench.of_kind(Event.APPLIED)] == [3 * BLOCK] * len(indices)


@pytest.mark.parametrize("spillover", [True, False])
def test_random_show_equals_its_replay_bit_for_bit(tmp_path: Path, spillover: bool) -> None:
    setlist = tmp_path / "show.toml"
    slots = "".join(f'[[slots]]\nprogram = {n}\npreset = "{name}"\n' for n, name in enumerate(PRESETS))
    setlist.write_text(f'schema = 1\nname = "Show"\n[switching]\nspillover = {str(spillover).lower()}\n{slots}')
    bench = Bench(str(setlist))
    generator = random.Random(3)
    moves = [c for c in bench.rig.controls if c.target.endswith(("_db", ".bypass", "wet_level"))]
    for _ in range(300):
        bench.play(generator.choice([1, 1, 2, 5, 40]))
        kind = generator.choice(
            [Command.SWITCH] * 4 + [Command.MOVE] * 4 + [Command.LEVEL, Command.PANIC, Command.BYPASS]
        )
        chosen = generator.choice(moves)
        value = {
            Command.MOVE: generator.choice([chosen.value, max(chosen.low, min(chosen.high, 1.0))]),
            Command.LEVEL: generator.uniform(-30, 0),
            Command.BYPASS: float(generator.random() < 0.3),
        }.get(kind, 0.0)
        bench.send(kind, slot=generator.randrange(3), index=chosen.index if kind == Command.MOVE else 0, value=value)
    bench.play(600)
    assert len(bench.of_kind(Event.APPLIED)) >= 300
    assert not bench.of_kind(Event.NONFINITE)
    np.testing.assert_array_equal(np.concatenate(bench.played, axis=1), bench.replayed())


def test_sample_accurate_render_with_the_logged_frames_sounds_the_same(bench: Bench, tmp_path: Path) -> None:
    """The same class switches offline, in blocks of 2048: but for rounding, only the frames of the events matter."""
    level = control(bench, 2, "amp.input_db")
    for number in range(12):
        bench.play(40 + number)
        bench.send(Command.SWITCH, slot=(number + 1) % 3)
        bench.send(Command.MOVE, index=level, value=float(-number))
        bench.send(Command.LEVEL, value=-float(number % 4))
    bench.play(100)
    programme = Programme.load(None, "demo")
    target = ControlMapping(cc=1, target="amp.input_db", minimum=-12.0, maximum=0.0)
    events: list[tuple[int, Action]] = []
    for event in bench.of_kind(Event.APPLIED):
        if event.command == Command.SWITCH:
            events.append((event.frame, SelectSlot(event.slot)))
        elif event.command == Command.MOVE:
            events.append((event.frame, MoveControl(2, target, (event.value + 12) / 12)))
        else:
            events.append((event.frame, SetLevel(LEVELS[event.index], event.value)))
    played = np.concatenate(bench.heard, axis=1)
    soundfile.write(tmp_path / "in.wav", played.T, RATE, subtype="FLOAT")
    source = AudioSource.open(tmp_path / "in.wav")
    take = Take(source, programme, Score(0, tuple(events), (), ()), channels=2, tail_limit=10.0)
    rendered = np.concatenate(list(take.blocks()), axis=1)[:, : played.shape[1]]
    live = np.concatenate(bench.played, axis=1)[:, bench.rig.switcher.latency :]
    difference = np.abs(rendered[:, : live.shape[1]] - live)
    assert difference.max() <= 1e-5


def test_chain_that_was_used_comes_back_from_rest_in_steps_between_blocks(bench: Bench) -> None:
    for slot in (1, 0):
        bench.send(Command.SWITCH, slot=slot)
        bench.play(2)
    while bench.rig.switcher.ringing or not bench.rig.switcher.ready(1):
        bench.play(1)
        assert len(bench.played) < 4000
    bench.send(Command.SWITCH, slot=1)
    bench.play(30)
    assert bench.of_kind(Event.APPLIED)[-1].frame == (len(bench.played) - 30) * BLOCK
    np.testing.assert_array_equal(np.concatenate(bench.played, axis=1), bench.replayed())


def test_switch_to_a_chain_on_its_way_to_rest_waits_and_keeps_the_order_of_commands(bench: Bench) -> None:
    bench.send(Command.SWITCH, slot=1)
    bench.play(2)
    bench.send(Command.PANIC)
    bench.send(Command.LEVEL, value=-6.0)
    bench.play(400)
    applied = bench.of_kind(Event.APPLIED)
    assert [event.command for event in applied] == [Command.SWITCH, Command.PANIC, Command.SWITCH, Command.LEVEL]
    frames = [event.frame for event in applied]
    assert frames == sorted(frames)
    assert frames[2] - frames[1] >= 0.005 * RATE  # the fade, and the way to rest
    np.testing.assert_array_equal(np.concatenate(bench.played, axis=1), bench.replayed())


def test_panic_is_silence_before_the_chain_starts_anew(bench: Bench) -> None:
    bench.play(200)
    bench.send(Command.PANIC)
    bench.play(200)
    panic, switch = bench.of_kind(Event.APPLIED)
    output = np.concatenate(bench.played, axis=1)
    silent = output[:, panic.frame + round(0.005 * RATE) : switch.frame]
    assert silent.shape[1] > 0
    assert not silent.any()
    assert np.abs(output[:, switch.frame + RATE // 10 :]).max() > 0.01


def test_mute_and_stop_fade_to_silence(bench: Bench) -> None:
    bench.play(100)
    bench.send(Command.MUTE, value=1.0)
    assert not bench.play(20)[:, round(0.005 * RATE) :].any()
    bench.send(Command.MUTE, value=0.0)
    assert np.abs(bench.play(20)[:, -BLOCK:]).max() > 0.001
    bench.send(Command.STOP)
    bench.play(20)
    assert bench.player.ended
    assert len(bench.of_kind(Event.STOPPED)) == 1


def test_bypass_is_the_dry_signal(bench: Bench) -> None:
    bench.play(10)
    bench.send(Command.BYPASS, value=1.0)
    bench.send(Command.PANIC)
    bench.play(400)
    # after a panic the slot plays; bypassed again, its tail goes on while the dry signal is there at once
    bench.send(Command.BYPASS, value=1.0)
    bench.play(round(12 * RATE / BLOCK))
    np.testing.assert_array_equal(bench.played[-1], np.repeat(bench.heard[-1], 2, axis=0))


def test_no_step_at_random_switches_beyond_the_signals_own_and_the_fades(bench: Bench) -> None:
    """The bound of `ChainSwitcher`: sum over sounding chains of their own steps, plus slope times their output."""
    generator = random.Random(5)
    for _ in range(60):
        bench.send(Command.SWITCH, slot=generator.randrange(3))
        bench.play(generator.randrange(1, 30))
    output = np.concatenate(bench.played, axis=1)
    alone = []
    for slot in range(3):
        rig = Rig(Programme.load(None, "demo"), LAYOUT, initial=slot)
        alone.append(np.concatenate([rig.play(block)[0] for block in bench.heard], axis=1))
    steps = sum(np.abs(np.diff(sound, axis=1)).max() for sound in alone)
    peaks = sum(np.abs(sound).max() for sound in alone)
    slope = np.pi / (2 * 0.005 * RATE)  # of the gate, the steepest fade
    assert np.abs(np.diff(output, axis=1)).max() <= steps + slope * peaks


def test_spoiled_block_is_silenced_and_the_chains_start_anew(bench: Bench) -> None:
    bench.play(10)
    play = bench.rig.play
    bench.rig.play = lambda block: (np.zeros((2, block.shape[1]), np.float32), True)  # a chain puts out NaN
    bench.play(1)
    bench.rig.play = play
    bench.play(300)
    assert not bench.played[10].any()
    assert len(bench.of_kind(Event.NONFINITE)) == 1
    assert [e.command for e in bench.of_kind(Event.APPLIED)] == [Command.PANIC, Command.SWITCH]
    assert np.isfinite(np.concatenate(bench.played, axis=1)).all()


def test_meters_tell_levels_and_xruns(bench: Bench) -> None:
    bench.region.words[Word.XRUNS] = 2
    bench.play(2 * RATE // BLOCK)
    (xrun,) = bench.of_kind(Event.XRUN)
    assert xrun.index == 2
    meters = bench.of_kind(Event.METERS)
    assert 35 <= len(meters) <= 40
    played = np.concatenate(bench.heard, axis=1)
    assert max(m.peak_in for m in meters) == pytest.approx(np.abs(played).max(), rel=1e-6)
    assert all(m.index == 2 and m.slot == 0 for m in meters)


def test_desk_does_the_same_for_engine_and_replay() -> None:
    rig = Rig(Programme.load(None, "demo"), LAYOUT, initial=0)
    desk = Desk(rig, slot=0)
    assert desk.chain(Record(Command.SWITCH, slot=2)) == 2
    assert desk.chain(Record(Command.BYPASS, value=1.0)) == -1
    assert desk.chain(Record(Command.MOVE)) is None
