"""Snapshots: settings inside a preset that are recalled together, while its sound goes on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field

from .nodes import Identifier, Record

BYPASS: Final = "bypass"


class Snapshot(Record):
    """What is otherwise than the preset says."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
    values: dict[str, float | bool] = Field(
        default_factory=dict, description='Parameters: "amp.input_db" = 3.0, with the name in quotes.'
    )
    bypass: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(), description="Nodes that are switched off."
    )
    on: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(), description="Nodes that are switched on."
    )

    @property
    def settings(self) -> Mapping[str, float]:
        """Everything it says, by target: ``amp.input_db``, ``hall.bypass``."""
        switched = {f"{node}.{BYPASS}": 1.0 for node in self.bypass} | {f"{node}.{BYPASS}": 0.0 for node in self.on}
        return {target: float(value) for target, value in self.values.items()} | switched


def snapshot_targets(snapshots: Iterable[Snapshot]) -> tuple[str, ...]:
    """All parameters that any of the snapshots sets: the others hold them at what the preset says."""
    return tuple(dict.fromkeys(target for snapshot in snapshots for target in snapshot.settings))


def find_snapshot(snapshots: Sequence[Snapshot], name: str) -> int | None:
    """Index of the snapshot of that name."""
    return next((index for index, snapshot in enumerate(snapshots) if snapshot.name == name), None)
