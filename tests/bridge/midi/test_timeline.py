"""MIDI files on a time line of frames."""

import math
import tracemalloc
from fractions import Fraction
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ampboard.bridge.midi.timeline import TimedMessage, read_midi
from ampboard.models.errors import MidiError, ParameterError


def save(path: Path, *tracks: list[mido.Message | mido.MetaMessage], division: int = 480, kind: int = 1) -> Path:
    file = mido.MidiFile(type=kind, ticks_per_beat=division)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    file.save(str(path))
    return path


def program(number: int, time: int) -> mido.Message:
    return mido.Message("program_change", program=number, time=time)


def tempo(microseconds: int, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=microseconds, time=time)


def frames(timed: tuple[TimedMessage, ...]) -> list[int]:
    return [message.frame for message in timed]


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def test_default_tempo_is_120_a_minute(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mid", [program(1, 0), program(2, 480), program(3, 480)], kind=0)
    assert frames(read_midi(path, 48_000)) == [0, 24_000, 48_000]


def test_tempo_changes_hold_from_their_tick_on_and_count_for_all_tracks(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.mid",
        [tempo(600_000), tempo(300_000, 480), tempo(1_000_000, 960)],
        [program(1, 480), program(2, 480), program(3, 720)],
    )
    # 480 ticks at 600 ms, then 960 at 300 ms, then 240 at 1 s a quarter note
    assert frames(read_midi(path, 1000)) == [600, 900, 600 + 600 + 500]


def test_hours_of_odd_tempi_stay_exact(tmp_path: Path) -> None:
    tempi = [333_333 + 7 * i for i in range(2000)]
    track = [message for i, t in enumerate(tempi) for message in (tempo(t), program(i % 128, 97))]
    path = save(tmp_path / "a.mid", track, division=97, kind=0)
    expected = [half_up(Fraction(sum(tempi[: i + 1]) * 44_100, 1_000_000)) for i in range(0, 2000, 199)]
    assert frames(read_midi(path, 44_100))[::199] == expected


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 16_777_215)), min_size=1, max_size=20),
    st.integers(1, 0x7FFF),
    st.sampled_from([8000, 44_100, 48_000, 192_000]),
)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_follow_the_closed_formula(
    tmp_path: Path, steps: list[tuple[int, int]], division: int, sample_rate: int
) -> None:
    track = [message for ticks, t in steps for message in (program(0, ticks), tempo(t))]
    seconds, microseconds, expected = Fraction(0), 500_000, []
    for ticks, following in steps:
        seconds += Fraction(ticks * microseconds, division * 1_000_000)
        microseconds = following
        expected.append(half_up(seconds * sample_rate))
    path = save(tmp_path / "a.mid", track, division=division, kind=0)
    assert frames(read_midi(path, sample_rate)) == expected


@pytest.mark.parametrize(("rate", "seconds"), [(24, 1 / 24), (25, 1 / 25), (29, 1001 / 30_000), (30, 1 / 30)])
def test_smpte_division_counts_frames_of_film_and_ignores_tempo(tmp_path: Path, rate: int, seconds: float) -> None:
    path = save(tmp_path / "a.mid", [tempo(1), program(1, 0), program(2, 400)], kind=0)
    content = bytearray(path.read_bytes())
    content[12:14] = bytes([256 - rate, 40])
    path.write_bytes(content)
    assert frames(read_midi(path, 48_000)) == [0, round(10 * seconds * 48_000)]


def test_messages_at_one_tick_keep_the_order_of_the_tracks_and_lose_meta(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.mid",
        [mido.MetaMessage("track_name", name="one"), program(1, 10), program(2, 0)],
        [program(3, 0), program(4, 10)],
    )
    assert [timed.message.program for timed in read_midi(path, 48_000)] == [3, 1, 2, 4]


def test_files_that_are_no_midi_say_so_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.mid"
    with pytest.raises(MidiError, match="no such file"):
        read_midi(path, 48_000)
    for content in (b"", b"MThd", b"RIFFxxxxWAVE", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x10\0\xc0"):
        path.write_bytes(content)
        with pytest.raises(MidiError, match=r"x\.mid: ") as caught:
            read_midi(path, 48_000)
        assert "\n" not in str(caught.value)
    save(path, [program(1, 0)], kind=2)
    with pytest.raises(MidiError, match="type 2"):
        read_midi(path, 48_000)
    save(path, [program(1, 0)], division=0)
    with pytest.raises(MidiError, match="division is 0"):
        read_midi(path, 48_000)
    save(path, [program(1, 0)])
    path.write_bytes(path.read_bytes()[:12] + bytes([256 - 23, 40]) + path.read_bytes()[14:])
    with pytest.raises(MidiError, match="SMPTE division of 23 frames"):
        read_midi(path, 48_000)
    with pytest.raises(ParameterError, match="sample_rate is 0"):
        read_midi(path, 0)


def test_a_chunk_that_claims_two_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "claim.mid"
    path.write_bytes(b"MThd\x7f\xff\xff\xff\0\1\0\1\1\xe0")
    tracemalloc.start()
    try:
        with pytest.raises(MidiError):
            read_midi(path, 48_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 << 20  # bytes


@given(st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_raise_nothing_but_midi_errors(tmp_path: Path, data: st.DataObject) -> None:
    path = save(
        tmp_path / "a.mid",
        [tempo(400_000), mido.MetaMessage("key_signature", key="C"), program(1, 9)],
        [mido.Message("sysex", data=(1, 2, 3), time=3), mido.Message("control_change", control=7, value=3, time=300)],
    )
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    path.write_bytes(content)
    try:
        timed = read_midi(path, 48_000)
    except MidiError:
        return
    assert frames(timed) == sorted(frames(timed))
