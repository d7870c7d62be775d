"""The model files: one for each format that has a counterpart of the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...models.architectures.pedalnet import PedalNet
from ...models.architectures.stateless_lstm import StatelessLstm
from ...models.description import Architecture, Container, ModelDescription, Recurrent, WaveNet
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

GUITARML_PLAYERS: Final = {"Proteus": (40, 1), "NeuralPi": (20, 2)}
"""GuitarML's plugins: the cells of the one LSTM layer they play beside the dry input, and the most knobs."""
AIDA_X: Final = (8, 12, 16, 20, 32, 40, 64)
AIDA_X_KNOBS: Final = 2
EXAMPLE_FRAMES: Final = 2048


@dataclass(frozen=True)
class Export:
    """A format.

    Attributes
    ----------
    made_for, suffix : str
        The programs whose format it is, and how its files' names end.
    write : callable
        ``write(description, path)`` returns who plays the file. Raises `ModelError` when the format has no counterpart.
    holds : callable
        Whether it has networks of this kind at all.
    instead : str
        What can be trained for it, in words.
    """

    made_for: str
    suffix: str
    write: Callable[[ModelDescription, Path], "Written"]
    holds: Callable[[Architecture], bool]
    instead: str


@dataclass(frozen=True)
class Written:
    """A file: the programs beside ampboard that play it as it is meant, and what there is to know about it."""

    players: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Exports:
    """What became of a model.

    Attributes
    ----------
    paths : mapping of str to Path
        The files by format.
    players : mapping of str to tuple of str
        The programs beside ampboard that play each; none where only ampboard does.
    notes : mapping of str to str
        What there is to know about some of them.
    left_out : mapping of str to str
        Why the other formats cannot hold it.
    """

    paths: Mapping[str, Path]
    players: Mapping[str, tuple[str, ...]]
    notes: Mapping[str, str]
    left_out: Mapping[str, str]

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each file, the main one first, and one for each format that has none."""
        files = [
            f"{format}: {path}, plays in {', '.join(('ampboard', *self.players[format]))}"
            f"{' (the model to load)' if not number else ''}{f'. {note}' if (note := self.notes.get(format)) else ''}"
            for number, (format, path) in enumerate(self.paths.items())
        ]
        return (*files, *self.missing)

    @property
    def missing(self) -> tuple[str, ...]:
        """A line for each format that has no file."""
        return tuple(f"no file for {EXPORTS[format].made_for}: {reason}" for format, reason in self.left_out.items())


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
    players: dict[str, tuple[str, ...]] = {}
    notes: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for format, way in EXPORTS.items():
        path = folder / f"{name}{way.suffix}"
        try:
            written = way.write(description, path)
        except ModelError as error:
            held = way.holds(description.architecture)
            left_out[format] = str(error).removeprefix(f"{path}: ") if held else _why(way, description)
        else:
            paths[format], players[format] = path, written.players
            if written.note:
                notes[format] = written.note
    if not paths:
        reasons = "; ".join(f"{format}: {reason}" for format, reason in left_out.items())
        raise ModelError(f"{name}: no model format holds this network ({reasons})")
    return Exports(paths, players, notes, left_out)


def exported_names(name: str) -> Sequence[str]:
    """Names of all the files that `export` may write."""
    return tuple(f"{name}{way.suffix}" for way in EXPORTS.values())


def _why(way: Export, description: ModelDescription) -> str:
    network = description.architecture
    kind = network.kind.upper() if isinstance(network, Recurrent) else NETWORKS.get(type(network), "network of its own")
    return f"this is {'an' if kind[0] in 'AEIOL' else 'a'} {kind}; {way.instead}"


def _write_nam(description: ModelDescription, path: Path) -> Written:
    note = ""
    network = description.architecture
    if isinstance(network, Recurrent) and network.kind == "lstm" and network.skip:
        description = with_dry_path(description, skip=False)
        note = "One cell more than was trained carries the dry input, which a .nam file has no place for beside them."
    write_nam(description, path)
    if description.knobs:
        own = "Its knobs are ampboard's own: Neural Amp Modeler's plugin does not load it."
        return Written((), f"{note} {own}".strip())
    return Written(("Neural Amp Modeler",), note)


def _write_guitarml(description: ModelDescription, path: Path) -> Written:
    network = description.architecture
    if isinstance(network, Recurrent) and network.layers == 1:
        description = with_dry_path(_from_zeros(description), skip=True)
        cells, knobs = network.hidden_size + (not network.skip), len(description.knobs)
        fitting = [size for size, most in GUITARML_PLAYERS.values() if cells <= size and knobs <= most]
        if network.kind == "lstm" and fitting and cells not in fitting:
            description = with_cells(description, fitting[0])
    write_guitarml(description, path)
    players = _guitarml_players(description)
    if not players:
        return Written((), _no_guitarml_plugin(description))
    return Written(players, _only_at(GUITARML_RATE, description))


def _guitarml_players(description: ModelDescription) -> tuple[str, ...]:
    network, knobs = description.architecture, len(description.knobs)
    assert isinstance(network, Recurrent)
    if network.kind != "lstm" or network.layers != 1 or not network.skip:
        return ()
    return tuple(n for n, (cells, most) in GUITARML_PLAYERS.items() if network.hidden_size == cells and knobs <= most)


def _no_guitarml_plugin(description: ModelDescription) -> str:
    """Why no plugin loads the file, and what to train for one that does."""
    network, knobs = description.architecture, len(description.knobs)
    assert isinstance(network, Recurrent)
    ways = [
        f"--arch {name.lower()} ({cells} cells)" for name, (cells, most) in GUITARML_PLAYERS.items() if knobs <= most
    ]
    if not ways:
        return f"No GuitarML plugin plays {knobs} knobs: Proteus has one, NeuralPi two."
    plain = network.kind == "lstm" and network.layers == 1
    what = (
        f"this size, {network.hidden_size} cells{f' with {knobs} knobs' if knobs else ''}" if plain else "this network"
    )
    return f"No GuitarML plugin plays {what}: train with {' or '.join(ways)}."


def _write_aida_x(description: ModelDescription, path: Path) -> Written:
    network = description.architecture
    if not isinstance(network, Recurrent):
        write_rtneural(description, path)
        return Written(("RTNeural",))
    description = _from_zeros(description)
    fitting = [size for size in AIDA_X if size >= network.hidden_size]
    fits = network.layers == 1 and bool(fitting) and len(description.knobs) <= AIDA_X_KNOBS
    if fits:
        description = with_cells(description, fitting[0])
    write_rtneural(description, path, example=_example(description))
    note = f"AIDA-X plays one layer of up to {AIDA_X[-1]} cells with up to {AIDA_X_KNOBS} knobs."
    return Written(("AIDA-X", "RTNeural")) if fits else Written(("RTNeural",), note)


def _example(description: ModelDescription) -> tuple[np.ndarray, np.ndarray]:
    """Input, of shape (frames, inputs), and output, of shape (frames,): a decaying note, knobs in the middle."""
    model = Model(description)
    time = np.arange(EXAMPLE_FRAMES) / model.sample_rate
    note = (0.5 * np.sin(2 * np.pi * 110 * time) * np.exp(-20 * time)).astype(np.float32)
    knobs = np.full((EXAMPLE_FRAMES, len(description.knobs)), 0.5, np.float32)
    instance = KernelInstance(model.kernel, sample_rate=model.sample_rate, channels=1)
    return np.column_stack([note, knobs]), instance.process(note[None])[0]


def _write_smartamppro(description: ModelDescription, path: Path) -> Written:
    write_smartamppro(replace(description, document=None), path)
    network = description.architecture
    assert isinstance(network, StatelessLstm)
    if description.knobs:
        return Written((), "Its knobs are ampboard's own: the SmartAmpPro plugin has none.")
    if network.steps > 1:
        return Written((), f"The SmartAmpPro plugin runs one step of the LSTM a frame; this hears {network.steps}.")
    return Written(("SmartAmpPro",), _only_at(GUITARML_RATE, description))


def _write_pedalnet(description: ModelDescription, path: Path) -> Written:
    write_pedalnet(replace(description, document=None), path)
    return Written(("PedalNetRT",), _only_at(GUITARML_RATE, description))


def _only_at(rate: int, description: ModelDescription) -> str:
    if description.sample_rate in (None, rate):
        return ""
    return f"There it runs at {rate} Hz; it was trained at {description.sample_rate} Hz."


def _from_zeros(description: ModelDescription) -> ModelDescription:
    """Without the stored state: these players start from zeros."""
    network = description.architecture
    assert isinstance(network, Recurrent)
    network = replace(network, initial_state=False)
    arrays = {name: description.arrays[name] for name in network.shapes()}
    return replace(description, architecture=network, arrays=arrays, prewarm_frames=0, document=None)


NETWORKS: Final[Mapping[type[Any], str]] = {
    WaveNet: "WaveNet",
    Container: "A2 model",
    StatelessLstm: "LSTM behind convolutions",
}
"""What musicians call a network."""


def _is_nam(network: Architecture) -> bool:
    return isinstance(network, WaveNet | Container) or (isinstance(network, Recurrent) and network.kind == "lstm")


EXPORTS: Final[Mapping[str, Export]] = {
    "nam": Export("Neural Amp Modeler", ".nam", _write_nam, _is_nam, "for one train with --arch wavenet, a2 or lstm"),
    "guitarml": Export(
        "Proteus and NeuralPi",
        ".guitarml.json",
        _write_guitarml,
        lambda network: isinstance(network, Recurrent),
        "for one train with --arch proteus or --arch neuralpi",
    ),
    "aida-x": Export(
        "AIDA-X",
        ".aidax.json",
        _write_aida_x,
        lambda network: isinstance(network, Recurrent),
        "for one train with --arch lstm or --arch gru",
    ),
    "smartamppro": Export(
        "SmartAmpPro",
        ".smartamppro.json",
        _write_smartamppro,
        lambda network: isinstance(network, StatelessLstm),
        "its format knows --arch smartamppro and convlstm alone",
    ),
    "pedalnet": Export(
        "PedalNetRT",
        ".pedalnet.json",
        _write_pedalnet,
        lambda network: isinstance(network, PedalNet),
        "it plays WaveNets of its own alone, which are not trained here",
    ),
}
"""Formats by name; the first that can hold a model is its main file."""
