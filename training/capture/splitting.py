"""From a capture to what a network is trained and judged on, by whole passages."""

from collections.abc import Iterator
from itertools import pairwise

from ...models.errors import AudioError
from ..data.material import Excerpt, Material
from .capture import Capture, Passage, Take, Use


def split(capture: Capture) -> Material:
    """Split a capture.

    Passages to train on that follow each other without a gap become one unbroken excerpt, for networks that keep
    their state; those that validate and test stay apart, so that each has its own figure. Nothing is in two places.

    Raises
    ------
    AudioError
        When nothing would be left to train on or to validate with.
    """
    excerpts: dict[Use, tuple[Excerpt, ...]] = {
        use: tuple(
            _excerpt(capture, take, run)
            for take in capture.takes
            if use in take.uses
            for run in _runs([passage for passage in capture.passages if passage.use == use], joined=use == "train")
        )
        for use in ("train", "validation", "test")
    }
    for use in ("train", "validation"):
        if not excerpts[use]:
            raise AudioError(
                f"capture {capture.name}: no passage is left for {use}; record the whole test signal, "
                "or more than 15 s of playing"
            )
    return Material(
        capture.sample_rate, excerpts["train"], excerpts["validation"], excerpts["test"], knobs=capture.knobs
    )


def _runs(passages: list[Passage], *, joined: bool) -> Iterator[list[Passage]]:
    run = passages[:1]
    for before, passage in pairwise(passages):
        if joined and before.stop == passage.start and not passage.alone:
            run.append(passage)
        else:
            yield run
            run = [passage]
    if run:
        yield run


def _excerpt(capture: Capture, take: Take, run: list[Passage]) -> Excerpt:
    name = run[0].name if len(run) == 1 else f"{run[0].name} to {run[-1].name}"
    frames = slice(run[0].start, run[-1].stop)
    return Excerpt(
        name if len(capture.takes) == 1 else f"{take.name}: {name}", take.audio[frames], take.target[frames], take.knobs
    )
