"""Whole files to damage: models made here, the factory presets, and real models where a folder of them is at hand."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ampboard.models.description import LayerArray, ModelDescription, Recurrent, WaveNet
from ampboard.models.formats.nam import write_nam

REPOSITORY = Path(__file__).resolve().parents[2]
FACTORY = REPOSITORY / "presets" / "factory"
LARGEST_SEED = 500_000  # bytes: larger ones take too long to parse thousands of times


@dataclass(frozen=True)
class Seed:
    """A file to damage.

    Attributes
    ----------
    target : str
        What it is given to: a name in `child.TARGETS`.
    kind : str
        What the edits know about it: a kind of `mutation.mutate`.
    name : str
        Where a damaged copy is put, relative to a copy of the factory folder.
    content : bytes
        The file.
    """

    target: str
    kind: str
    name: str
    content: bytes


def seeds() -> tuple[Seed, ...]:
    """All files to damage."""
    return (
        *(Seed("model", "json", "case.nam", content) for content in _made_models()),
        *(Seed("model", "json", "case.json", content) for content in _real_models()),
        *(Seed("preset", "toml", "case.toml", path.read_bytes()) for path in sorted(FACTORY.glob("*.toml"))),
        *(
            Seed("setlist", "toml", "setlists/case.toml", path.read_bytes())
            for path in sorted(FACTORY.glob("setlists/*.toml"))
        ),
        *(Seed("midi", "midi", "case.mid", path.read_bytes()) for path in sorted(FACTORY.glob("recordings/*.mid"))),
    )


_STACK = LayerArray(1, 1, 4, 3, (1, 2, 4), "Tanh", False, 2, False)
_MADE = (
    WaveNet((_STACK, LayerArray(4, 1, 2, 2, (1, 8), "ReLU", True, 1, True))),
    WaveNet((LayerArray(1, 1, 3, 2, (1, 300), "LeakyReLU", False, 1, True),)),
    Recurrent("lstm", 1, 8, 1, initial_state=True),
    Recurrent("lstm", 1, 5, 2, initial_state=True),
)


def _made_models() -> Iterator[bytes]:
    random = np.random.default_rng(3)
    with TemporaryDirectory() as folder:
        path = Path(folder, "seed.nam")
        for architecture in _MADE:
            arrays = {
                name: random.uniform(-0.5, 0.5, shape).astype(np.float32)
                for name, shape in architecture.shapes().items()
            }
            write_nam(ModelDescription(architecture, arrays, 48_000, metadata={"name": "seed", "gain": 0.5}), path)
            yield path.read_bytes()
    yield json.dumps(_guitarml(knobs=0)).encode()
    yield json.dumps(_guitarml(knobs=2)).encode()


def _guitarml(*, knobs: int, hidden: int = 6) -> dict[str, Any]:
    random = np.random.default_rng(4)
    shapes = {
        "rec.weight_ih_l0": (4 * hidden, 1 + knobs),
        "rec.weight_hh_l0": (4 * hidden, hidden),
        "rec.bias_ih_l0": (4 * hidden,),
        "rec.bias_hh_l0": (4 * hidden,),
        "lin.weight": (1, hidden),
        "lin.bias": (1,),
    }
    data = {"model": "SimpleRNN", "unit_type": "LSTM", "input_size": 1 + knobs, "output_size": 1, "num_layers": 1}
    return {
        "model_data": data | {"hidden_size": hidden, "skip": 1, "bias_fl": True},
        "state_dict": {name: random.uniform(-0.5, 0.5, shape).tolist() for name, shape in shapes.items()},
    }


def _real_models() -> Iterator[bytes]:
    folder = Path(os.environ.get("AMPBOARD_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
    for path in sorted((*folder.rglob("*.nam"), *folder.rglob("*.json"))):
        if path.stat().st_size <= LARGEST_SEED:
            yield path.read_bytes()
