"""The live screen: what stands where, at many sizes, in a terminal and in a log."""

import fcntl
import io
import os
import pty
import struct
import termios
import time
from dataclasses import replace

import pytest
from rich.console import Console

from ampboard.bridge.live.screen.keys import KEYS, Press, keyboard, parse_keys
from ampboard.bridge.live.screen.levels import LevelMeter
from ampboard.bridge.live.screen.pages import Frame, draw
from ampboard.bridge.live.screen.screen import PlainScreen, fresh_messages, open_screen
from ampboard.bridge.live.screen.view import FLOOR_DB, Level, Load, Page, TunerView, View
from ampboard.bridge.live.tuner.tuner import read_pitch

PLAYING = View(
    setlist="Friday",
    slot=2,
    slots=7,
    program=5,
    preset="Crunch",
    song="Opener",
    notes="capo 2",
    snapshot="chorus",
    previous="Clean",
    following="Lead",
    ringing=1,
    levels_in=Level(-12.0, -6.5),
    levels_out=Level(-3.0, 0.0, clipped=True),
    load=Load(200.0, 412.0, 900.0, 1333.3),
    xruns=3,
    dropped=1,
    midi="CC11 (expression) = 64, channel 1",
    tuner=TunerView(read_pitch(83.0)),
    backend="jack, 48000 Hz, 64 frames",
    engine="playing",
    messages=("reverb was taken out: it had ended the engine",),
)
LONG = replace(
    PLAYING,
    setlist="S" * 200,
    preset="P" * 200,
    song="曲" * 100,
    notes="n\x1b[2J\n" * 40,
    snapshot="z" * 99,
    previous="q" * 150,
    following="w" * 150,
    midi="m" * 300,
    backend="b" * 200,
    messages=tuple(f"message {n} " + "x" * 200 for n in range(20)),
    muted=True,
    bypassed=True,
    xruns=10**9,
    load=Load(1e6, 2e6, 3e7, 1333.3),
)
IDLE = View()


def text(view: View, width: int = 80, height: int = 24) -> str:
    console = Console(record=True, width=width, height=height, file=io.StringIO(), legacy_windows=False)
    console.print(Frame(view), end="")
    return console.export_text(styles=False)


def test_a_show_at_80_by_24() -> None:
    lines = text(PLAYING).splitlines()
    assert len(lines) == 24
    assert lines[0].split() == ["ampboard", "Friday", "jack,", "48000", "Hz,", "64", "frames", "playing"]
    assert lines[2].split() == ["2/7", "Crunch", "chorus", "1", "ringing", "program", "5"]
    assert lines[3].split() == ["song", "Opener"]
    assert lines[5].split() == ["←", "Clean", "Lead", "→"]
    assert lines[7].rstrip().endswith("-12.0 peak   -6.5 dB")
    assert lines[8].rstrip().endswith("-3.0 peak    0.0 dB  CLIP")
    assert lines[9].rstrip().endswith("p99 412 of 1333 us, 31%  (p50 200, max 900)")
    assert lines[10].split() == ["lost", "xruns", "3", "messages", "1"]
    assert "CC11 (expression) = 64, channel 1" in lines[11]
    assert lines[12].split()[1] == "E2"
    assert "+12.4 cents" in lines[12]
    assert "taken out" in lines[14]


def test_states_are_words_and_not_colours_alone() -> None:
    shown = text(replace(PLAYING, muted=True, bypassed=True))
    assert "MUTED" in shown
    assert "BYPASS" in shown
    assert "CLIP" not in text(replace(PLAYING, levels_out=Level()))


def test_the_tuner_fills_the_screen() -> None:
    shown = text(
        replace(
            PLAYING, page=Page.TUNER, muted=True, tuner=TunerView(read_pitch(83.0, tuning="drop-d"), 440.0, "drop-d")
        )
    )
    assert "83.00 Hz" in shown
    assert "string 6" in shown
    assert "A4 = 440 Hz   drop-d   output muted" in shown
    assert "play one string" in text(replace(IDLE, page=Page.TUNER))


@pytest.mark.parametrize("cents", [-80.0, -50.0, -20.0, 0.0, 20.0, 50.0])
def test_the_needle_stands_where_the_cents_say(cents) -> None:
    view = replace(IDLE, page=Page.TUNER, tuner=TunerView(replace(read_pitch(440.0), cents=cents)))
    line = next(line for line in text(view, 101 + 4).splitlines() if "▼" in line)
    assert line.index("▼") - 2 == 50 + max(min(cents, 50.0), -50.0)


def test_the_help_page_names_every_key_once() -> None:
    shown = text(replace(IDLE, page=Page.HELP)).rpartition("\n")[0]
    for words in {key.help for key in KEYS}:
        assert shown.count(words) == 1


@pytest.mark.parametrize("page", list(Page))
@pytest.mark.parametrize("view", [IDLE, PLAYING, LONG], ids=["idle", "playing", "long"])
def test_every_line_is_exactly_as_wide_as_the_terminal(page, view) -> None:
    for width in range(60, 121):
        for height in (8, 18, 24, 50):
            lines = draw(replace(view, page=page), width, height)
            assert {line.cell_len for line in lines} == {width}
            assert len(lines) == height
            assert not any("\x1b" in line.plain or "\n" in line.plain for line in lines)


@pytest.mark.parametrize("width", range(60, 121, 5))
def test_nothing_overlaps(width) -> None:
    """The numbers of a line stay whole whatever its width."""
    shown = text(PLAYING, width)
    for whole in (
        "2/7",
        "Crunch",
        "chorus",
        "1 ringing",
        "program 5",
        "-12.0 peak   -6.5 dB",
        "CLIP",
        "p99 412 of 1333 us, 31%",
    ):
        assert whole in shown
    assert "xruns 3   messages 1" in shown
    assert "quit" in shown


def test_a_low_terminal_keeps_what_matters_most() -> None:
    shown = text(PLAYING, 60, 8)
    for whole in ("Crunch", "peak", "CLIP", "quit"):
        assert whole in shown


def test_a_terminal_without_unicode_gets_ascii() -> None:
    raw = io.BytesIO()
    console = Console(
        file=io.TextIOWrapper(raw, "ascii", write_through=True), width=80, height=24, legacy_windows=False
    )
    console.print(Frame(replace(PLAYING, song="Größe 曲")), end="")
    assert b"Crunch" in raw.getvalue()


def test_bars_rise_at_once_fall_slowly_and_hold_their_peak() -> None:
    meter = LevelMeter()
    assert meter.update(0.5, 0.0) == Level(pytest.approx(-6.02, abs=0.01), pytest.approx(-6.02, abs=0.01))
    later = meter.update(0.0, 0.5)
    assert later.peak_db == pytest.approx(-6.02 - 13.0, abs=0.01)
    assert later.held_db == pytest.approx(-6.02, abs=0.01)
    assert meter.update(0.0, 60.0).held_db == FLOOR_DB


def test_the_clip_light_stays_on_for_three_seconds() -> None:
    meter = LevelMeter()
    assert meter.update(1.0, 10.0).clipped
    assert meter.update(0.1, 12.9).clipped
    assert not meter.update(0.1, 13.1).clipped


@pytest.mark.parametrize(
    ("sent", "presses"),
    [
        ("3", ((Press.SLOT, 3),)),
        ("\x1b[C\x1b[D", ((Press.NEXT, 0), (Press.PREVIOUS, 0))),
        ("tMq", ((Press.TUNER, 0), (Press.MUTE, 0), (Press.QUIT, 0))),
        ("\x1b[Zx", ()),
        ("\x1b[H\x1b[15~\x1b[1;5P\x1bm", ()),  # home, F5, control-F1, alt-m are no letters and digits
        ("?", ((Press.HELP, 0),)),
    ],
)
def test_keys(sent, presses) -> None:
    assert parse_keys(sent) == presses


def test_no_key_is_given_twice() -> None:
    sent = [text for key in KEYS for text in key.sent]
    assert len(sent) == len(set(sent))


def test_a_log_gets_a_line_for_what_changes_and_none_for_levels() -> None:
    out = io.StringIO()
    screen = PlainScreen(Console(file=out, width=200))
    screen.show(PLAYING)
    first = out.getvalue().splitlines()
    assert first == [
        "audio: jack, 48000 Hz, 64 frames",
        "engine: playing",
        "slot 2: Crunch (Opener), snapshot chorus",
        "xruns: 3",
        "messages lost: 1",
        "reverb was taken out: it had ended the engine",
    ]
    screen.show(replace(PLAYING, levels_in=Level(-3.0, -3.0), load=Load(1.0, 2.0, 3.0, 4.0)))
    assert out.getvalue().splitlines() == first
    screen.show(replace(PLAYING, muted=True, messages=(*PLAYING.messages, "[b]odd[/b]")))
    assert out.getvalue().splitlines()[len(first) :] == ["muted", "[b]odd[/b]"]
    assert "\x1b" not in out.getvalue()


def test_messages_that_dropped_out_are_not_said_again() -> None:
    assert fresh_messages(("a", "b", "c"), ("b", "c", "d")) == ("d",)
    assert fresh_messages((), ("a",)) == ("a",)
    assert fresh_messages(("a",), ("x", "y")) == ("x", "y")


def test_a_pipe_gets_plain_lines() -> None:
    with open_screen(Console(file=io.StringIO())) as screen:
        assert isinstance(screen, PlainScreen)


@pytest.fixture
def terminal():
    """A real pseudo terminal of 80 by 24: what the program writes to, and what the player sees and types on."""
    player, program = pty.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(player, False)
    yield player, program
    os.close(player)
    os.close(program)


def seen(player: int) -> str:
    time.sleep(0.02)
    parts = []
    while True:
        try:
            parts.append(os.read(player, 65536))
        except BlockingIOError:
            return b"".join(parts).decode()


def test_a_terminal_is_drawn_over_and_only_when_something_changed(terminal, monkeypatch) -> None:
    player, program = terminal
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    with os.fdopen(os.dup(program), "w", encoding="utf-8") as out:
        console = Console(file=out, force_terminal=True, legacy_windows=False, color_system="256", width=80, height=24)
        with open_screen(console) as screen:
            screen.show(PLAYING)
            assert "Crunch" in seen(player)
            screen.show(PLAYING)
            assert seen(player) == ""
            screen.show(replace(PLAYING, xruns=4))
            drawn = seen(player)
            assert "xruns 4" in drawn.replace("\x1b", "")
            assert "\x1b[2J" not in drawn  # drawn over, not cleared: no flicker
            console.size = (60, 18)
            screen.show(replace(PLAYING, xruns=4))
            assert "Crunch" in seen(player)
    assert "\x1b[?1049l" in seen(player)  # the player's own screen is back


def test_keys_come_without_echo_and_the_terminal_is_as_before_afterwards(terminal) -> None:
    player, program = terminal
    before = termios.tcgetattr(program)
    with os.fdopen(os.dup(program), "r", encoding="utf-8") as source, keyboard(source) as keys:
        assert keys.presses() == ()
        os.write(player, b"2\x1b[C")
        time.sleep(0.02)
        assert keys.presses() == ((Press.SLOT, 2), (Press.NEXT, 0))
        assert seen(player) == ""
    assert termios.tcgetattr(program) == before


def test_without_a_terminal_there_are_no_keys() -> None:
    with keyboard(io.StringIO("q")) as keys:
        assert keys.presses() == ()
