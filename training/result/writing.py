"""Everything that comes out of a training run, in one folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ...models.description import ModelDescription
from ...models.errors import ParameterError
from ...models.model import Model
from ...models.writing import check_target, write_atomically
from ..data.material import Material
from .exports import Exports, export, exported_names
from .listening import players
from .measures import Judgement, judge
from .metadata import Captured, name_plate
from .report import Progress, write_report
from .verdict import Verdict, give_verdict

REPORT: Final = "report.html"
NUMBERS: Final = "result.json"


@dataclass(frozen=True, eq=False)
class Result:
    """What came out.

    Attributes
    ----------
    folder : Path
        Where it all is.
    paths : mapping of str to Path
        The model files by format: ``nam``, ``guitarml``, ``aida-x``, ``smartamppro``, ``pedalnet``, as far as they
        can hold the network; the first is the main one.
    report : Path
        The page to look at.
    numbers : Path
        The same in JSON.
    esr : float
        Error-to-signal ratio on what was kept back, the mean over the settings of the knobs.
    verdict : Verdict
        What that means.
    judged : Judgement
        All measures.
    left_out : mapping of str to str
        Why the other formats cannot hold the network.
    lines : tuple of str
        For a terminal, behind the verdict's sentence: its remarks, a line for each model file (format, path, what plays
        it; the main one first), and one for each format that has none, with the reason.
    """

    folder: Path
    paths: Mapping[str, Path]
    report: Path
    numbers: Path
    esr: float
    verdict: Verdict
    judged: Judgement
    left_out: Mapping[str, str]
    lines: tuple[str, ...]

    @property
    def main(self) -> Path:
        """The model file to load: the first of `paths`."""
        return next(iter(self.paths.values()))


def write_result(
    description: ModelDescription,
    material: Material,
    folder: str | Path,
    *,
    capture: Captured | None = None,
    history: Sequence[Progress] = (),
    training: Mapping[str, Any] | None = None,
    name: str = "",
    overwrite: bool = False,
) -> Result:
    """Measure a trained model on what was kept back, write its files and the report.

    Parameters
    ----------
    description : ModelDescription
        The model; what its metadata already say is kept where nothing newer is known.
    material : Material
        What it was trained on; its test excerpts are judged, or its validation excerpts where there are none.
    folder : str or Path
        Where everything goes; made if it is not there.
    capture : Captured, optional
        The capture the material is from, for gear, levels and checks.
    history : sequence of Progress
        The run's looks at the validation passages, for the learning curve.
    training : mapping, optional
        How it was made (architecture, recipe, seed, processor time), for metadata and report; values that JSON holds.
    name : str
        What the files are called; by default as the capture, else ``model``.
    overwrite : bool
        Whether files of an earlier result may be replaced. Those that this one does not replace are removed.

    Returns
    -------
    Result
        Paths, figures and verdict. Each file is complete or not there.

    Raises
    ------
    ParameterError
        When the name is no file name, files are there already, or model and material do not belong together.
    AudioError
        When the device is silent on what was kept back.
    ModelError
        When no format can hold the network.

    Examples
    --------
    >>> result = write_result(network.describe(48_000, {}), material, "crunch")  # doctest: +SKIP
    >>> result.esr, result.verdict.word  # doctest: +SKIP
    (0.0021, 'great')
    """
    folder, name = Path(folder), name or (capture.name if capture else "model")
    targets = _targets(folder, name)
    for target in targets:
        check_target(target, overwrite=overwrite, suffixes=(target.suffix,))
    judged = judge(description, material)
    verdict = give_verdict(judged, ignored=tuple(capture.ignored) if capture else ())
    plate = name_plate(name, Model(description), judged, capture, training or {})
    metadata = {**description.metadata, **plate}
    exports = export(replace(description, metadata=metadata), folder, name)
    numbers = _write_numbers(folder / NUMBERS, judged, verdict, exports, metadata)
    heard = players(judged, description, material)
    report = write_report(
        folder / REPORT, name, judged, verdict, exports, heard, capture=capture, history=history, metadata=metadata
    )
    for old in set(targets) - {*exports.paths.values(), numbers, report}:
        old.unlink(missing_ok=True)
    lines = (*verdict.remarks, *exports.lines)
    return Result(folder, exports.paths, report, numbers, judged.esr, verdict, judged, exports.left_out, lines)


def _targets(folder: Path, name: str) -> list[Path]:
    if not name or Path(name).name != name or name.startswith("."):
        raise ParameterError(f"name is {name!r}: use one that can be a file's, without / and not beginning with a dot")
    return [folder / file for file in (*exported_names(name), REPORT, NUMBERS)]


def _write_numbers(
    path: Path, judged: Judgement, verdict: Verdict, exports: Exports, metadata: Mapping[str, Any]
) -> Path:
    document = {
        "esr": judged.esr,
        "verdict": verdict.word,
        "sentence": verdict.sentence,
        "remarks": list(verdict.remarks),
        "files": {format: path.name for format, path in exports.paths.items()},
        "players": {format: list(names) for format, names in exports.players.items()},
        "notes": dict(exports.notes),
        "left_out": dict(exports.left_out),
        "passages": [
            {
                "name": passage.name,
                "knobs": dict(zip(judged.knobs, passage.knobs, strict=True)),
                "seconds": passage.seconds,
                "esr": passage.esr,
                "target_lufs": passage.target_lufs,
                "output_lufs": passage.output_lufs,
                "target_dc": passage.target_dc,
                "output_dc": passage.output_dc,
                "error_db": [round(float(level), 2) for level in passage.error_db],
            }
            for passage in judged.passages
        ],
        "sizes": [{"quality": size.quality, "weights": size.weights, "esr": size.esr} for size in judged.sizes],
        "aliasing": [{"frequency": tone.frequency, "level_db": tone.level_db} for tone in judged.aliasing],
        "rest_dc": judged.rest_dc,
        "metadata": dict(metadata),
    }
    write_atomically(path, json.dumps(document, indent=1).encode())
    return path
