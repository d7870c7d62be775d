"""Snapshots, tempo, switches of a MIDI file in a render: at their frames, without zipper noise."""

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from scipy.signal import get_window

from ampboard.bridge.chains import build_chain
from ampboard.bridge.midi.actions import RecallSnapshot
from ampboard.bridge.midi.settings import Settings, Standing
from ampboard.bridge.rendering import render
from ampboard.bridge.streaming import StreamingChain
from ampboard.presets import load_preset

CRUNCH = Path(__file__).resolve().parents[3] / "presets" / "factory" / "models" / "crunch.nam"
RATE = 48_000
GAIN = 'schema = 1\nname = "gain"\n[[chain]]\ntype = "builtin"\nplugin = "Gain"\nparameters = { gain_db = -20.0 }\n'
LOUD = '[[snapshots]]\nname = "Soft"\n[[snapshots]]\nname = "Loud"\nvalues = { "gain.gain_db" = 0.0 }\n'
ECHO = (
    'schema = 1\nname = "echo"\ntempo = 120.0\nsync = { "delay.delay_seconds" = "1/8" }\n'
    '[[chain]]\ntype = "builtin"\nplugin = "Delay"\nparameters = { feedback = 0.0, mix = 0.5 }\n'
)
TONE = 'schema = 1\nname = "tone"\n[[chain]]\ntype = "tone"\nbass = 0.0\nmid = 0.0\n'
AMP = f'schema = 1\nname = "amp"\n[[chain]]\ntype = "neural"\nmix = 0.0\nmodel = "{CRUNCH}"\n'
BRANCH = """schema = 1
name = "branch"
[[chain]]
type = "parallel"
[[chain.branches]]
id = "echo"
gain_db = -20.0
[[chain.branches.chain]]
type = "builtin"
plugin = "LowpassFilter"
parameters = { cutoff_frequency_hz = 300.0 }
"""
HIGHPASS = 'schema = 1\nname = "cut"\n[[chain]]\ntype = "builtin"\nplugin = "HighpassFilter"\n'


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def midi(path: Path, *events: tuple[int, mido.Message | mido.MetaMessage]) -> Path:
    """Messages at frames: 48,000 ticks a second at 120 quarter notes a minute."""
    file = mido.MidiFile(type=0, ticks_per_beat=RATE // 2)
    track = mido.MidiTrack()
    now = 0
    for frame, message in events:
        track.append(message.copy(time=frame - now))
        now = frame
    file.tracks.append(track)
    file.save(str(path))
    return path


def cc(control: int, value: int) -> mido.Message:
    return mido.Message("control_change", control=control, value=value)


def program(number: int) -> mido.Message:
    return mido.Message("program_change", program=number)


def rendered(folder: Path, audio: np.ndarray, name: str = "out", **options) -> tuple[np.ndarray, tuple[str, ...]]:
    source = folder / "di.wav"
    soundfile.write(source, audio, RATE, subtype="FLOAT")
    (result,) = render(source, out_dir=folder / name, overwrite=True, **options)
    return soundfile.read(result.path, dtype="float32", always_2d=True)[0].T, result.warnings


def sine(seconds: float = 1.0, frequency: float = 1000.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency / RATE * np.arange(round(seconds * RATE)))


def above(audio: np.ndarray, frequency: float) -> float:
    """Energy above a frequency against all of it, in dB."""
    spectrum = np.abs(np.fft.rfft(audio * get_window(("kaiser", 20.0), len(audio)))) ** 2
    first = round(frequency * len(audio) / RATE)
    return float(10 * np.log10(spectrum[first:].sum() / spectrum.sum()))


def test_a_snapshot_takes_effect_at_its_frame(tmp_path: Path) -> None:
    preset = write(tmp_path / "p.toml", GAIN + LOUD)
    at = 20_011
    plain, _ = rendered(tmp_path, sine(), preset=preset)
    moved, _ = rendered(tmp_path, sine(), preset=preset, midi=midi(tmp_path / "m.mid", (at, cc(69, 1))))
    np.testing.assert_array_equal(moved[:, :at], plain[:, :at])
    assert np.any(moved[:, at : at + 16] != plain[:, at : at + 16])
    arrived = at + round(0.02 * RATE)
    np.testing.assert_allclose(moved[0, arrived:RATE], sine()[arrived:], rtol=1e-6)


def test_a_snapshot_at_frame_0_holds_from_the_first_frame(tmp_path: Path) -> None:
    preset = write(tmp_path / "p.toml", GAIN + LOUD)
    moved, _ = rendered(tmp_path, sine(), preset=preset, midi=midi(tmp_path / "m.mid", (0, cc(69, 1))))
    np.testing.assert_allclose(moved[0, :RATE], sine(), rtol=1e-6)


@pytest.mark.parametrize("block", [None, 64, 512])
@pytest.mark.parametrize(
    ("chain", "values", "bound"),
    [
        (GAIN, '"gain.gain_db" = 0.0', -85.0),
        (GAIN, '"levels.output_db" = -20.0', -85.0),
        (TONE, '"tone.mid" = 10.0', -58.0),
        (HIGHPASS, '"highpass-filter.cutoff_frequency_hz" = 4000.0', -60.0),
        (AMP, '"amp.output_db" = -20.0', -85.0),
        (BRANCH, '"echo.gain_db" = 0.0', -80.0),
        (BRANCH, '"lowpass-filter.bypass" = true', -85.0),
        (BRANCH, '"parallel.bypass" = true', -85.0),
    ],
)
def test_no_zipper_noise(tmp_path: Path, chain: str, values: str, bound: float, block: int | None) -> None:
    """A 1 kHz sine under a change of 5 to 20 dB keeps all but so much of its energy below 5 kHz; a jump has -45 dB.

    `block` None: the render; else the stream a show plays, in blocks of so many frames.
    """
    preset = write(tmp_path / "p.toml", f'{chain}[[snapshots]]\nname = "a"\nvalues = {{ {values} }}\n')
    at = 51 * 512
    if block is None:
        output = rendered(tmp_path, sine(), preset=preset, midi=midi(tmp_path / "m.mid", (at, cc(69, 0))))[0][0]
    else:
        output = streamed(preset, sine(), at, block)
    around = output[at - 8192 : at + 8192]
    change = 20 * np.log10(np.abs(output[at + 4000 : at + 8000]).max() / np.abs(output[at - 4000 : at]).max())
    assert abs(change) > 5.0
    assert above(around, 5000.0) < bound


def streamed(path: Path, audio: np.ndarray, at: int, block: int) -> np.ndarray:
    preset = load_preset(path)
    chain = build_chain(preset)
    stream = StreamingChain(chain, sample_rate=RATE, channels=1, max_block=block)
    settings = Settings(
        [preset], lambda _, target: Standing(*chain.parameter_range(target), chain.get_parameter(target))
    )
    parts = []
    for start in range(0, len(audio), block):
        if start == at:
            for move in settings.moves(RecallSnapshot(0, 0)):
                stream.set_parameter(move.target, move.value)
        parts.append(stream.process(audio[np.newaxis, start : start + block].astype(np.float32)))
    return np.concatenate(parts, axis=1)[0]


def test_a_jump_would_be_heard() -> None:
    """The measure itself: the same change of 20 dB in one step."""
    audio = sine()
    at = RATE // 2 + 12  # at a peak
    audio[:at] *= 0.1
    assert above(audio[at - 8192 : at + 8192], 5000.0) > -45.0


def impulse(seconds: float = 2.0, at: tuple[int, ...] = (0,)) -> np.ndarray:
    audio = np.zeros(round(seconds * RATE))
    audio[list(at)] = 1.0
    return audio


def test_echoes_follow_the_tempo_of_the_preset(tmp_path: Path) -> None:
    audio, _ = rendered(tmp_path, impulse(), preset=write(tmp_path / "p.toml", ECHO))
    assert np.flatnonzero(audio[0]).tolist() == [0, RATE // 4]


def test_echoes_follow_the_tempo_map_of_the_file(tmp_path: Path) -> None:
    tempos = midi(
        tmp_path / "m.mid",
        (0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60))),
        (RATE // 2, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(150))),  # at 60 a minute: 1 s
    )
    audio, _ = rendered(tmp_path, impulse(3.0, (0, 2 * RATE)), preset=write(tmp_path / "p.toml", ECHO), midi=tempos)
    assert np.flatnonzero(audio[0]).tolist() == [0, RATE // 2, 2 * RATE, 2 * RATE + RATE // 5]


def test_echoes_follow_taps(tmp_path: Path) -> None:
    preset = write(tmp_path / "p.toml", ECHO + '[[midi]]\nnote = 60\ntarget = "tap"\n')
    presses = [(frame, mido.Message("note_on", note=60, velocity=90)) for frame in (RATE // 10, RATE // 10 + 36_000)]
    audio, _ = rendered(tmp_path, impulse(2.0, (RATE,)), preset=preset, midi=midi(tmp_path / "m.mid", *presses))
    assert np.flatnonzero(audio[0]).tolist() == [RATE, RATE + 18_000]  # 80 a minute: an eighth is 0.375 s


SETLIST = """schema = 1
name = "show"
[[slots]]
program = 0
preset = "p.toml"
snapshot = "Loud"
[[slots]]
program = 1
preset = "p.toml"
snapshot = "Soft"
[[midi]]
note = 10
target = "next-preset"
[[midi]]
note = 11
target = "mute"
mode = "toggle"
[[midi]]
note = 12
target = "bypass"
[[midi]]
note = 13
target = "panic"
"""


@pytest.fixture
def show(tmp_path: Path) -> Path:
    write(tmp_path / "p.toml", GAIN + LOUD)
    return write(tmp_path / "show.toml", SETLIST)


def press(number: int, velocity: int = 100) -> mido.Message:
    return mido.Message("note_on", note=number, velocity=velocity)


def gain_at(audio: np.ndarray, second: float) -> float:
    """Gain of a constant input in dB."""
    value = abs(float(audio[0, round(second * RATE)]))
    return 20 * np.log10(max(value, 1e-9))


def test_slots_of_one_preset_come_up_with_their_snapshots(tmp_path: Path, show: Path) -> None:
    events = [(RATE // 4, program(1)), (RATE // 2, press(10)), (3 * RATE // 4, program(7))]
    audio, warnings = rendered(tmp_path, np.ones(RATE), setlist=show, midi=midi(tmp_path / "m.mid", *events))
    gains = [gain_at(audio, second) for second in (0.0, 0.2, 0.4, 0.7, 0.9)]
    assert gains == pytest.approx([0.0, 0.0, -20.0, 0.0, 0.0], abs=1e-4)
    assert warnings == (f"frame {3 * RATE // 4}: program 7 of bank 0: no slot has it, nothing was switched",)
    assert np.abs(np.diff(audio[0, :RATE])).max() < 0.003  # 20 dB in 60 lines of 16 frames: 0.0025


def test_a_snapshot_that_is_not_there_is_told(tmp_path: Path, show: Path) -> None:
    events = midi(tmp_path / "m.mid", (RATE // 4, cc(69, 5)))
    audio, warnings = rendered(tmp_path, np.ones(RATE), setlist=show, midi=events)
    np.testing.assert_allclose(audio[0, :RATE], 1.0, rtol=1e-6)
    assert warnings == (
        f"frame {RATE // 4}: snapshot number 5 (from 0): preset 'gain' has none such, nothing was changed",
    )


def test_mute_and_bypass_go_and_come_back(tmp_path: Path, show: Path) -> None:
    events = [
        (RATE // 8, program(1)),
        (2 * RATE // 8, press(11)),
        (3 * RATE // 8, press(11, 0)),  # a toggle does not mind
        (4 * RATE // 8, press(11)),
        (5 * RATE // 8, press(12)),
        (6 * RATE // 8, press(12, 0)),
    ]
    audio, _ = rendered(tmp_path, np.ones(RATE), setlist=show, midi=midi(tmp_path / "m.mid", *events))
    gains = [gain_at(audio, (eighth + 0.9) / 8) for eighth in range(1, 7)]
    assert gains[1] == gains[2] < -100.0
    assert [gains[0], *gains[3:]] == pytest.approx([-20.0, -20.0, 0.0, -20.0], abs=1e-3)


def test_panic_cuts_what_rings_and_the_slot_comes_back(tmp_path: Path) -> None:
    preset = write(tmp_path / "p.toml", ECHO)
    events = midi(tmp_path / "m.mid", (RATE // 10, cc(120, 0)))
    audio, _ = rendered(tmp_path, impulse(1.0, (0, RATE // 2)), preset=preset, midi=events)
    assert np.flatnonzero(audio[0]).tolist() == [0, RATE // 2, RATE // 2 + RATE // 4]  # the first echo is gone


def test_cc102_bypasses_the_first_node(tmp_path: Path) -> None:
    preset = write(tmp_path / "p.toml", HIGHPASS)
    events = midi(tmp_path / "m.mid", (RATE // 4, cc(102, 0)), (RATE // 2, cc(102, 127)))
    audio, _ = rendered(tmp_path, np.ones(RATE), preset=preset, midi=events)
    assert gain_at(audio, 0.24) < -60.0
    np.testing.assert_array_equal(audio[0, RATE // 4 + 240 : RATE // 2], 1.0)
    assert gain_at(audio, 0.99) < -60.0
