"""One HTML page of a run: numbers, pictures and players, with nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from ...models.writing import write_atomically

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
img { max-width: 100%; display: block; margin: .5rem 0 }
table { border-collapse: collapse; margin: 1rem 0 }
td, th { border-bottom: 1px solid #ccc; padding: .25rem .8rem; text-align: right }
td:first-child, th:first-child { text-align: left }
figure { margin: 1rem 0 } figcaption { color: #555 } audio { display: block; width: 24rem }
"""


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first column holds names."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
    pictures, sounds : tuple of (str, Path)
        What each shows, and its file.
    """

    title: str
    text: str = ""
    table: Table | None = None
    pictures: tuple[tuple[str, Path], ...] = ()
    sounds: tuple[tuple[str, Path], ...] = field(default=())


def write_page(path: Path, title: str, sections: Sequence[Section]) -> Path:
    """Write the page; its files are linked relative to it."""
    body = "".join(_section(section, path.parent) for section in sections)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
    write_atomically(path, page.encode())
    return path


def _section(section: Section, folder: Path) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>"]
    if section.text:
        parts.append(f"<p>{escape(section.text)}</p>")
    if section.table is not None:
        parts.append(_table(section.table))
    for name, path in section.pictures:
        link = escape(path.relative_to(folder).as_posix())
        parts.append(f'<figure><img src="{link}" alt="{escape(name)}"><figcaption>{escape(name)}</figcaption></figure>')
    for name, path in section.sounds:
        link = escape(path.relative_to(folder).as_posix())
        parts.append(f'<figure><figcaption>{escape(name)}</figcaption><audio controls src="{link}"></audio></figure>')
    return "".join(parts)


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<table><tr>{head}</tr>{rows}</table>"
