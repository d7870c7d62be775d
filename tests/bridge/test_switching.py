"""Chains changed under sound: on the frame, without a step, the old one ringing on."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pedalboard
import pytest
from pedalboard import Pedalboard, Plugin
from pedalboard_native._internal import AddLatency

from ampboard.bridge.streaming import StreamingBoard
from ampboard.bridge.switching import ChainSwitcher
from ampboard.bridge.switching.delay_line import DelayLine
from ampboard.bridge.switching.ramp import DelayedRamp, Ramp, raised_cosine
from ampboard.models.errors import ParameterError

RATE = 48_000
FADE = 960  # frames: 20 ms
GATE = 240
SETTLE = 4800

Make = Callable[[], list[Plugin]]


def stream(plugins: Sequence[Plugin], channels: int = 1) -> StreamingBoard:
    return StreamingBoard(Pedalboard(list(plugins)), sample_rate=RATE, channels=channels)


def switcher(*chains: Sequence[Plugin], channels: int = 1, **options: object) -> ChainSwitcher:
    streams = {slot: stream(plugins, channels) for slot, plugins in enumerate(chains)}
    return ChainSwitcher(streams, sample_rate=RATE, initial=0, **options)  # pyright: ignore[reportArgumentType]


def play(
    switching: ChainSwitcher, audio: np.ndarray, switches: dict[int, int], block: int = 512, **options: bool
) -> np.ndarray:
    """Play `audio`, with slots brought up at frames; the output has its latency trimmed."""
    padded = np.concatenate([audio, np.zeros((len(audio), switching.latency), np.float32)], axis=1)
    edges = sorted({*range(0, padded.shape[1], block), *switches, padded.shape[1]})
    output = []
    for start, end in pairwise(edges):
        if start in switches:
            switching.switch(switches[start], **options)
        output.append(switching.process(padded[:, start:end]))
    return np.concatenate(output, axis=1)[:, switching.latency :]


def tone(frames: int, frequency: float = 220.0, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * frequency / RATE * np.arange(frames)))[np.newaxis].astype(np.float32)


def fade_at(frame: int, frames: int, length: int = FADE) -> np.ndarray:
    """A closed formula of the rise: 0 before `frame`, 1 after the fade."""
    position = np.clip((np.arange(frames) - frame + 0.5) / length, 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * position)) * (np.arange(frames) >= frame)


def offline(plugins: Sequence[Plugin], audio: np.ndarray, settled: bool = False) -> np.ndarray:
    """One call of pedalboard; `settled` starts with the silence that an incoming chain has played."""
    silence = np.zeros((len(audio), SETTLE if settled else 0), np.float32)
    output = Pedalboard(list(plugins))(np.concatenate([silence, audio], axis=1).astype(np.float32), RATE)
    return output[:, silence.shape[1] :]


def test_first_chain_plays_as_pedalboard_does_bit_for_bit() -> None:
    def make() -> list[Plugin]:
        return [pedalboard.Compressor(-30, 4), AddLatency(40), pedalboard.Chorus(), pedalboard.Reverb()]

    audio = np.repeat(tone(20_000), 2, axis=0)
    switching = switcher(make(), [AddLatency(100)], channels=2)
    assert switching.latency == 100
    np.testing.assert_array_equal(play(switching, audio, {}), offline(make(), audio))


@pytest.mark.parametrize("latencies", [(0, 0), (0, 700), (700, 0), (130, 61)])
@pytest.mark.parametrize("block", [64, 500, 4096])
def test_switch_lands_on_its_frame_whatever_the_latencies(latencies: tuple[int, int], block: int) -> None:
    frame, frames = 3001, 8000
    audio = np.full((1, frames), 0.5, np.float32)
    chains = [[AddLatency(latencies[0])], [AddLatency(latencies[1]), pedalboard.Invert()]]
    output = play(switcher(*chains), audio, {frame: 1}, block)[0]
    assert (output[:frame] == 0.5).all()
    assert output[frame] != 0.5
    rise = fade_at(frame, frames)
    gate = fade_at(frame, frames, GATE)
    np.testing.assert_allclose(output, 0.5 * (1 - rise) - 0.5 * rise * gate, rtol=0, atol=1e-6)
    assert (output[frame + FADE :] == -0.5).all()


def test_identical_chains_hide_the_switch_but_for_the_gate() -> None:
    frame, audio = 2000, tone(6000)
    output = play(switcher([pedalboard.Gain(0)], [pedalboard.Gain(0)]), audio, {frame: 1})
    rise, gate = (fade_at(frame, 6000, length) for length in (FADE, GATE))
    np.testing.assert_allclose(output, audio * (1 - rise + rise * gate), rtol=0, atol=1e-6)
    assert np.max(rise * (1 - gate)) < 0.02  # what the gate takes away: below 0.2 dB


def test_spillover_equals_the_two_chains_on_faded_inputs() -> None:
    def old() -> list[Plugin]:
        return [pedalboard.Distortion(12), pedalboard.Delay(0.2, 0.5, 0.5)]

    def new() -> list[Plugin]:
        return [pedalboard.Chorus(), pedalboard.Reverb(0.7)]

    frame, audio = 9_001, tone(60_000)
    rise = fade_at(frame, audio.shape[1])
    heard_by_old = (audio * (1 - rise)).astype(np.float32)
    heard_by_new = (audio * rise).astype(np.float32)[:, frame:]
    from_new = np.zeros_like(audio)
    from_new[:, frame:] = offline(new(), heard_by_new, settled=True)
    expected = offline(old(), heard_by_old) + from_new * fade_at(frame, audio.shape[1], GATE)
    output = play(switcher(old(), new()), audio, {frame: 1})
    # float32 gains: a few units in the last place, raised by 12 dB of distortion
    np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6)


def test_old_chain_rings_on_until_it_has_rung_out() -> None:
    audio = tone(4 * RATE)
    audio[:, RATE:] = 0
    switching = switcher([pedalboard.Delay(0.3, 0.5, 1.0)], [])
    output = play(switching, audio[:, : 2 * RATE], {RATE: 1})
    echo = int(0.3 * RATE)
    np.testing.assert_allclose(output[:, RATE:], offline([pedalboard.Delay(0.3, 0.5, 1.0)], audio)[:, RATE : 2 * RATE])
    assert np.abs(output[:, RATE + 2 * echo :]).max() > 0.01
    assert switching.ringing == (0,)
    play(switching, audio[:, 2 * RATE :], {})  # 0.3 s at -6 dB: -90 dB after 4.5 s
    play(switching, np.zeros((1, 4 * RATE), np.float32), {})
    assert switching.ringing == ()


def test_tail_limit_fades_the_old_chain_out_at_its_frame() -> None:
    audio = np.full((1, 40_000), 0.5, np.float32)
    frame, limit = 5000, 0.25
    outputs = []
    for block in (64, 777):
        held = pedalboard.Delay(0.05, 0.999, 1.0)
        switching = switcher([held], [pedalboard.Gain(-100)], tail_limit=limit)
        outputs.append(play(switching, audio, {frame: 1}, block))
        assert switching.ringing == ()
    np.testing.assert_array_equal(outputs[0], outputs[1])
    end = frame + round(limit * RATE)
    assert abs(outputs[0][0, end - 1]) > 0.1
    assert np.abs(outputs[0][0, end + GATE :]).max() < 1e-4


def test_without_spillover_the_outputs_are_cross_faded() -> None:
    frame, audio = 9000, tone(20_000)

    def new() -> list[Plugin]:
        return [pedalboard.Compressor(-40, 8, release_ms=20), pedalboard.LowpassFilter(300)]

    rise = fade_at(frame, audio.shape[1])
    old, always = offline([pedalboard.Delay(0.1, 0.3, 0.5)], audio), offline(new(), audio)
    output = play(switcher([pedalboard.Delay(0.1, 0.3, 0.5)], new(), spillover=False, history=0.15), audio, {frame: 1})
    # the new chain has heard 150 ms of the past instead of all of it; its compressor releases in 20 ms
    np.testing.assert_allclose(output, old * (1 - rise) + always * rise, rtol=0, atol=2e-4)
    np.testing.assert_allclose(output[:, : frame + 1], old[:, : frame + 1], rtol=0, atol=1e-6)


def test_without_spillover_nothing_of_the_old_chain_is_left() -> None:
    audio = tone(RATE)
    switching = switcher([pedalboard.Delay(0.1, 0.9, 1.0)], [pedalboard.Gain(-200)], spillover=False)
    output = play(switching, audio, {RATE // 2: 1})
    assert switching.ringing == ()
    assert np.abs(output[:, RATE // 2 + FADE :]).max() < 1e-6


@pytest.mark.parametrize("spillover", [True, False])
@pytest.mark.parametrize("gap", [1, 100, 700, 5000])
def test_no_step_beyond_those_of_the_signals_and_the_fade(gap: int, spillover: bool) -> None:
    """Switching back and forth, also faster than the fade and the latency."""
    amplitudes = {0: 0.4, 1: -0.9, 2: 0.7}  # each chain turns a constant into another: all steps come from the fades
    gains = [[pedalboard.Gain(20 * np.log10(abs(a)))] + [pedalboard.Invert()] * (a < 0) for a in amplitudes.values()]
    gains[1].append(AddLatency(250))
    switching = switcher(*gains, spillover=spillover, tail_limit=3.0)
    audio = np.ones((1, 45_000), np.float32)
    switches = {5000 + i * gap: slot for i, slot in enumerate((1, 0, 2, 1, 2, 0, 1))}
    output = play(switching, audio, switches)[0]
    slope = np.pi / 2 / FADE  # steepest step of a raised cosine
    gate_slope = np.pi / 2 / GATE
    total = sum(abs(a) for a in amplitudes.values())
    # input fades of at most three chains, and of the gate, which acts on what the input fade has let through by then
    assert np.abs(np.diff(output)).max() <= total * (slope + gate_slope * raised_cosine(FADE)[GATE]) + 1e-6
    assert output[-1] == pytest.approx(-0.9, abs=1e-6)


def test_step_at_a_switch_between_sounding_chains_is_within_the_bound() -> None:
    frame, audio = 12_345, tone(40_000, 110.0, 0.8)

    def chains() -> list[list[Plugin]]:
        return [[pedalboard.Distortion(20), pedalboard.Reverb(0.5)], [pedalboard.Distortion(35), pedalboard.Delay(0.1)]]

    output = play(switcher(*chains()), audio, {frame: 1})
    rise = fade_at(frame, audio.shape[1])
    old = offline(chains()[0], (audio * (1 - rise)).astype(np.float32))
    new = np.zeros_like(old)
    new[:, frame:] = offline(chains()[1], (audio * rise).astype(np.float32)[:, frame:], settled=True)
    allowed = np.abs(np.diff(old)) + np.abs(np.diff(new)) + np.pi / 2 / GATE * np.abs(new[:, 1:])
    assert (np.abs(np.diff(output)) <= allowed + 1e-5).all()


def test_ringing_chain_that_is_selected_again_keeps_its_echoes() -> None:
    audio = tone(RATE)
    first, second = 10_000, 14_000
    output = play(switcher([pedalboard.Delay(0.25, 0.5, 1.0)], []), audio, {first: 1, second: 0})
    heard = audio * (1 - fade_at(first, RATE) + fade_at(second, RATE))
    through_other = audio * (fade_at(first, RATE) * fade_at(first, RATE, GATE) - fade_at(second, RATE))
    expected = offline([pedalboard.Delay(0.25, 0.5, 1.0)], heard.astype(np.float32)) + through_other
    np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("spillover", [True, False])
def test_any_blocks_give_the_same_switch(spillover: bool) -> None:
    def chains() -> list[list[Plugin]]:
        return [[pedalboard.Chorus(), AddLatency(33)], [pedalboard.Distortion(), pedalboard.Delay(0.05, 0.4, 0.5)]]

    audio = np.random.default_rng(1).uniform(-0.3, 0.3, (2, 24_000)).astype(np.float32)
    switches = {5000: 1, 5003: 0, 9000: 1}
    outputs = [
        play(switcher(*chains(), channels=2, spillover=spillover), audio, switches, block)
        for block in (24_000, 97, 512)
    ]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])


def test_amp_that_puts_out_a_constant_at_rest_does_not_click() -> None:
    class Constant:
        """A chain whose output never goes away."""

        latency, channels, outputs, quiet_time, tail_seconds = 0, 1, 1, 0.1, 0.2

        def process(self, block: np.ndarray, stem: np.ndarray | None = None) -> np.ndarray:
            return block + np.float32(0.1)

        def resetting(self) -> Iterator[None]:
            return iter(())

    switching = ChainSwitcher({0: stream([]), 1: Constant()}, sample_rate=RATE, initial=0)
    output = play(switching, np.zeros((1, 50_000), np.float32), {1000: 1, 20_000: 0})[0]
    assert np.abs(np.diff(output)).max() <= 0.1 * np.pi / 2 / GATE * 1.001
    assert output[15_000] == np.float32(0.1)
    assert output[-1] == 0
    assert switching.ringing == ()


def test_level_moves_at_the_frame_it_is_set_and_levels_multiply() -> None:
    switching = switcher([AddLatency(300)])
    audio = np.ones((1, 1000), np.float32)
    before = switching.process(audio)
    switching.set_level("volume", -20.0)
    switching.set_level("expression", -6.0)
    after = switching.process(audio)
    assert (np.concatenate([before, after], axis=1)[0, 300:1300] == 1).all()
    assert after[0, 300] < 1
    np.testing.assert_allclose(after[0, 300 + GATE :], 10 ** (-26 / 20), rtol=1e-6)
    switching.set_level("volume", -120.0)
    assert switching.process(audio)[0, -1] == 0


def test_unknown_slots_and_mixed_layouts_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"no slot 7: use one of \[0\]"):
        switcher([]).switch(7)
    with pytest.raises(ParameterError, match="one layout"):
        ChainSwitcher({0: stream([], 1), 1: stream([], 2)}, sample_rate=RATE, initial=0)
    with pytest.raises(ParameterError, match="fade is -1"):
        switcher([], fade=-1.0)


def test_ramps_told_together_keep_their_sum() -> None:
    ramps = [Ramp(1.0), Ramp(0.0), Ramp(0.0)]
    total = []
    for selected, frames in ((1, 40), (2, 7), (0, 300)):
        for index, ramp in enumerate(ramps):
            ramp.move(float(index == selected), 100)
        total.append(np.sum([np.broadcast_to(np.asarray(r.next(frames)), frames) for r in ramps], axis=0))
    np.testing.assert_allclose(np.concatenate(total), 1, atol=1e-6)


@pytest.mark.parametrize("latency", [0, 5, 250])
def test_delayed_ramp_is_the_ramp_late(latency: int) -> None:
    rng = np.random.default_rng(latency)
    ramp, delayed = Ramp(0.0), DelayedRamp(0.0, latency)
    gains: list[list[np.ndarray]] = [[], []]
    for step in range(60):
        frames = int(rng.integers(1, 50))
        for out, one in zip(gains, (ramp, delayed), strict=True):
            if step % 9 == 0:
                one.move(float(step % 2), 60, wait=step)
            out.append(np.broadcast_to(np.asarray(one.next(frames)), frames))
    straight, late = (np.concatenate(parts) for parts in gains)
    np.testing.assert_array_equal(late[latency:], straight[: len(straight) - latency])


@pytest.mark.parametrize("frames", [0, 1, 7, 64])
def test_delay_line_delays(frames: int) -> None:
    audio = np.random.default_rng(0).standard_normal((2, 400)).astype(np.float32)
    line = DelayLine(2, frames)
    edges = [0, 1, 3, 60, 61, 190, 400]
    output = np.concatenate([line.process(audio[:, a:b]) for a, b in pairwise(edges)], axis=1)
    np.testing.assert_array_equal(output, np.concatenate([np.zeros((2, frames), np.float32), audio], axis=1)[:, :400])
