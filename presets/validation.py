"""From pydantic's findings to problems a musician can act on."""

from collections.abc import Collection, Generator, Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .builtins import suggestion
from .document import Problem, TomlDocument
from .key_lines import KeyPath
from .midi_sources import SOURCES
from .nodes import NODE_TYPES

Model = TypeVar("Model", bound=BaseModel)

_LONGEST_VALUE: Final = 40
_MOST_PROBLEMS: Final = 100

# What to say for an error of pydantic, by its type; {value} is what was written, the rest comes from its context.
_MESSAGES: Final = {
    "bool_type": "{value} is not a switch: use true or false",
    "finite_number": "{value} is not finite: use a number",
    "float_type": "{value} is not a number: use one without quotes",
    "int_type": "{value} is not a whole number: use one without quotes",
    "string_type": "{value} is not text: put it in quotes",
    "dict_type": "{value} is not a table",
    "model_type": "{value} is not a table",
    "tuple_type": "{value} is not an array",
    "greater_than_equal": "{value} is too small: use at least {ge:g}",
    "greater_than": "{value} is too small: use more than {gt:g}",
    "less_than_equal": "{value} is too large: use at most {le:g}",
    "literal_error": "{value} is not known: use {expected}",
    "string_pattern_mismatch": "{value} does not match {pattern}",
    "too_short": "too few elements: give at least {min_length}",
    "too_long": "too many elements: give at most {max_length}",
    "string_too_short": "the text is empty: fill it in, or leave the field out",
    "string_too_long": "the text is too long: use at most {max_length} characters",
    "missing": "is missing: add it",
    "one_control": f"names {{count}} controls: use exactly one of {', '.join(SOURCES)}",
}


def validate(document: TomlDocument, model: type[Model]) -> Model:
    """Read a document as `model`.

    Raises
    ------
    InvalidDocument
        Naming file, line and field of everything that does not fit.
    """
    try:
        return model.model_validate(dict(document.data))
    except ValidationError as error:
        found: dict[KeyPath, Problem] = {}
        for problem in _problems(error, document.data, model):
            found.setdefault(problem.path, problem)  # a union reports each of its members
        inner = {path[:end] for path in found for end in range(len(path))}  # an array with bad elements is no news
        raise document.error(problem for path, problem in found.items() if path not in inner or not path) from None


def _problems(error: ValidationError, data: Mapping[str, Any], model: type[BaseModel]) -> Generator[Problem]:
    for detail in error.errors(include_url=False)[:_MOST_PROBLEMS]:
        path, value = _locate(detail["loc"], data, keep_last=detail["type"] == "missing")
        yield Problem(path, _message(detail, path, value, data, model))


def _locate(location: KeyPath, document: Mapping[str, Any], *, keep_last: bool) -> tuple[KeyPath, Any]:
    """The place of an error in the document: pydantic's location without the members of unions it tried."""
    path: KeyPath = ()
    data: Any = document
    for position, part in enumerate(location):
        is_tag = isinstance(data, Mapping) and path and isinstance(path[-1], int) and data.get("type") == part
        if part in _keys(data) and not is_tag:
            data = data[part]
        elif not (keep_last and position == len(location) - 1):
            continue
        path += (part,)
    return path, data


def _keys(data: Any) -> Collection[str | int]:
    """The keys of a table, the indices of an array."""
    if isinstance(data, list):
        return range(len(data))
    return data.keys() if isinstance(data, Mapping) else ()


def _message(detail: ErrorDetails, path: KeyPath, value: Any, data: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        fields = _known_fields(path[:-1], data, model)
        return f"unknown field: {suggestion(str(path[-1]), dict.fromkeys(fields))}"
    if kind == "union_tag_not_found":
        return f"has no type: use one of {', '.join(NODE_TYPES)}"
    if kind == "union_tag_invalid":
        given = value.get("type")
        return f"type {given!r} is not known: {suggestion(str(given), dict.fromkeys(NODE_TYPES))}"
    shown = _shown(value)
    if context.get("expected") == "True":
        context = {"expected": "true"}
    if kind in _MESSAGES:
        return _MESSAGES[kind].format(value=shown, **context)
    return f"{shown}: {detail['msg']}"


def _known_fields(path: KeyPath, data: Any, record: type[BaseModel]) -> tuple[str, ...]:
    """Fields of the record at `path`, which goes from record to record."""
    candidates: list[type[BaseModel]] = [record]
    for part in path:
        data = data[part]
        if isinstance(part, str):
            fields = {field.alias or key: field.annotation for key, field in record.model_fields.items()}
            candidates = _records(fields[part])
        kind = data.get("type") if isinstance(data, Mapping) else None
        fitting = [c for c in candidates if len(candidates) == 1 or kind in get_args(c.model_fields["type"].annotation)]
        record = fitting[0] if fitting else record
    return tuple(field.alias or key for key, field in record.model_fields.items())


def _records(annotation: Any) -> list[type[BaseModel]]:
    """The records in an annotation, whatever is around them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [record for inner in get_args(annotation) for record in _records(inner)]


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
