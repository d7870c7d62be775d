"""One HTML page of a run: numbers, pictures and players, with nothing from elsewhere."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from ..models.writing import write_atomically

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --paper: #ffffff }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --faint: #9aa4af; --line: #3d444d; --paper: #16191d } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
    color: var(--ink); background: var(--paper) }
img, svg { max-width: 100%; height: auto; display: block; margin: .5rem 0 }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .8rem; text-align: left; vertical-align: top }
.number { text-align: right; white-space: nowrap }
div { overflow-x: auto }
figure { margin: 1rem 0 } figcaption { color: var(--faint) } audio { display: block; width: 24rem; max-width: 100% }
"""
SVG: Final = "image/svg+xml"
NUMBER: Final = re.compile(r"[-+–]?[\d.,]*( ?(dB|dBFS|LU|Hz|%))?|[-+]?(inf|nan)")


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first column holds names."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Embedded:
    """A picture or sound that stands in the page itself.

    Attributes
    ----------
    kind : str
        Its media type, as ``audio/flac``. An ``image/svg+xml`` becomes a part of the page, so that what is drawn in
        ``currentColor`` has the colour of the text.
    content : bytes
        The file.
    """

    kind: str
    content: bytes


Media = Path | Embedded
"""A file beside the page, or one inside it."""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    title : str
        Its heading.
    text : str
        A paragraph under it.
    table : Table or None
        Numbers.
    pictures, sounds : tuple of (str, Media)
        What each shows, and its file.
    points : tuple of str
        A list under the paragraph.
    """

    title: str
    text: str = ""
    table: Table | None = None
    pictures: tuple[tuple[str, Media], ...] = ()
    sounds: tuple[tuple[str, Media], ...] = ()
    points: tuple[str, ...] = ()


def write_page(path: Path, title: str, sections: Sequence[Section]) -> Path:
    """Write the page; files that are not embedded are linked relative to it."""
    body = "".join(_section(section, path.parent, number) for number, section in enumerate(sections))
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
    write_atomically(path, page.encode())
    return path


def _section(section: Section, folder: Path, number: int) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>"]
    if section.text:
        parts.append(f"<p>{escape(section.text)}</p>")
    if section.points:
        parts.append("<ul>" + "".join(f"<li>{escape(point)}</li>" for point in section.points) + "</ul>")
    if section.table is not None:
        parts.append(_table(section.table))
    for place, (name, picture) in enumerate(section.pictures):
        if isinstance(picture, Embedded) and picture.kind == SVG:
            shown = _inline(picture.content.decode(), f"s{number}p{place}-", name)
        else:
            shown = f'<img src="{_source(picture, folder)}" alt="{escape(name)}">'
        parts.append(f"<figure>{shown}<figcaption>{escape(name)}</figcaption></figure>")
    for name, sound in section.sounds:
        player = f'<audio controls preload="metadata" src="{_source(sound, folder)}"></audio>'
        parts.append(f"<figure><figcaption>{escape(name)}</figcaption>{player}</figure>")
    return "".join(parts)


def _source(media: Media, folder: Path) -> str:
    if isinstance(media, Embedded):
        return f"data:{media.kind};base64,{b64encode(media.content).decode()}"
    return escape(media.relative_to(folder).as_posix())


def _inline(drawing: str, prefix: str, name: str) -> str:
    """The <svg> element alone, with names that are its own in the page."""
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", drawing)
    return drawing.replace("<svg", f'<svg role="img" aria-label="{escape(name)}"', 1)


def _table(table: Table) -> str:
    rows = "".join("<tr>" + "".join(_cell("td", cell, cell) for cell in row) + "</tr>" for row in table.rows)
    first = table.rows[0] if table.rows else table.head
    head = "".join(_cell("th", name, below) for name, below in zip(table.head, first, strict=True))
    return f"<div><table>{f'<tr>{head}</tr>' if any(table.head) else ''}{rows}</table></div>"


def _cell(tag: str, text: str, like: str) -> str:
    """A cell; numbers, and heads of numbers, stand at the right."""
    aligned = ' class="number"' if NUMBER.fullmatch(like) else ""
    return f"<{tag}{aligned}>{escape(text)}</{tag}>"
