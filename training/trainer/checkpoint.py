"""A training run on disk: it goes on after a kill as if nothing had happened, bit for bit.

The file is safetensors: the tensors of the network, its average, the optimiser and the network's memory, and one JSON
object under the key ``ampboard`` of the header.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, cast

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ...models.errors import ModelError
from ...models.writing import write_atomically
from .recipe import Recipe
from .trainer import Trainer

KEY: Final = "ampboard"
VERSION: Final = 1


@dataclass(frozen=True)
class Checkpoint:
    """What a file says beside its tensors.

    Attributes
    ----------
    step : int
        Updates done.
    recipe : Recipe
        Of the run; the schedule follows from it and the step alone.
    material : str
        Digest of the material.
    counters : mapping of str to float
        Processor time, running means.
    facts : mapping
        What the caller noted: architecture, device, seed, loss, the course of the validation.
    """

    step: int
    recipe: Recipe
    material: str
    counters: Mapping[str, float]
    facts: Mapping[str, Any]


def save_checkpoint(trainer: Trainer, path: Path, facts: Mapping[str, Any] | None = None) -> None:
    """Write a run; an older file stays until the new one is whole.

    Parameters
    ----------
    trainer : Trainer
        Between two updates.
    path : Path
        ``.safetensors``.
    facts : mapping, optional
        JSON values to keep with it.
    """
    header = {
        "version": VERSION,
        "step": trainer.step,
        "recipe": asdict(trainer.recipe),
        "material": trainer.material.digest,
        "counters": {
            "cpu_seconds": trainer.cpu_seconds,
            "loss_mean": trainer.loss_mean,
            "skipped": trainer.skipped,
            "usual_norm": trainer.clip.usual,
            "optimiser_steps": trainer.optimiser.steps,
        },
        "facts": dict(facts or {}),
    }
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in _tensors(trainer).items()}
    write_atomically(path, save(tensors, {KEY: json.dumps(header)}))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what a file says, without its tensors.

    Raises
    ------
    ModelError
        When the file is missing, damaged, or of another kind or version.
    """
    return _read(path)[0]


def resume(trainer: Trainer, path: Path) -> Checkpoint:
    """Put a run that was just made back to where a file left off.

    Parameters
    ----------
    trainer : Trainer
        With a network of the same shape, the same recipe and the same material.
    path : Path
        Written by `save_checkpoint`.

    Raises
    ------
    ModelError
        When the file is not of this run; the trainer is then unchanged.
    """
    checkpoint, stored = _read(path)
    if checkpoint.recipe != trainer.recipe:
        raise ModelError(f"{path}: was made with another recipe ({checkpoint.recipe}): start anew, or use that one")
    if checkpoint.material != trainer.material.digest:
        raise ModelError(f"{path}: was made on other recordings: start anew, or use the capture it was made on")
    places = _tensors(trainer)
    for name, place in places.items():
        if name not in stored or stored[name].shape != place.shape:
            raise ModelError(f"{path}: its {name} is missing or has another shape: it belongs to another network")
    for name, place in places.items():
        place.detach().copy_(stored[name])
    counters = checkpoint.counters
    trainer.step = checkpoint.step
    trainer.cpu_seconds, trainer.loss_mean = counters["cpu_seconds"], counters["loss_mean"]
    trainer.skipped = int(counters["skipped"])
    trainer.clip.usual = counters["usual_norm"]
    trainer.optimiser.steps = int(counters["optimiser_steps"])
    return checkpoint


def _tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Everything that changes during training, where it lies."""
    parts: dict[str, Mapping[str, Tensor]] = {
        "network": trainer.network.state_dict(),
        "average": _numbered(trainer.average.weights) if trainer.average else {},
        "memory": _numbered(trainer.memory),
        "optimiser": trainer.optimiser.tensors(),
    }
    return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}


def _numbered(tensors: Iterable[Tensor]) -> dict[str, Tensor]:
    return {str(number): tensor for number, tensor in enumerate(tensors)}


def _read(path: Path) -> tuple[Checkpoint, dict[str, Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            header = cast("dict[str, Any]", json.loads((file.metadata() or {})[KEY]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        if header["version"] != VERSION:
            raise ModelError(f"{path}: checkpoint version {header['version']}: this ampboard reads {VERSION}")
        known = {field.name for field in fields(Recipe)}
        recipe = Recipe(**{name: value for name, value in header["recipe"].items() if name in known})
        return Checkpoint(header["step"], recipe, header["material"], header["counters"], header["facts"]), tensors
    except FileNotFoundError:
        raise ModelError(f"{path}: no such checkpoint") from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: no checkpoint that can be read ({error}): start anew") from None
