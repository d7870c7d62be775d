"""The pages of the live screen: from a `View` to lines of text."""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from .digits import big_rows
from .keys import KEYS
from .lines import (
    ASCII,
    UNICODE,
    Glyphs,
    Line,
    centred,
    ends,
    fit,
    labelled,
    level_bar,
    needle,
    place_lines,
    printable,
    rule,
    share_bar,
    tuning_colour,
)
from .view import FLOOR_DB, Level, Page, View

HINT: Final = " ? help  t tuner  m mute  arrows, digits: slots  q quit"
LEAST_WIDTH: Final = 20


class Frame:
    """A view as rich draws it: fills the terminal whatever its size."""

    def __init__(self, view: View) -> None:
        self.view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        glyphs = ASCII if options.ascii_only else UNICODE
        height = options.height or options.size.height
        for index, line in enumerate(draw(self.view, options.max_width, height, glyphs)):
            if index:
                yield Segment.line()
            if options.ascii_only:
                line.plain = line.plain.encode("ascii", "replace").decode()
            yield from line.render(console)


def draw(view: View, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[Text]:
    """Lines of a screen of `width` cells and `height` lines: exactly as wide, never more lines."""
    width = max(width, LEAST_WIDTH)
    body = place_lines(_PAGES[view.page](view, width, glyphs), max(height - 2, 1), width)
    hint = fit(Text(HINT, style="dim"), width)
    filling = [fit(Text(), width)] * max(height - len(body) - 2, 0)
    return [_head(view, width), *body, *filling, hint][:height]


def _head(view: View, width: int) -> Text:
    left = Text(" ampboard", style="bold")
    if view.setlist:
        left.append(f"  {printable(view.setlist)}", style="not bold")
    facts = "  ".join(printable(text) for text in (view.backend, view.engine) if text)
    right = Text(f"{facts} ")
    right.truncate(max(width - 12, 0), overflow="ellipsis")
    line = ends(left, right, width)
    line.stylize("reverse")
    return line


def _show(view: View, width: int, glyphs: Glyphs) -> list[Line]:
    lines = [
        Line(Text(), rank=8),
        Line(ends(_title(view), _state(view), width)),
        Line(labelled("song", Text(printable(view.song)), width), rank=3),
        Line(labelled("notes", Text(printable(view.notes), style="italic"), width), rank=5),
        Line(_neighbours(view, width, glyphs), rank=1),
        Line(rule(width, glyphs), rank=7),
        Line(_level("in", view.levels_in, width, glyphs)),
        Line(_level("out", view.levels_out, width, glyphs)),
        Line(_load(view, width, glyphs), rank=2),
        Line(labelled("lost", _losses(view), width), rank=2),
        Line(labelled("MIDI", Text(printable(view.midi) or "nothing yet", style="" if view.midi else "dim"), width), 1),
        Line(labelled("tuner", _small_tuner(view, width, glyphs), width), rank=3),
        Line(rule(width, glyphs), rank=6),
    ]
    newest = view.messages[-8:]
    lines += [
        Line(fit(Text(f" {printable(message)}", style="yellow"), width), rank=4 + len(newest) - index)
        for index, message in enumerate(newest)
    ]
    return lines


def _tuner(view: View, width: int, glyphs: Glyphs) -> list[Line]:
    reading = view.tuner.reading
    cents = reading.cents if reading else None
    colour = tuning_colour(reading.cents) if reading else "dim"
    wide = min(width - 4, 101)
    said = f"{reading.frequency:.2f} Hz" if reading else "play one string"
    off = f"{reading.cents:+.1f} cents" if reading else " "
    string = f"string {reading.string}" if reading and reading.string else " "
    facts = f"A4 = {view.tuner.reference_hz:g} Hz   {view.tuner.tuning}{'   output muted' if view.muted else ''}"
    return [
        Line(Text(), rank=5),
        *(
            Line(centred(Text(row, style=colour), width))
            for row in big_rows(reading.note if reading else "-", glyphs.block)
        ),
        Line(Text(), rank=4),
        Line(centred(needle(cents, wide, glyphs), width)),
        Line(centred(Text(_scale(wide), style="dim"), width), rank=2),
        Line(centred(Text(off, style=colour), width)),
        Line(centred(Text(said), width), rank=1),
        Line(centred(Text(string), width), rank=1),
        Line(Text(), rank=4),
        Line(centred(Text(facts, style="dim"), width), rank=2),
        Line(_level("in", view.levels_in, width, glyphs), rank=3),
    ]


def _help(view: View, width: int, glyphs: Glyphs) -> list[Line]:
    rows = [next(group) for _, group in groupby(KEYS, key=lambda key: key.shown)]
    return [
        Line(Text(), rank=1),
        *(Line(Text.assemble(f"  {key.shown:18}", (key.help, "dim"))) for key in rows),
        Line(Text(), rank=1),
        Line(Text("  clip: full scale was reached; lost: sound or messages that did not arrive", style="dim"), rank=1),
    ]


_PAGES: Final[Mapping[Page, Callable[[View, int, Glyphs], list[Line]]]] = {
    Page.SHOW: _show,
    Page.TUNER: _tuner,
    Page.HELP: _help,
}


def _title(view: View) -> Text:
    title = Text(f" {view.slot}/{view.slots}  ", style="dim")
    title.append(printable(view.preset) or "nothing plays", style="bold cyan not dim")
    return title


def _state(view: View) -> Text:
    state = Text(f"{printable(view.snapshot)} " if view.snapshot else "", style="bold")
    state.truncate(24, overflow="ellipsis")
    for shown, word, style in (
        (view.muted, " MUTED ", "reverse red"),
        (view.bypassed, " BYPASS ", "reverse yellow"),
        (view.ringing > 0, f" {view.ringing} ringing ", "dim"),
        (view.tempo is not None, f" {view.tempo or 0:.0f} bpm ", "dim"),
        (view.program is not None, f" program {view.program} ", "dim"),
    ):
        if shown:
            state.append(word, style=style)
    return state


def _neighbours(view: View, width: int, glyphs: Glyphs) -> Text:
    half = width // 2 - 2
    left = Text(f" {glyphs.left} {printable(view.previous)}" if view.previous else "", style="dim")
    right = Text(f"{printable(view.following)} {glyphs.right} " if view.following else "", style="dim")
    if right.cell_len > half:
        right = Text(printable(view.following), style="dim")
        right.truncate(half - 3, overflow="ellipsis")
        right.append(f" {glyphs.right} ")
    return ends(left, right, width)


def _level(label: str, level: Level, width: int, glyphs: Glyphs) -> Text:
    words = f" {_decibels(level.peak_db)} peak {_decibels(level.held_db)} dB "
    light = Text(" CLIP ", style="reverse bold red") if level.clipped else Text("      ")
    cells = max(width - 7 - len(words) - light.cell_len - 1, 4)
    text = level_bar(level, cells, glyphs).append(words).append_text(light)
    return labelled(label, text, width)


def _decibels(level_db: float) -> str:
    return "  -inf" if level_db <= FLOOR_DB else f"{level_db:6.1f}"


def _load(view: View, width: int, glyphs: Glyphs) -> Text:
    load = view.load
    if not load.budget_us:
        return labelled("CPU", Text("not measured yet", style="dim"), width)
    words = f" p99 {load.p99_us:.0f} of {load.budget_us:.0f} us, {load.share:.0%} "
    longest = f" (p50 {load.p50_us:.0f}, max {load.max_us:.0f}) "
    if width >= 72:
        words += longest
    cells = max(width - 8 - len(words), 4)
    return labelled("CPU", share_bar(load.share, cells, glyphs).append(words), width)


def _losses(view: View) -> Text:
    return (
        Text()
        .append(f"xruns {view.xruns}", style="bold red" if view.xruns else "green")
        .append("   ")
        .append(f"messages {view.dropped}", style="bold red" if view.dropped else "green")
    )


def _small_tuner(view: View, width: int, glyphs: Glyphs) -> Text:
    reading = view.tuner.reading
    if reading is None:
        return Text("-", style="dim")
    text = Text(f"{reading.note:4}", style=tuning_colour(reading.cents))
    text.append_text(needle(reading.cents, min(41, width - 34), glyphs))
    return text.append(f" {reading.cents:+6.1f} cents")


def _scale(cells: int) -> str:
    """Labels below the needle."""
    middle = cells // 2
    return "-50" + " " * (middle - 3) + "0" + " " * (cells - middle - 4) + "+50"
