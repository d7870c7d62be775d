"""From one model file to another, where both formats know the network: the weights stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .description import DEFAULT_SAMPLE_RATE, ModelDescription, Recurrent
from .errors import ModelError
from .formats import read_model
from .formats.guitarml import write_guitarml
from .formats.nam import write_nam
from .formats.rtneural import write_rtneural


@dataclass(frozen=True)
class Target:
    """A format to convert to: the suffix that stands for it, and what it can hold."""

    suffix: str
    write: Callable[[ModelDescription, Path], None]
    holds: str


TARGETS: Final[Mapping[str, Target]] = {
    "nam": Target(".nam", write_nam, "WaveNets, and LSTMs without a skip connection"),
    "aida-x": Target(".json", write_rtneural, "LSTMs, GRUs and layers one behind the other"),
    "guitarml": Target(".json", write_guitarml, "LSTMs and GRUs"),
}
"""Formats by the names that users give; a suffix stands for the first that has it."""


def convert_model(source: str | Path, target: str | Path, *, format: str | None = None) -> ModelDescription:
    """Write the model in one file as another kind of file.

    The network is the same, and so is the sound, but for the first second: a ``.nam`` file starts an LSTM from a
    state of its own and lets half a second of silence run, the others start from zeros. What a file says beside the
    model goes along where the target has a place for it (not in GuitarML json). A file of the target's own format is
    written as it was read, unknown keys included.

    Parameters
    ----------
    source : str or Path
        A model file of any format.
    target : str or Path
        The file to write; an existing one is replaced when the new one is complete.
    format : {"nam", "aida-x", "guitarml"}, optional
        Kind of the target; by default its suffix decides: ``.nam``, or ``.json`` for AIDA-X.

    Returns
    -------
    ModelDescription
        What was written.

    Raises
    ------
    ModelError
        When the source cannot be read, the format is not known or cannot hold the network, or both files are the same.

    Examples
    --------
    >>> convert_model("crunch.json", "crunch.nam")  # doctest: +SKIP
    """
    source, target = Path(source), Path(target)
    chosen = _target(target, format)
    if target.exists() and target.samefile(source):
        raise ModelError(f"{target}: is the file to convert itself: name another one")
    read, description = read_model(source)
    if read.write is not chosen.write:
        description = _from_zeros(description)
    try:
        chosen.write(description, target)
    except ModelError:
        raise ModelError(
            f"{source}: cannot become {target.name}: that format holds {chosen.holds}; this is {_words(description)} "
            f"({read.name})"
        ) from None
    return description


def _target(path: Path, format: str | None) -> Target:
    if format is not None:
        if format not in TARGETS:
            raise ModelError(f"{path}: format {format!r} is not known: use {', '.join(TARGETS)}")
        return TARGETS[format]
    for target in TARGETS.values():
        if path.suffix.lower() == target.suffix:
            return target
    raise ModelError(f"{path}: the suffix {path.suffix!r} names no format: use .nam or .json, or give the format")


def _from_zeros(description: ModelDescription) -> ModelDescription:
    """Return the model for any file: with a rate, no initial state, and nothing of the file it came from."""
    rate = description.sample_rate or DEFAULT_SAMPLE_RATE
    description = replace(description, sample_rate=rate, document=None)
    if not isinstance(description.architecture, Recurrent):
        return description
    architecture = replace(description.architecture, initial_state=False)
    arrays = {name: description.arrays[name] for name in architecture.shapes()}
    return replace(description, architecture=architecture, arrays=arrays, prewarm_frames=0)


def _words(description: ModelDescription) -> str:
    """The network in words, with what a format may be unable to hold."""
    network = description.architecture
    if not isinstance(network, Recurrent):
        return f"a {type(network).__name__}"
    features = [f"{len(description.knobs)} knob(s)"] if description.knobs else []
    features += ["a skip connection"] if network.skip else []
    article = "an LSTM" if network.kind == "lstm" else "a GRU"
    return f"{article} with {' and '.join(features)}" if features else article
