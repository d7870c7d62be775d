"""Files through chains: on their frames, whole or not at all."""

import re
import time
from pathlib import Path

import mido
import numpy as np
import pedalboard
import pytest
import soundfile

from ampboard.bridge.rendering import RenderResult, SwitchEvent, mix, render
from ampboard.bridge.rendering.formats import Container
from ampboard.bridge.rendering.riff import missing_bytes
from ampboard.models.errors import AmpboardError, AudioError, MidiError, ParameterError

RATE = 48_000
FADE = 960
FACTORY = Path(__file__).resolve().parents[3] / "presets" / "factory"

GAIN = '[[chain]]\ntype = "builtin"\nplugin = "Gain"\nparameters = {{ gain_db = {db} }}\n'
ECHO = (
    '[[chain]]\ntype = "builtin"\nplugin = "Delay"\n'
    "parameters = {{ delay_seconds = 0.1, feedback = {feedback}, mix = 0.5 }}\n"
)
DELAY = ECHO.format(feedback=0.5)
REVERB = '[[chain]]\ntype = "builtin"\nplugin = "Reverb"\nparameters = { room_size = 0.4 }\n'
MP3 = '[[chain]]\ntype = "builtin"\nplugin = "MP3Compressor"\n'
DRY_AMP = '[[chain]]\ntype = "neural"\nmodel = "{model}"\nmix = 0.0\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two presets that a setlist holds."""
    preset(tmp_path / "a.toml", GAIN.format(db=0.0))
    preset(
        tmp_path / "b.toml",
        GAIN.format(db=-6.0) + '[[midi]]\ncc = 20\ntarget = "gain.gain_db"\nminimum = -20.0\nmaximum = 0.0\n',
    )
    (tmp_path / "set.toml").write_text(
        'schema = 1\nname = "set"\nslots = [{ program = 0, preset = "a.toml" }, { program = 5, preset = "b.toml" }]\n'
    )
    return tmp_path


def preset(path: Path, chain: str) -> Path:
    path.write_text(f'schema = 1\nname = "{path.stem}"\n{chain}')
    return path


def save(path: Path, audio: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, audio, rate, subtype=subtype)
    return path


def load(path: Path) -> np.ndarray:
    """Float32 of shape (channels, frames)."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def midi(path: Path, *events: tuple[int, str, dict[str, int]]) -> Path:
    """Events at ticks, at 1000 ticks a second."""
    track = mido.MidiTrack()
    now = 0
    for tick, kind, fields in events:
        track.append(mido.Message(kind, time=tick - now, **fields))
        now = tick
    file = mido.MidiFile(type=0, ticks_per_beat=500)
    file.tracks.append(track)
    file.save(str(path))
    return path


def tone(seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 220 / rate * np.arange(round(seconds * rate)))


def one(results: list[RenderResult]) -> tuple[RenderResult, np.ndarray]:
    (result,) = results
    return result, load(result.path)


def test_output_equals_pedalboard_bit_for_bit_with_the_tail_behind(folder: Path) -> None:
    source = save(folder / "di.wav", tone())
    result, audio = one(render(source, preset=preset(folder / "p.toml", DELAY), out_dir=folder / "out"))
    padded = np.pad(load(source), ((0, 0), (0, 3 * RATE)))
    expected = pedalboard.Pedalboard([pedalboard.Delay(0.1, 0.5, 0.5)])(padded, RATE)
    np.testing.assert_array_equal(audio, expected[:, : audio.shape[1]])
    assert np.abs(expected[:, audio.shape[1] :]).max() < 10 ** (-90 / 20)
    assert abs(audio[0, -1]) >= 10 ** (-90 / 20)
    assert (result.frames, result.tail) == (audio.shape[1], audio.shape[1] - RATE)
    assert (result.source, result.path) == (source, folder / "out" / "di.wav")
    assert soundfile.info(result.path).subtype == "FLOAT"
    assert result.peak == pytest.approx(20 * np.log10(np.abs(audio).max()), abs=1e-6)
    assert result.real_time_factor == pytest.approx(result.seconds / (result.frames / RATE))


@pytest.mark.parametrize("rate", [1000, 8000, 44_100, 96_000, 192_000, 384_000])
def test_impulse_stays_at_its_frame_whatever_the_latency(folder: Path, rate: int) -> None:
    chain = preset(folder / "p.toml", DRY_AMP.format(model=FACTORY / "models" / "crunch.nam"))
    impulse = np.zeros(rate // 4)
    impulse[[0, rate // 10]] = 0.5
    result, audio = one(render(save(folder / "di.wav", impulse, rate), preset=chain, out_dir=folder / "out"))
    assert result.latency > 0
    assert result.sample_rate == soundfile.info(result.path).samplerate == rate
    np.testing.assert_array_equal(audio[0, : len(impulse)], impulse.astype(np.float32))


@pytest.mark.parametrize("shape", ["a", "latency"])
def test_program_change_is_heard_at_its_frame(folder: Path, shape: str) -> None:
    rate = 44_100
    if shape == "latency":  # one of the two chains is late: the other waits for it
        preset(folder / "a.toml", DRY_AMP.format(model=FACTORY / "models" / "crunch.nam"))
    source = save(folder / "di.wav", np.full(2 * rate, 0.5), rate)
    switches = midi(folder / "m.mid", (0, "program_change", {"program": 0}), (777, "program_change", {"program": 5}))
    result, audio = one(render(source, setlist=folder / "set.toml", midi=switches, out_dir=folder / "out"))
    frame = round(0.777 * rate)
    assert result.switches == (SwitchEvent(0, 0, "a"), SwitchEvent(frame, 1, "b"))
    assert (audio[0, :frame] == 0.5).all()
    assert audio[0, frame] != 0.5
    end = frame + round(0.02 * rate)
    np.testing.assert_allclose(audio[0, end : 2 * rate], 0.5 * 10 ** (-6 / 20), rtol=1e-6)
    assert np.abs(np.diff(audio[0, : 2 * rate])).max() < 0.5 * np.pi / 2 / (0.005 * rate)


def test_program_change_at_frame_0_needs_no_fade(folder: Path) -> None:
    source = save(folder / "di.wav", np.full(5000, 0.5))
    start = midi(folder / "m.mid", (0, "program_change", {"program": 5}))
    result, audio = one(render(source, setlist=folder / "set.toml", midi=start, out_dir=folder / "out"))
    assert result.switches == (SwitchEvent(0, 1, "b"),)
    np.testing.assert_allclose(audio[0], 0.5 * 10 ** (-6 / 20), rtol=1e-6)


def test_control_change_moves_the_parameter_at_its_frame(folder: Path) -> None:
    source = save(folder / "di.wav", np.full(RATE, 0.5))
    moves = midi(
        folder / "m.mid",
        (0, "control_change", {"control": 20, "value": 127}),
        (500, "control_change", {"control": 20, "value": 0}),
    )
    _, audio = one(render(source, preset=folder / "b.toml", midi=moves, out_dir=folder / "out"))
    np.testing.assert_array_equal(audio[0, : RATE // 2], np.float32(0.5))
    assert audio[0, RATE // 2] != 0.5
    assert audio[0, -1] == pytest.approx(0.05, rel=1e-5)


def test_volume_without_a_mapping_sets_the_level_behind_the_chain(folder: Path) -> None:
    source = save(folder / "di.wav", np.full(RATE, 0.5))
    moves = midi(
        folder / "m.mid",
        (0, "control_change", {"control": 7, "value": 64}),
        (500, "control_change", {"control": 11, "value": 0}),
    )
    _, audio = one(render(source, preset=folder / "a.toml", midi=moves, out_dir=folder / "out"))
    np.testing.assert_allclose(audio[0, : RATE // 2], 0.5 * (64 / 127) ** 2, rtol=1e-5)
    assert np.abs(np.diff(audio[0])).max() < 0.5 * np.pi / 2 / 240
    assert audio[0, RATE // 2 + 240 : RATE].max(initial=0.0) == 0.0


def test_old_chain_rings_on_over_a_switch(folder: Path) -> None:
    preset(folder / "a.toml", DELAY)
    pulse = np.zeros(RATE)
    pulse[1000] = 0.5
    switch = midi(folder / "m.mid", (50, "program_change", {"program": 5}))
    _, audio = one(
        render(save(folder / "di.wav", pulse), setlist=folder / "set.toml", midi=switch, out_dir=folder / "out")
    )
    echo = int(0.1 * RATE)
    np.testing.assert_allclose(audio[0, [1000, 1000 + echo, 1000 + 2 * echo]], [0.25, 0.25, 0.125], rtol=1e-5)


def test_unknown_program_is_reported_and_changes_nothing(folder: Path) -> None:
    source = save(folder / "di.wav", np.full(RATE // 4, 0.5))
    odd = midi(folder / "m.mid", (100, "program_change", {"program": 9}))
    result, audio = one(render(source, setlist=folder / "set.toml", midi=odd, out_dir=folder / "out"))
    assert (audio == 0.5).all()
    assert result.warnings == (f"frame {RATE // 10}: program 9 of bank 0: no slot has it, nothing was switched",)


def test_mono_becomes_stereo_for_a_reverb_unless_told_otherwise(folder: Path) -> None:
    chain = preset(folder / "p.toml", REVERB)
    source = save(folder / "di.wav", tone(0.2))
    stereo = one(render(source, preset=chain, out_dir=folder / "stereo"))[1]
    expected = pedalboard.Pedalboard([pedalboard.Reverb(0.4)])(load(source).repeat(2, axis=0), RATE)
    np.testing.assert_array_equal(stereo[:, : expected.shape[1]], expected)
    assert one(render(source, preset=chain, out_dir=folder / "mono", channels=1))[1].shape[0] == 1
    assert one(render(source, preset=folder / "a.toml", out_dir=folder / "dry"))[1].shape[0] == 1
    doubled = one(render(source, preset=folder / "a.toml", out_dir=folder / "double", channels=2))[1]
    np.testing.assert_array_equal(doubled, load(source).repeat(2, axis=0))


@pytest.mark.parametrize(
    ("rate", "channels", "frames"), [(RATE, 1, 1), (8000, 1, 900), (192_000, 2, 5000), (RATE, 8, 4800), (11_025, 2, 2)]
)
def test_odd_files_render_like_any_other(folder: Path, rate: int, channels: int, frames: int) -> None:
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (frames, channels))
    chain = preset(folder / "p.toml", DELAY)
    _, output = one(render(save(folder / "x.wav", audio, rate), preset=chain, out_dir=folder / "out"))
    padded = np.pad(audio.T.astype(np.float32), ((0, 0), (0, output.shape[1] - frames)))
    # an offline call of pedalboard needs more frames than channels to know which is which
    board = pedalboard.Pedalboard([pedalboard.Delay(0.1, 0.5, 0.5)])
    np.testing.assert_array_equal(output, board(padded, rate))


def test_silence_stays_silence(folder: Path) -> None:
    result, audio = one(render(save(folder / "x.wav", np.zeros(RATE)), preset=folder / "a.toml", out_dir=folder / "o"))
    assert audio.shape == (1, RATE)
    assert not audio.any()
    assert result.peak == result.true_peak == result.loudness == -np.inf


@pytest.mark.parametrize(
    ("container", "depth", "subtype", "step"),
    [("flac", None, "PCM_24", 2**-23), ("flac", "16", "PCM_16", 2**-15), ("wav", "24", "PCM_24", 2**-23)],
)
def test_integer_formats_hold_the_sound_to_a_step(
    folder: Path, container: str, depth: str | None, subtype: str, step: float
) -> None:
    source = save(folder / "di.wav", tone(0.1))
    result, audio = one(
        render(source, preset=folder / "a.toml", out_dir=folder / "out", format=container, bit_depth=depth)  # pyright: ignore[reportArgumentType]
    )
    assert result.path == folder / "out" / f"di.{container}"
    assert soundfile.info(result.path).subtype == subtype
    np.testing.assert_allclose(audio, load(source), rtol=0, atol=step)
    assert result.clipped == 0


def test_clipping_is_counted_and_normalizing_avoids_it(folder: Path) -> None:
    source = save(folder / "di.wav", 4 * tone(0.5))
    options = {"preset": folder / "a.toml", "format": "flac"}
    result, audio = one(render(source, out_dir=folder / "clipped", **options))
    assert result.clipped == np.count_nonzero(np.abs(load(source)) > 1)
    assert "samples clipped (peak +1.6 dBFS)" in result.warnings[0]
    assert np.abs(audio).max() <= 1
    result, audio = one(render(source, out_dir=folder / "normal", normalize=-3.0, **options))
    assert (result.clipped, result.warnings) == (0, ())
    assert result.peak == pytest.approx(-3.0, abs=1e-4)
    np.testing.assert_allclose(audio, 10 ** (result.gain / 20) * load(source), rtol=0, atol=1e-6)
    assert sorted(path.name for path in (folder / "normal").iterdir()) == ["di.flac"]


def test_existing_outputs_stop_everything_before_it_starts(folder: Path) -> None:
    sources = [save(folder / "one.wav", tone(0.1)), save(folder / "two.wav", tone(0.1))]
    out = folder / "out"
    out.mkdir()
    (out / "two.wav").write_bytes(b"mine")
    with pytest.raises(AudioError, match=r"two\.wav exists: choose another folder"):
        render(sources, preset=folder / "a.toml", out_dir=out)
    assert [(path.name, path.read_bytes()) for path in out.iterdir()] == [("two.wav", b"mine")]
    results = render(sources, preset=folder / "a.toml", out_dir=out, overwrite=True)
    assert [result.path for result in results] == [out / "one.wav", out / "two.wav"]
    assert load(out / "two.wav").shape == (1, 4800)


@pytest.mark.parametrize("normalize", [None, -1.0])
def test_error_in_the_middle_leaves_nothing_behind(folder: Path, normalize: float | None) -> None:
    audio = np.zeros((60_000, 2))
    audio[50_001, 1] = np.nan
    source = save(folder / "bad.wav", audio)
    with pytest.raises(AudioError, match=r"bad\.wav: frame 50001 of channel 2 is nan: export the file again"):
        render(source, preset=folder / "a.toml", out_dir=folder / "out", normalize=normalize)
    assert list((folder / "out").iterdir()) == []


def test_unusable_input_is_named_in_one_line(folder: Path) -> None:
    a = folder / "a.toml"
    empty = save(folder / "empty.wav", np.zeros(0))
    noise = folder / "noise.wav"
    noise.write_bytes(b"not audio at all")
    good = save(folder / "good.wav", tone(0.1))
    many = save(folder / "many.wav", np.zeros((100, 8)))
    (folder / "other").mkdir()
    slow = save(folder / "slow.wav", np.zeros(100), 999)
    amp = preset(folder / "amp.toml", DRY_AMP.format(model=FACTORY / "models" / "crunch.nam"))
    twin = save(folder / "other" / "good.wav", tone(0.1))
    cases: list[tuple[type[AmpboardError], str, dict[str, object]]] = [
        (AudioError, r"empty\.wav: holds no audio", {"inputs": empty}),
        (AudioError, r"noise\.wav: cannot be read as audio", {"inputs": noise}),
        (AudioError, r"other is a folder: name the audio files", {"inputs": folder / "other"}),
        (AudioError, r"slow\.wav \(1 channels, 999 Hz\): .* does not run at 999 Hz: convert",
         {"inputs": slow, "preset": amp}),
        (AudioError, r"many\.wav \(8 channels, 48000 Hz\): Reverb plays at most 2 channels, not 8: split",
         {"inputs": many, "preset": preset(folder / "r.toml", REVERB)}),
        (ParameterError, "normalize is nan dBFS: use -60 to 0", {"inputs": good, "normalize": float("nan")}),
        (ParameterError, "normalize is 400 dBFS", {"inputs": good, "normalize": 400.0}),
        (ParameterError, "normalize is -100000 dBFS", {"inputs": good, "normalize": -1e5}),
        (ParameterError, "midi_channel is 3 without a MIDI file", {"inputs": good, "midi_channel": 3}),
        (AudioError, r"gone\.wav: there is no such file", {"inputs": folder / "gone.wav"}),
        (ParameterError, "there are no inputs", {"inputs": []}),
        (ParameterError, "would both become", {"inputs": [good, twin]}),
        (ParameterError, "is one of the inputs", {"inputs": good, "out_dir": folder, "overwrite": True}),
        (ParameterError, "is a file: name a folder", {"inputs": good, "out_dir": good}),
        (ParameterError, "either a preset or a setlist", {"inputs": good, "preset": None}),
        (ParameterError, "either a preset or a setlist", {"inputs": good, "setlist": folder / "set.toml"}),
        (ParameterError, "8 channels cannot become 2", {"inputs": many, "channels": 2}),
        (ParameterError, "channels is 0", {"inputs": good, "channels": 0}),
        (ParameterError, "tail_limit is -1 s", {"inputs": good, "tail_limit": -1.0}),
        (ParameterError, "bit depth 'float' with flac", {"inputs": good, "format": "flac", "bit_depth": "float"}),
        (ParameterError, "format is 'mp3'", {"inputs": good, "format": "mp3"}),
        (MidiError, r"gone\.mid: there is no such file", {"inputs": good, "midi": folder / "gone.mid"}),
        (AmpboardError, r"many\.wav \(8 channels, 48000 Hz\): .*MP3Compressor.*: cannot play 8 channels",
         {"inputs": many, "preset": preset(folder / "mp3.toml", MP3)}),
    ]  # fmt: skip
    for kind, message, changes in cases:
        options = {"preset": a, "out_dir": folder / "out", **changes}
        with pytest.raises(kind, match=message) as caught:
            render(**options)  # pyright: ignore[reportArgumentType]
        assert "\n" not in str(caught.value)
    assert not (folder / "out").exists() or list((folder / "out").iterdir()) == []


def test_progress_ends_at_the_length_of_the_source(folder: Path) -> None:
    calls: list[tuple[Path, int, int]] = []
    source = save(folder / "di.wav", tone(1.0))
    render(source, preset=preset(folder / "p.toml", DELAY), out_dir=folder / "out", progress=lambda *c: calls.append(c))
    assert [call[1] for call in calls] == sorted(call[1] for call in calls)
    assert calls[-1] == (source, RATE, RATE)


def test_tail_limit_fades_out_what_still_sounds(folder: Path) -> None:
    endless = preset(folder / "p.toml", ECHO.format(feedback=1.0))
    source = save(folder / "di.wav", np.full(RATE, 0.1))
    result, audio = one(render(source, preset=endless, out_dir=folder / "out", tail_limit=0.3))
    assert result.tail <= round(0.3 * RATE)
    assert np.abs(audio[0, -2000]) > 0.05
    assert np.abs(np.diff(audio[0, -FADE:])).max() < 1.0 * np.pi / 2 / FADE
    assert abs(audio[0, -1]) < 1e-3


def test_equal_renders_make_equal_files(folder: Path) -> None:
    """libsndfile writes the time into float wavs."""
    source = save(folder / "di.wav", tone(0.1))
    first, *_ = render(source, preset=folder / "a.toml", out_dir=folder / "one")
    while int(time.time()) == int(first.path.stat().st_mtime):
        time.sleep(0.05)
    second, *_ = render(source, preset=folder / "a.toml", out_dir=folder / "two")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert b"PEAK" in first.path.read_bytes()


@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_16"), ("WAVEX", "FLOAT"), ("RF64", "PCM_24")])
def test_a_wav_that_is_cut_short_is_rendered_with_a_warning(folder: Path, container: str, subtype: str) -> None:
    source = folder / "whole.wav"
    soundfile.write(source, tone(0.5), RATE, subtype=subtype, format=container)
    assert render(source, preset=folder / "a.toml", out_dir=folder / "out")[0].warnings == ()
    cut = folder / "cut.wav"
    cut.write_bytes(source.read_bytes()[:-1200])
    (warning,) = render(cut, preset=folder / "a.toml", out_dir=folder / "out")[0].warnings
    frames = soundfile.info(cut).frames
    assert frames < RATE // 2
    assert "promises 1200 bytes of audio more" in warning
    assert f"only the {frames} frames" in warning


@pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_a_wav_whose_length_was_never_filled_in_is_not_called_short(folder: Path, size: int) -> None:
    source = save(folder / "piped.wav", tone(0.1), subtype="PCM_16")
    content = bytearray(source.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = size.to_bytes(4, "little")
    source.write_bytes(content)
    assert missing_bytes(source) == 0


MIDI_REMARKS: list[tuple[str, list[tuple[int, str, dict[str, int]]], dict[str, object], str]] = [
    ("preset", [(0, "program_change", {"program": 5})], {}, "changes \\(1\\) do nothing to a single preset"),
    ("setlist", [(0, "note_on", {"note": 60})], {}, "no program change and no control change: it does nothing"),
    ("setlist", [(0, "program_change", {"program": 5, "channel": 1})], {"midi_channel": 9}, "channel 9, only on 2"),
    ("preset", [(0, "control_change", {"control": 33, "value": 1})], {}, "nothing is mapped to .* \\(CC 33\\)"),
    ("setlist", [(0, "program_change", {"program": 5}), (600, "control_change", {"control": 7, "value": 9})], {},
     "from frame 28800 on come after the end \\(24000 frames\\): only the tail hears them"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "events", "options", "remark"), MIDI_REMARKS)
def test_midi_that_does_nothing_is_remarked(
    folder: Path, what: str, events: list[tuple[int, str, dict[str, int]]], options: dict[str, object], remark: str
) -> None:
    chosen = {"preset": folder / "a.toml"} if what == "preset" else {"setlist": folder / "set.toml"}
    source, score = save(folder / "di.wav", tone(0.5)), midi(folder / "m.mid", *events)
    (result,) = render(source, out_dir=folder / "out", midi=score, **chosen, **options)  # pyright: ignore[reportArgumentType]
    (warning,) = result.warnings
    assert re.search(remark, warning)


def test_midi_that_is_heard_gets_no_remark(folder: Path) -> None:
    score = midi(
        folder / "m.mid", (0, "program_change", {"program": 5}), (499, "control_change", {"control": 20, "value": 9})
    )
    source = save(folder / "di.wav", tone(0.5))
    options = {"setlist": folder / "set.toml", "midi": score, "midi_channel": 1}
    assert render(source, out_dir=folder / "out", **options)[0].warnings == ()


def test_what_the_file_system_refuses_names_the_file(folder: Path) -> None:
    source = save(folder / "di.wav", tone(0.1))
    (folder / "out" / "di.wav").mkdir(parents=True)
    cases: list[tuple[Path, str]] = [
        (folder / "out", r"out.di\.wav is a folder: choose another folder"),
        (source / "out", r"di\.wav.out.di\.wav: cannot be written \(Not a directory\): choose a place"),
        (folder / ("x" * 300), r"x: cannot be written \(File name too long\)"),
    ]
    for out, message in cases:
        with pytest.raises(AudioError, match=message):
            render(source, preset=folder / "a.toml", out_dir=out, overwrite=True)
    with pytest.raises(AudioError, match=r"out.di\.wav is a folder: choose another name"):
        mix([source], folder / "out" / "di.wav", overwrite=True)


@pytest.mark.parametrize(("format", "normalize"), [("wav", None), ("wav", -1.0), ("flac", None)])
def test_a_full_disk_is_an_error_and_leaves_nothing_behind(
    folder: Path, format: Container, normalize: float | None
) -> None:
    resource = pytest.importorskip("resource")  # a limit on the size of files stands for the disk
    source = save(folder / "di.wav", np.random.default_rng(0).uniform(-1, 1, RATE))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(AudioError, match=rf"out.di\.{format}: cannot be written \(.*\): choose a place"):
            render(source, preset=folder / "a.toml", out_dir=folder / "out", format=format, normalize=normalize)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((folder / "out").iterdir()) == []
