"""What a model can be trained on: a capture, its folder, two recordings, or material."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...models.errors import ParameterError
from ..capture.capture import Capture
from ..data.material import Material

Source = Capture | Material | str | Path | tuple[str | Path, str | Path]
"""A capture or its folder, two recordings (what went into the device, what came out), or material."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What a source holds.

    Attributes
    ----------
    name : str
        Of the model to come.
    material : Material
        With something to judge by.
    capture : Capture or None
        What it comes from.
    """

    name: str
    material: Material
    capture: Capture | None = None


def open_source(source: Source, *, ignore_checks: Sequence[str] = ()) -> Opened:
    """Read what a model is to be trained on.

    Parameters
    ----------
    source : Source
        What the user gives.
    ignore_checks : sequence of str
        Names of the checks whose errors do not stop the user.

    Raises
    ------
    AudioError
        When it cannot be read, or a check has found an error that is not ignored.
    ParameterError
        When it has nothing to judge by.
    """
    if isinstance(source, Material):
        return _judged(Opened("model", source))
    capture = source if isinstance(source, Capture) else _read(source, ignore_checks)
    capture = _ignoring(capture, ignore_checks)
    capture.refuse_errors()
    return _judged(Opened(capture.name, capture.material(), capture))


def _read(source: str | Path | tuple[str | Path, str | Path], ignore_checks: Sequence[str]) -> Capture:
    if not isinstance(source, tuple):
        return Capture.load(Path(source))
    from ..capture.making import make_capture
    from ..capture.recordings import read_pair

    paths = (Path(source[0]), Path(source[1]))
    dry, wet = read_pair(*paths)
    return make_capture(
        dry.audio,
        wet.audio,
        dry.sample_rate,
        output_rate=wet.sample_rate,
        name=paths[1].stem,
        ignore=ignore_checks,
    )


def _ignoring(capture: Capture, checks: Sequence[str]) -> Capture:
    known = {finding.check for finding in capture.findings}
    chosen = known if "all" in checks else set(checks)
    if unknown := sorted(chosen - known):
        raise ParameterError(
            f"{capture.name}: there is no check {', '.join(unknown)} to ignore: it was checked for "
            f"{', '.join(sorted(known)) or 'nothing'}"
        )
    return replace(capture, ignored=tuple(sorted({*capture.ignored, *chosen})))


def _judged(opened: Opened) -> Opened:
    if not opened.material.validation:
        raise ParameterError(
            f"{opened.name}: no passage is kept back for validation, so no network can be judged: "
            "mark one in the capture"
        )
    return opened
