"""Regions in a csv file beside the input, as REAPER exports them and AIDA-X trains by them.

Source: README of AidaDSP/Automated-GuitarAmpModelling (branch aidadsp_devel): the columns are
``#,Name,Start,End,Length,Color``, places are in frames, and the colour says what a region is for: red trains, green
tests, blue validates; their sums do both.
"""

import csv
from itertools import pairwise
from pathlib import Path
from typing import Final

from ....models.errors import AudioError
from ..capture import Passage, Use
from .layout import Layout

COLUMNS: Final = ("#", "Name", "Start", "End", "Length", "Color")
COLOURS: Final[dict[str, tuple[Use, ...]]] = {
    "FF0000": ("train",),
    "00FF00": ("test",),
    "0000FF": ("validation",),
    "00FFFF": ("validation", "test"),  # cut in the middle: what chooses a model must not judge it
}


def read_regions(path: Path, sample_rate: int, frames: int) -> Layout:
    """Read the regions of an input signal.

    Parameters
    ----------
    path : Path
        The csv file.
    sample_rate : int
        Of the input, in Hz.
    frames : int
        Length of the input.

    Raises
    ------
    AudioError
        When it is no such file, or a region lies outside the input or on another one, or has an unknown colour.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AudioError(f"{path}: cannot be read ({error}); export the regions as csv") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise AudioError(f"{path}: its first line is {','.join(rows[0]) if rows else ''!r}, not {','.join(COLUMNS)!r}")
    passages: list[Passage] = []
    for number, row in enumerate(rows[1:], 2):
        passages += _passages(f"{path}, line {number}", row, frames)
    passages.sort(key=lambda passage: passage.start)
    for one, other in pairwise(passages):
        if other.start < one.stop:
            raise AudioError(f"{path}: regions {one.name} and {other.name} overlap; give each its own stretch")
    if not any(passage.use == "train" for passage in passages):
        raise AudioError(f"{path}: no region is red (FF0000), so there is nothing to train on")
    return Layout("regions", sample_rate, tuple(passages))


def _passages(where: str, row: list[str], frames: int) -> list[Passage]:
    if len(row) != len(COLUMNS):
        raise AudioError(f"{where}: holds {len(row)} values; give {len(COLUMNS)}")
    label, name, first, last, _, colour = row
    if not (first.isdecimal() and last.isdecimal()):
        raise AudioError(f"{where}: Start is {first!r} and End {last!r}; export them in frames (samples)")
    start, stop = int(first), int(last)
    if not start < stop <= frames:
        raise AudioError(f"{where}: runs from frame {start} to {stop}, the input has {frames}; correct it")
    uses = COLOURS.get(colour.upper().lstrip("#"))
    if uses is None:
        raise AudioError(f"{where}: Color is {colour!r}; use {', '.join(COLOURS)}")
    edges = [start + (stop - start) * part // len(uses) for part in range(len(uses) + 1)]
    return [
        Passage(f"{label} {name} {use}".strip(), edges[part], edges[part + 1], "music", use)
        for part, use in enumerate(uses)
    ]
