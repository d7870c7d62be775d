"""What a model file says beside the network: whose sound it is, how near it comes, how it was made."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from typing import Any, Final, Protocol

from ...models.model import Model
from .loudness import nam_gain, nam_loudness
from .measures import Judgement

GEAR_TYPES: Final = ("amp", "pedal", "pedal_amp", "amp_cab", "amp_pedal_cab", "preamp", "studio")
TONE_TYPES: Final = ("clean", "overdrive", "crunch", "hi_gain", "fuzz")
NAM_FIELDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "modeled_by": (("modeled_by", "by", "captured_by", "maker"), ()),
    "gear_make": (("gear_make", "make"), ()),
    "gear_model": (("gear_model", "model"), ()),
    "gear_type": (("gear_type", "type"), GEAR_TYPES),
    "tone_type": (("tone_type", "tone"), TONE_TYPES),
}
"""NAM's fields, the words of a capture for each, and what NAM allows there (nothing: anything)."""

SOFTWARE: Final = ("ampboard", "torch", "numpy", "numba")


class CapturedFinding(Protocol):
    """What a check of a capture found; see `ampboard.training.capture`."""

    @property
    def check(self) -> str:  # noqa: D102
        ...

    @property
    def severity(self) -> str:  # noqa: D102
        ...

    @property
    def measured(self) -> float:  # noqa: D102
        ...

    @property
    def unit(self) -> str:  # noqa: D102
        ...

    @property
    def words(self) -> str:  # noqa: D102
        ...


class Captured(Protocol):
    """What is known about a capture; see `ampboard.training.capture`."""

    @property
    def name(self) -> str:  # noqa: D102
        ...

    @property
    def gear(self) -> Mapping[str, str]:  # noqa: D102
        ...

    @property
    def findings(self) -> Sequence[CapturedFinding]:  # noqa: D102
        ...

    @property
    def ignored(self) -> Sequence[str]:  # noqa: D102
        ...

    @property
    def input_level_dbu(self) -> float | None:  # noqa: D102
        ...

    @property
    def output_level_dbu(self) -> float | None:  # noqa: D102
        ...

    @property
    def latency_frames(self) -> int:  # noqa: D102
        ...


def name_plate(
    name: str, model: Model, judged: Judgement, capture: Captured | None, training: Mapping[str, Any]
) -> dict[str, Any]:
    """The metadata of a model, in NAM's words where it has some; the rest under ``ampboard``.

    Parameters
    ----------
    name : str
        What it is called.
    model : Model
        As it is played.
    judged : Judgement
        How near it comes.
    capture : Captured, optional
        What it was made from.
    training : mapping
        How it was made: recipe, seed, seconds; anything JSON can hold.

    References
    ----------
    neural-amp-modeler 0.13: ``nam.models.metadata.UserMetadata`` and ``nam.train.metadata.TrainingMetadata``, which
    read what this writes.
    """
    return {
        "date": _date(datetime.now().astimezone()),
        "loudness": _rounded(nam_loudness(model)),
        "gain": _rounded(nam_gain(model)),
        "name": name,
        **(dict(_gear(capture)) if capture else {}),
        "training": _nam_training(judged, capture),
        "ampboard": {
            "esr": _esr(judged),
            "aliasing_db": _rounded(judged.aliasing_db),
            "knobs": list(judged.knobs),
            "capture": _capture(capture) if capture else None,
            "training": dict(training),
            "software": dict(_software()),
        },
    }


def _date(now: datetime) -> dict[str, int]:
    return {field: getattr(now, field) for field in ("year", "month", "day", "hour", "minute", "second")}


def _gear(capture: Captured) -> Iterator[tuple[str, Any]]:
    for field, (words, allowed) in NAM_FIELDS.items():
        value = next((capture.gear[word] for word in words if capture.gear.get(word)), None)
        if value is not None and (not allowed or value in allowed):
            yield field, value
    for field in ("input_level_dbu", "output_level_dbu"):
        level = getattr(capture, field)
        if level is not None:
            yield field, float(level)


def _nam_training(judged: Judgement, capture: Captured | None) -> dict[str, Any]:
    """As NAM's simplified trainer writes it: what is known about the data."""
    latency = 0 if capture is None else int(capture.latency_frames)
    warned = {"matches_lookahead": False, "disagreement_too_high": False, "not_detected": capture is None}
    calibration = {"delays": [latency] if capture else [], "safety_factor": 0, "recommended": latency}
    ignored = () if capture is None else tuple(capture.ignored)
    passed = capture is not None and all(finding.severity != "error" for finding in capture.findings)
    return {
        "settings": {"ignore_checks": bool(ignored)},
        "data": {
            "latency": {"manual": None, "calibration": {"algorithm_version": 1, **calibration, "warnings": warned}},
            "checks": {"version": 3, "passed": passed},
        },
        "validation_esr": _rounded(judged.validation_esr),
    }


def _esr(judged: Judgement) -> dict[str, Any]:
    return {
        "overall": _rounded(judged.esr),
        "judged_on": judged.part,
        "passages": {passage.name: _rounded(passage.esr) for passage in judged.passages},
        "settings": [
            {"knobs": dict(zip(judged.knobs, setting, strict=True)), "esr": _rounded(esr)}
            for setting, esr in judged.per_setting.items()
            if setting
        ],
    }


def _capture(capture: Captured) -> dict[str, Any]:
    return {
        "name": capture.name,
        "gear": dict(capture.gear),
        "latency_frames": int(capture.latency_frames),
        "checks": [
            {
                "check": finding.check,
                "severity": finding.severity,
                "measured": _rounded(finding.measured),
                "unit": finding.unit,
            }
            for finding in capture.findings
        ],
        "ignored_checks": list(capture.ignored),
    }


def _software() -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    for package in SOFTWARE:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def _rounded(value: float | None) -> float | None:
    """Six significant digits; None for what JSON cannot hold."""
    return None if value is None or not isfinite(value) else float(f"{value:.6g}")
