"""Parts that the pages of the live screen are made of: every line is as wide as the terminal and never wider."""

from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from .view import FLOOR_DB, Level

HOT_DB: Final = -12.0
LABEL_CELLS: Final = 7


@dataclass(frozen=True)
class Glyphs:
    """Characters to draw with."""

    full: str
    empty: str
    held: str
    rule: str
    left: str
    right: str
    needle: str
    scale: str
    block: str


UNICODE: Final = Glyphs("█", "·", "│", "─", "←", "→", "▼", "─", "█")
ASCII: Final = Glyphs("=", ".", "|", "-", "<", ">", "v", "-", "#")

_HOT: Final = ((HOT_DB, "green"), (-3.0, "yellow"), (1.0, "red"))
"""Upper ends in dB of a meter's colours."""


@dataclass(frozen=True)
class Line:
    """One line of a page; where a terminal is too low, those of the highest rank go first."""

    text: Text
    rank: int = 0


def printable(text: str) -> str:
    """One line without control characters, whatever a file or a device has said."""
    return "".join(character if character.isprintable() else " " for character in text)


def fit(text: Text, cells: int) -> Text:
    """Cut with an ellipsis, or fill with spaces, to exactly `cells`."""
    fitted = text.copy()
    if fitted.cell_len > cells:
        fitted.truncate(max(cells, 0), overflow="ellipsis")
    fitted.append(" " * max(cells - fitted.cell_len, 0))
    return fitted


def ends(left: Text, right: Text, width: int) -> Text:
    """Two texts at both ends of a line; the right one goes first, the left one is cut where it must."""
    room = max(width - right.cell_len - 2, 0)
    if right.cell_len >= width:
        return fit(right, width)
    line = fit(left, room)
    line.append(" " * (width - room - right.cell_len))
    line.append_text(right)
    return line


def labelled(label: str, text: Text, width: int) -> Text:
    """A dim label in front of a text."""
    line = Text(set_cell_size(f" {label}", LABEL_CELLS), style="dim")
    line.append_text(fit(text, width - LABEL_CELLS))
    return fit(line, width)


def rule(width: int, glyphs: Glyphs) -> Text:
    """A line across."""
    return Text(glyphs.rule * width, style="dim")


def level_bar(level: Level, cells: int, glyphs: Glyphs) -> Text:
    """A level meter from -60 to 0 dB: bar, held peak, and the colours of a mixing desk."""
    filled = _cells(level.peak_db, cells)
    held = _cells(level.held_db, cells) - 1
    bar = Text()
    for cell in range(cells):
        level_db = FLOOR_DB * (1 - (cell + 1) / cells)
        colour = next(colour for end, colour in _HOT if level_db <= end)
        if cell == held and cell >= filled:
            bar.append(glyphs.held, style=colour)
        elif cell < filled:
            bar.append(glyphs.full, style=colour)
        else:
            bar.append(glyphs.empty, style="dim")
    return bar


def share_bar(share: float, cells: int, glyphs: Glyphs) -> Text:
    """A bar of a part of 1: yellow from a half, red from four fifths."""
    filled = min(max(round(share * cells), 0), cells)
    colour = "red" if share >= 0.8 else "yellow" if share >= 0.5 else "green"
    return Text(glyphs.full * filled, style=colour).append(glyphs.empty * (cells - filled), style="dim")


def needle(cents: float | None, cells: int, glyphs: Glyphs) -> Text:
    """A scale of -50 to 50 cents with the needle on it."""
    middle = cells // 2
    scale = Text(glyphs.scale * middle + "+" + glyphs.scale * (cells - middle - 1), style="dim")
    if cents is None:
        return scale
    place = min(max(round(middle + cents / 50 * middle), 0), cells - 1)
    return Text.assemble(scale[:place], (glyphs.needle, tuning_colour(cents)), scale[place + 1 :])


def tuning_colour(cents: float) -> str:
    """Green within 2 cents, yellow within 10, red beyond."""
    return "bold green" if abs(cents) <= 2 else "bold yellow" if abs(cents) <= 10 else "bold red"


def place_lines(lines: list[Line], height: int, width: int) -> list[Text]:
    """Lines that fit a height, the least needed left out; all exactly as wide as `width`."""
    kept = list(lines)
    while len(kept) > height:
        worst = max(range(len(kept)), key=lambda index: (kept[index].rank, index))
        del kept[worst]
    return [fit(line.text, width) for line in kept]


def centred(text: Text, width: int) -> Text:
    """A text in the middle of a line."""
    return fit(Text(" " * max((width - cell_len(text.plain)) // 2, 0)).append_text(text), width)


def _cells(level_db: float, cells: int) -> int:
    return min(max(round((1 - level_db / FLOOR_DB) * cells), 0), cells)
