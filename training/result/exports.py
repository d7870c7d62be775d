"""The model files: one for each format that has a counterpart of the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ...models.description import ModelDescription, Recurrent
from ...models.errors import ModelError
from ...models.formats.guitarml import SAMPLE_RATE as GUITARML_RATE
from ...models.formats.guitarml import write_guitarml
from ...models.formats.nam import write_nam
from ...models.formats.pedalnet import write_pedalnet
from ...models.formats.rtneural import write_rtneural
from ...models.formats.smartamppro import write_smartamppro
from ...models.kernels.instance import KernelInstance
from ...models.model import Model
from .dry_path import with_cells, with_dry_path

PROTEUS, NEURALPI = 40, 20  # cells of the LSTMs that these plugins play
AIDA_X: Final = (8, 12, 16, 20, 32, 40, 64)
AIDA_X_KNOBS: Final = 2
EXAMPLE_FRAMES: Final = 2048


@dataclass(frozen=True)
class Export:
    """A format.

    Attributes
    ----------
    players : str
        What plays it, beside ampboard.
    suffix : str
        Of the files.
    write : callable
        ``write(description, path)``; returns what there is to know about the file, or nothing. Raises `ModelError` when
        the format has no counterpart.
    """

    players: str
    suffix: str
    write: Callable[[ModelDescription, Path], str]


@dataclass(frozen=True)
class Exports:
    """What became of a model.

    Attributes
    ----------
    paths : mapping of str to Path
        The files by format.
    notes : mapping of str to str
        What there is to know about some of them.
    left_out : mapping of str to str
        Why the other formats cannot hold it.
    """

    paths: Mapping[str, Path]
    notes: Mapping[str, str]
    left_out: Mapping[str, str]


def export(description: ModelDescription, folder: Path, name: str) -> Exports:
    """Write a model in every format that can hold it; each file is complete or not there.

    Parameters
    ----------
    description : ModelDescription
        The model, with its metadata.
    folder : Path
        Where the files go.
    name : str
        What they are called, without suffix.

    Raises
    ------
    ModelError
        When no format can hold it.
    """
    paths: dict[str, Path] = {}
    notes: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for format, way in EXPORTS.items():
        path = folder / f"{name}{way.suffix}"
        try:
            note = way.write(description, path)
        except ModelError as error:
            left_out[format] = str(error).removeprefix(f"{path}: ")
        else:
            paths[format] = path
            if note:
                notes[format] = note
    if not paths:
        reasons = "; ".join(f"{format}: {reason}" for format, reason in left_out.items())
        raise ModelError(f"{name}: no model format holds this network ({reasons})")
    return Exports(paths, notes, left_out)


def exported_names(name: str) -> Sequence[str]:
    """Names of all the files that `export` may write."""
    return tuple(f"{name}{way.suffix}" for way in EXPORTS.values())


def _write_nam(description: ModelDescription, path: Path) -> str:
    note = ""
    network = description.architecture
    if isinstance(network, Recurrent) and network.kind == "lstm" and network.skip:
        description = with_dry_path(description, skip=False)
        note = "One cell more than was trained carries the dry input, which a .nam file has no place for beside them."
    write_nam(description, path)
    if description.knobs:
        note = f"{note} Its knobs are ampboard's own: other players do not know them.".strip()
    return note


def _write_guitarml(description: ModelDescription, path: Path) -> str:
    network = description.architecture
    if isinstance(network, Recurrent) and network.layers == 1:
        description = with_dry_path(_from_zeros(description), skip=True)
        cells = _cells(description)
        if network.kind == "lstm" and cells < PROTEUS and cells != NEURALPI:
            description = with_cells(description, PROTEUS)
    write_guitarml(description, path)
    network = description.architecture
    assert isinstance(network, Recurrent)
    notes: list[str] = []
    if network.kind != "lstm" or network.layers != 1 or network.hidden_size not in (PROTEUS, NEURALPI):
        notes.append(
            f"GuitarML's own plugins play LSTMs of {PROTEUS} cells (Proteus) or {NEURALPI} (NeuralPi), dry input "
            f"included; this has {network.hidden_size} {network.kind.upper()} cells. Train one that fits: "
            "ampboard train --arch proteus, or neuralpi."
        )
    if description.sample_rate not in (None, GUITARML_RATE):
        notes.append(f"They run at {GUITARML_RATE} Hz; this was trained at {description.sample_rate} Hz.")
    return " ".join(notes)


def _write_aida_x(description: ModelDescription, path: Path) -> str:
    network = description.architecture
    note = ""
    if isinstance(network, Recurrent):
        description = _from_zeros(description)
        fitting = [size for size in AIDA_X if size >= network.hidden_size]
        if network.layers == 1 and fitting and len(description.knobs) <= AIDA_X_KNOBS:
            description = with_cells(description, fitting[0])
        else:
            note = f"AIDA-X plays one layer of up to {AIDA_X[-1]} cells with up to {AIDA_X_KNOBS} knobs."
        write_rtneural(description, path, example=_example(description))
        return note
    write_rtneural(description, path)
    return note


def _example(description: ModelDescription) -> tuple[np.ndarray, np.ndarray]:
    """Input, of shape (frames, inputs), and output, of shape (frames,): a decaying note, knobs in the middle."""
    model = Model(description)
    time = np.arange(EXAMPLE_FRAMES) / model.sample_rate
    note = (0.5 * np.sin(2 * np.pi * 110 * time) * np.exp(-20 * time)).astype(np.float32)
    knobs = np.full((EXAMPLE_FRAMES, len(description.knobs)), 0.5, np.float32)
    instance = KernelInstance(model.kernel, sample_rate=model.sample_rate, channels=1)
    return np.column_stack([note, knobs]), instance.process(note[None])[0]


def _write_smartamppro(description: ModelDescription, path: Path) -> str:
    write_smartamppro(replace(description, document=None), path)
    return _only_at(GUITARML_RATE, description)


def _write_pedalnet(description: ModelDescription, path: Path) -> str:
    write_pedalnet(replace(description, document=None), path)
    return _only_at(GUITARML_RATE, description)


def _only_at(rate: int, description: ModelDescription) -> str:
    if description.sample_rate in (None, rate):
        return ""
    return f"GuitarML's plugins run it at {rate} Hz; this was trained at {description.sample_rate} Hz."


def _from_zeros(description: ModelDescription) -> ModelDescription:
    """Without the stored state: these players start from zeros."""
    network = description.architecture
    assert isinstance(network, Recurrent)
    network = replace(network, initial_state=False)
    arrays = {name: description.arrays[name] for name in network.shapes()}
    return replace(description, architecture=network, arrays=arrays, prewarm_frames=0, document=None)


def _cells(description: ModelDescription) -> int:
    assert isinstance(description.architecture, Recurrent)
    return description.architecture.hidden_size


EXPORTS: Final[Mapping[str, Export]] = {
    "nam": Export("Neural Amp Modeler", ".nam", _write_nam),
    "guitarml": Export("Proteus, NeuralPi", ".guitarml.json", _write_guitarml),
    "aida-x": Export("AIDA-X, RTNeural", ".aidax.json", _write_aida_x),
    "smartamppro": Export("SmartAmpPro", ".smartamppro.json", _write_smartamppro),
    "pedalnet": Export("PedalNetRT", ".pedalnet.json", _write_pedalnet),
}
"""Formats by name; the first that can hold a model is its main file."""
