"""A capture as a folder: FLAC files of 24 bit, `capture.toml`, and a report of the checks to read.

Inputs are `input.flac` (or `input-1.flac` and so on, where takes differ in it), outputs `output.flac` or
`output-1.flac` and so on. The outputs are aligned: their latency is written down and taken out.
"""

import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

import numpy as np
import soundfile
import tomli_w
from numpy.typing import NDArray

from ...models.errors import AudioError, ParameterError
from .capture import SEVERITIES, USES, Capture, Finding, Passage, Take
from .recordings import os_words, scale_of, sound_words, write_24_bit
from .report import report

FORMAT: Final = 1
TABLE: Final = "capture.toml"
REPORT: Final = "report.md"
PLAIN: Final = {"name": str, "sample_rate": int, "layout": str}
LEVELS: Final = ("input_level_dbu", "output_level_dbu")

Row = TypeVar("Row", Passage, Finding)


def save_capture(capture: Capture, folder: str | Path, *, overwrite: bool = False) -> None:
    """Write a capture; the folder is there when all of it is written, and not before.

    Parameters
    ----------
    capture : Capture
        What to write.
    folder : str or Path
        To make.
    overwrite : bool
        Whether a capture that is already there may be replaced. Any other folder stays.

    Raises
    ------
    ParameterError
        When the folder exists and must stay.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / TABLE).is_file():
        raise ParameterError(f"{folder}: exists and is no capture; use another name")
    if folder.exists() and not overwrite:
        raise ParameterError(f"{folder}: exists; use --overwrite, or another name")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        new = temporary / "new"
        new.mkdir()
        _write(capture, new)
        if folder.exists():
            folder.rename(temporary / "old")
        new.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def load_capture(folder: str | Path) -> Capture:
    """Read a capture.

    Raises
    ------
    AudioError
        When the folder is no capture, or a file or a field of it is missing or wrong.
    """
    folder = Path(folder)
    path = folder / TABLE
    if not folder.exists():
        raise AudioError(f"{folder}: no such folder; give the folder of a capture, made by `ampboard capture`")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AudioError(
            f"{path}: cannot be read ({os_words(error)}); a capture is made by `ampboard capture`"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AudioError(f"{path}: cannot be read ({error}); a capture is made by `ampboard capture`") from error
    if table.get("format") != FORMAT:
        raise AudioError(f"{path}: format is {table.get('format')!r}, this version reads {FORMAT}; update ampboard")
    plain: dict[str, Any] = {name: _value(table, name, kind, path) for name, kind in PLAIN.items()}
    plain |= {name: float(_value(table, name, (int, float), path)) for name in LEVELS if name in table}
    files: dict[str, NDArray[np.float32]] = {}
    try:
        capture = Capture(
            takes=tuple(_take(row, folder, plain["sample_rate"], files) for row in _rows(table, "takes", path)),
            passages=tuple(_row(Passage, row, path) for row in _rows(table, "passages", path)),
            knobs=tuple(_names(table, "knobs", path)),
            findings=tuple(_row(Finding, row, path) for row in _rows(table, "findings", path)),
            ignored=tuple(_names(table, "ignored", path)),
            gear={key: str(value) for key, value in _value(table, "gear", dict, path).items()},
            **plain,
        )
    except ParameterError as error:
        raise AudioError(f"{path}: {error}") from error
    last = max((passage.stop for passage in capture.passages), default=0)
    short = next((take for take in capture.takes if take.audio.size < last), None)
    if short is not None:
        raise AudioError(f"{path}: take {short.name} has {short.audio.size} frames, the passages need {last}")
    return capture


def _write(capture: Capture, folder: Path) -> None:
    inputs: list[NDArray[np.float32]] = []
    for take in capture.takes:
        if not any(take.audio is known or np.array_equal(take.audio, known) for known in inputs):
            inputs.append(take.audio)
    takes: list[dict[str, Any]] = []
    for number, take in enumerate(capture.takes, 1):
        index = next(i for i, known in enumerate(inputs) if take.audio is known or np.array_equal(take.audio, known))
        takes.append(
            {
                "name": take.name,
                "input": "input.flac" if len(inputs) == 1 else f"input-{index + 1}.flac",
                "output": "output.flac" if len(capture.takes) == 1 else f"output-{number}.flac",
                "input_scale": scale_of(take.audio),
                "output_scale": scale_of(take.target),
                "knobs": list(take.knobs),
                "latency_frames": take.latency_frames,
                "uses": list(take.uses),
            }
        )
    for take, row in zip(capture.takes, takes, strict=True):
        for audio, which in ((take.audio, "input"), (take.target, "output")):
            path = folder / row[which]
            if not path.exists():
                write_24_bit(path, audio, capture.sample_rate, scale=row[f"{which}_scale"])
    table: dict[str, Any] = {
        "format": FORMAT,
        **{name: getattr(capture, name) for name in PLAIN},
        **{name: getattr(capture, name) for name in LEVELS if getattr(capture, name) is not None},
        "knobs": list(capture.knobs),
        "ignored": list(capture.ignored),
        "gear": dict(capture.gear),
        "takes": takes,
        "passages": [asdict(passage) for passage in capture.passages],
        "findings": [asdict(finding) for finding in capture.findings],
    }
    (folder / TABLE).write_text(tomli_w.dumps(table), encoding="utf-8")
    (folder / REPORT).write_text(report(capture), encoding="utf-8")


def _take(row: Mapping[str, Any], folder: Path, sample_rate: int, files: dict[str, NDArray[np.float32]]) -> Take:
    path = folder / TABLE
    name = _value(row, "name", str, path)
    sounds = [
        _sound(folder, _value(row, which, str, path), sample_rate, files)
        * np.float32(_value(row, f"{which}_scale", (int, float), path))
        for which in ("input", "output")
    ]
    uses = _names(row, "uses", path)
    if any(use not in USES for use in uses):
        raise AudioError(f"{path}: take {name}: uses is {uses!r}; use {', '.join(USES)}")
    return Take(
        name,
        sounds[0],
        sounds[1],
        tuple(float(value) for value in _value(row, "knobs", list, path)),
        _value(row, "latency_frames", int, path),
        tuple(use for use in USES if use in uses),  # pyright: ignore[reportArgumentType]
    )


def _sound(folder: Path, name: str, sample_rate: int, files: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    if name in files:
        return files[name]
    path = folder / name
    if Path(name).name != name:
        raise AudioError(f"{folder / TABLE}: {name!r} is not a file in the capture's own folder")
    try:
        audio, rate = soundfile.read(path, dtype="float32")
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioError(f"{path}: cannot be read ({sound_words(path, error)}); capture the device again") from error
    if audio.ndim != 1 or rate != sample_rate:
        raise AudioError(f"{path}: is not mono at {sample_rate} Hz, as {TABLE} says; capture the device again")
    return files.setdefault(name, np.asarray(audio, np.float32))


def _value(table: Mapping[str, Any], name: str, kind: type | tuple[type, ...], path: Path) -> Any:
    value = table.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        expected = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise AudioError(f"{path}: {name} is {value!r}; it should be {expected}")
    return value


def _names(table: Mapping[str, Any], name: str, path: Path) -> list[str]:
    values = _value(table, name, list, path)
    if not all(isinstance(value, str) for value in values):
        raise AudioError(f"{path}: {name} is {values!r}; it should be names")
    return values


def _rows(table: Mapping[str, Any], name: str, path: Path) -> list[Mapping[str, Any]]:
    rows = _value(table, name, list, path)
    if not all(isinstance(row, dict) for row in rows):
        raise AudioError(f"{path}: {name} should be tables")
    return rows


def _row(kind: type[Row], row: Mapping[str, Any], path: Path) -> Row:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        expected = {int: int, float: (int, float), bool: bool}.get(hints[field.name], str)
        values[field.name] = _value(row, field.name, expected, path)
    if kind is Finding and values["severity"] not in SEVERITIES:
        raise AudioError(f"{path}: severity is {values['severity']!r}; use {', '.join(SEVERITIES)}")
    return kind(**values)
