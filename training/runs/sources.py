"""What a model can be trained on: a capture, its folder, two recordings, or material."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ...models.errors import ParameterError
from ..capture.capture import Capture, Finding
from ..data.material import Material

Source = Capture | Material | str | Path | Sequence[str | Path]
"""A capture or its folder, two recordings (what went into the device, what came out), or material. With a teacher also
any number of dry recordings."""


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


def open_source(source: Source, *, ignore_checks: Sequence[str] = (), teacher: str | Path | None = None) -> Opened:
    """Read what a model is to be trained on.

    Parameters
    ----------
    source : Source
        What the user gives.
    ignore_checks : sequence of str
        Names of the checks whose errors do not stop the user.
    teacher : str or Path, optional
        A model file whose sound is learned instead of the device's.

    Raises
    ------
    AudioError
        When it cannot be read, or a check has found an error that is not ignored.
    ParameterError
        When it has nothing to judge by.
    """
    if teacher is not None:
        return _judged(_taught(source, Path(teacher), ignore_checks))
    if isinstance(source, Material):
        return _judged(Opened("model", source))
    capture = source if isinstance(source, Capture) else _read(source, ignore_checks)
    capture = _ignoring(capture, ignore_checks)
    capture.refuse_errors()
    return _judged(Opened(capture.name, capture.material(), capture))


def source_words(source: Source) -> str:
    """Names a source for people."""
    if isinstance(source, Material):
        return "the recordings"
    if isinstance(source, Capture):
        return source.name
    paths = [source] if isinstance(source, str | Path) else source
    return ", ".join(str(path) for path in paths)


def _taught(source: Source, teacher: Path, ignore_checks: Sequence[str]) -> Opened:
    from ...models.model import load_model
    from ..distillation import material_of, taught

    model = load_model(teacher)
    if isinstance(source, Capture | Material) or (isinstance(source, str | Path) and Path(source).is_dir()):
        opened = open_source(source, ignore_checks=ignore_checks)
        return replace(opened, material=taught(opened.material, model))
    recordings = [source] if isinstance(source, str | Path) else source
    return Opened(model.name, material_of([Path(path) for path in recordings], model))


def _read(source: str | Path | Sequence[str | Path], ignore_checks: Sequence[str]) -> Capture:
    if isinstance(source, str | Path):
        return Capture.load(Path(source))
    from ..capture.making import make_capture
    from ..capture.recordings import read_pair

    if len(source) != 2:
        raise ParameterError("give two recordings: what went into the device, and what came out")
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


@dataclass(frozen=True)
class CaptureFacts:
    """A capture without its sound; the fields are those of `Capture`."""

    name: str
    gear: Mapping[str, str] = field(default_factory=dict[str, str])
    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()
    input_level_dbu: float | None = None
    output_level_dbu: float | None = None
    latency_frames: int = 0

    @classmethod
    def of(cls, capture: Capture) -> "CaptureFacts":
        """Take the facts from a capture."""
        return cls(
            capture.name,
            dict(capture.gear),
            capture.findings,
            capture.ignored,
            capture.input_level_dbu,
            capture.output_level_dbu,
            capture.latency_frames,
        )


def facts_of(opened: Opened) -> dict[str, Any]:
    """What is kept, as JSON has it."""
    capture = None if opened.capture is None else asdict(CaptureFacts.of(opened.capture))
    material = opened.material
    return {
        "name": opened.name,
        "knobs": list(material.knobs),
        "sample_rate": material.sample_rate,
        "capture": capture,
    }


def capture_in(facts: Mapping[str, Any]) -> CaptureFacts | None:
    """What `facts_of` kept of the capture; None where there was none."""
    kept = facts["capture"]
    if kept is None:
        return None
    values: dict[str, Any] = {
        **kept,
        "findings": tuple(Finding(**finding) for finding in kept["findings"]),
        "ignored": tuple(kept["ignored"]),
    }
    return CaptureFacts(**values)


def ignored_in(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the checks that found an error which the user accepts, in what `facts_of` kept."""
    capture = capture_in(facts)
    if capture is None:
        return ()
    wrong = {finding.check for finding in capture.findings if finding.severity == "error"}
    return tuple(sorted(wrong & set(capture.ignored)))
