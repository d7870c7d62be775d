"""Reading a stranger's JSON: bounded in size, never executed, every refusal naming the file and the field."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from ..description import ModelDescription
from ..errors import ModelError

LARGEST_FILE = 256 << 20  # bytes

Schema = TypeVar("Schema", bound=BaseModel)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file at `path`.

    Raises
    ------
    ModelError
        When the file cannot be read, is empty, larger than 256 MiB, not JSON, nested too deep or not an object.
    """
    if path.exists() and not path.is_file():
        raise ModelError(f"{path}: is not a file; name a model file (.nam or .json)")
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ModelError(f"{path}: {size >> 20} MiB is too large for a model file (at most {LARGEST_FILE >> 20})")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise ModelError(f"{path}: is not text; a model file is JSON (.nam or .json)") from None
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        reason = "is empty" if not text.strip() else f"is not JSON (line {error.lineno}: {error.msg})"
        raise ModelError(f"{path}: {reason}; the download may have been cut short") from None
    except RecursionError:
        raise ModelError(f"{path}: is not a model file: its lists are nested too deep") from None
    except ValueError as error:
        raise ModelError(f"{path}: is not a model file ({error})") from None
    if not isinstance(document, dict):
        raise ModelError(f"{path}: holds a JSON {type(document).__name__}, a model file holds an object")
    return document


def validated(path: Path, schema: type[Schema], value: Any, *, where: str = "") -> Schema:
    """Return `value` as `schema`; raise `ModelError` naming the file and the first wrong field."""
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in (where, *first["loc"]) if part != "")
        given = repr(first["input"])
        given = given if len(given) <= 40 else given[:37] + "..."
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ModelError(f"{path}: {field or 'the file'}: {first['msg']}, not {given}{more}") from None


def float32_array(path: Path, field: str, values: Any) -> NDArray[np.float32]:
    """Return nested lists of JSON numbers as float32; raise `ModelError` when they are anything else."""
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):  # of an integer beyond any float
        raise ModelError(f"{path}: {field}: must be numbers in lists of equal length") from None
    if not np.isfinite(array).all() or (np.abs(array) > np.finfo(np.float32).max).any():
        raise ModelError(f"{path}: {field}: contains NaN or infinity: the file is damaged or training diverged")
    return array.astype(np.float32)


def in_file(path: Path, build: Callable[[], Any]) -> Any:
    """Call `build`; a `ModelError` it raises without naming a file is raised again with it."""
    try:
        return build()
    except ModelError as error:
        if str(error).startswith(str(path)):
            raise
        raise ModelError(f"{path}: {error}") from None


def described(
    path: str | Path,
    document: dict[str, Any] | None,
    schema: type[Schema],
    describe: Callable[[Path, Schema, dict[str, Any]], ModelDescription],
) -> ModelDescription:
    """Read (unless the caller has it already) and check the JSON of a model file, and describe what is in it.

    Raises
    ------
    ModelError
        Naming the file and the field.
    """
    path = Path(path)
    content = read_json(path) if document is None else document
    file = validated(path, schema, content)
    return in_file(path, lambda: describe(path, file, content))


def knob_names(given: Any, usual: tuple[str, ...]) -> tuple[str, ...]:
    """The names a file gives its knobs, or the usual ones where it gives none, or not one different name for each."""
    if not isinstance(given, list) or not all(isinstance(name, str) and 0 < len(name) <= 64 for name in given):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return usual
    return tuple(given) if len(set(given)) == len(given) == len(usual) else usual  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
