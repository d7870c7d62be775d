"""The table of controls: one of mind with the fields of a mapping, with mido, and with the documentation."""

from pathlib import Path

import annotated_types
import mido
import pytest
from pydantic.fields import FieldInfo

from ampboard.presets import ControlMapping
from ampboard.presets.midi_sources import (
    COMMANDS,
    DEFAULTS,
    SOURCES,
    command_table,
    default_for,
    default_table,
    source_table,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"


def highest(field: FieldInfo) -> int | None:
    """The largest number a field may have."""
    found = [*field.metadata, *(m for arm in getattr(field.annotation, "__args__", ()) for m in metadata(arm))]
    for bound in found:
        if isinstance(bound, FieldInfo):
            return highest(bound)
        if isinstance(bound, annotated_types.Le):
            return int(bound.le)
        if isinstance(bound, annotated_types.Lt):
            return int(bound.lt) - 1
    return None


def metadata(annotation: object) -> tuple[object, ...]:
    return getattr(annotation, "__metadata__", ())


@pytest.mark.parametrize("name", SOURCES)
def test_fields_of_a_mapping_allow_what_the_table_says(name: str) -> None:
    source = SOURCES[name]
    assert highest(ControlMapping.model_fields[name]) == source.largest
    numbers = (True,) if source.largest is None else (0, source.largest)
    for number in numbers:
        mapping = ControlMapping(**{name: number, "target": "amp.mix"})
        assert (mapping.source, mapping.number) == (source, 0 if number is True else number)


@pytest.mark.parametrize("name", SOURCES)
def test_messages_are_those_of_the_midi_specification(name: str) -> None:
    """mido knows them too."""
    source = SOURCES[name]
    number, value, channel = (source.largest or 0) // 3, source.largest_value - 5, 7
    cc = {"type": "control_change", "channel": channel - 1}
    expected = {
        "cc": [cc | {"control": number, "value": value}],
        "cc14": [
            cc | {"control": number, "value": value // 128},
            cc | {"control": number + 32, "value": value % 128},
        ],
        "nrpn": [
            cc | {"control": 99, "value": number // 128},
            cc | {"control": 98, "value": number % 128},
            cc | {"control": 6, "value": value // 128},
            cc | {"control": 38, "value": value % 128},
        ],
        "note": [{"type": "note_on", "channel": channel - 1, "note": number, "velocity": value}],
        "program": [{"type": "program_change", "channel": channel - 1, "program": number}],
        "pitch_bend": [{"type": "pitchwheel", "channel": channel - 1, "pitch": value - 8192}],
        "pressure": [{"type": "aftertouch", "channel": channel - 1, "value": value}],
    }[name]
    encoded = source.encode(channel, number, value)
    assert encoded == tuple(bytes(mido.Message(**fields).bytes()) for fields in expected)


def test_defaults_do_not_overlap_and_name_what_there_is() -> None:
    controls = [control for row in DEFAULTS for control in range(row.first, row.last + 1)]
    assert len(controls) == len(set(controls))
    assert all(row.target in COMMANDS or row.target == "node.bypass" for row in DEFAULTS)
    assert default_for(105) == default_for(102) != default_for(101)


@pytest.mark.parametrize(
    ("page", "table"), [("live.md", default_table()), ("presets.md", source_table()), ("presets.md", command_table())]
)
def test_the_documentation_shows_the_tables(page: str, table: str) -> None:
    assert table in (DOCS / page).read_text(encoding="utf-8")
