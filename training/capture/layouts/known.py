"""Input signals that others made: a table of where everything is in them and how they are told from any other sound.

Facts (places of blips, sweeps, noise and validation, MD5 sums) after neural-amp-modeler 0.13, `nam/train/core.py`
(S. Atkinson, MIT licence); the sums are over the samples as float64, full scale 1.
"""

from dataclasses import dataclass
from typing import Final

from ..capture import Kind, Passage, Use
from .layout import Layout

Stretch = tuple[int | None, int | None]  # start and stop frame; below zero from the end, None for start or end


@dataclass(frozen=True)
class Row:
    """A stretch of a known signal.

    Attributes
    ----------
    name, kind, use, repeats
        As in `Passage`.
    start, stop : float or None
        In seconds; below zero (or None, as a stop) from the end.
    """

    name: str
    kind: Kind
    use: Use
    start: float
    stop: float | None
    repeats: str = ""


@dataclass(frozen=True)
class KnownSignal:
    """An input signal that others made.

    Attributes
    ----------
    name : str
        As in capture.toml.
    sample_rate : int
        In Hz.
    seconds : float
        The shortest it can be.
    rows : tuple of Row
        Its passages.
    blips : tuple of int
        Frames of the blips that latency is measured with; below zero from the end.
    silence : Stretch
        A stretch that holds the blips, and between them nothing.
    twins : tuple of two Stretch, or nothing
        Two stretches with the same samples.
    digests : tuple of (Stretch, tuple of str)
        MD5 sums of the samples of a stretch, one a version.
    """

    name: str
    sample_rate: int
    seconds: float
    rows: tuple[Row, ...]
    blips: tuple[int, ...]
    silence: Stretch
    twins: tuple[Stretch, ...] = ()
    digests: tuple[tuple[Stretch, tuple[str, ...]], ...] = ()

    def layout(self, frames: int) -> Layout:
        """Its layout in a file of this many frames."""

        def frame(second: float | None) -> int:
            if second is None:
                return frames
            return round(second * self.sample_rate) + (frames if second < 0 else 0)

        return Layout(
            self.name,
            self.sample_rate,
            tuple(
                Passage(row.name, frame(row.start), frame(row.stop), row.kind, row.use, row.repeats)
                for row in self.rows
            ),
            tuple(blip + (frames if blip < 0 else 0) for blip in self.blips),
        )


# None of them keeps something back for a test: the last 20 s of what others train on are ours to test with.
KNOWN: Final = (
    KnownSignal(
        "NAM 3",
        48_000,
        60.0,
        (
            Row("first hearing", "music", "check", 0.0, 9.0),
            Row("noise floor", "silence", "check", 9.0, 10.0),
            Row("blips", "blips", "check", 10.0, 12.0),
            Row("sweeps", "sweep", "train", 12.0, 15.0),
            Row("noise", "noise", "train", 15.0, 17.0),
            Row("playing", "music", "train", 17.0, -30.0),
            Row("test", "music", "test", -29.5, -9.5),
            Row("pause", "silence", "check", -9.5, -9.0),
            Row("validation", "music", "validation", -9.0, None, "first hearing"),
        ),
        blips=(504_000, 552_000),
        silence=(480_000, 576_000),
        twins=((0, 432_000), (-432_000, None)),
        digests=(
            ((0, 816_000), ("dadb5d62f6c3973a59bf01439799809b",)),
            ((-432_000, None), ("8458126969a3f9d8e19a53554eb1fd52",)),
        ),
    ),
    KnownSignal(
        "NAM 2",
        48_000,
        70.0,
        (
            Row("blips", "blips", "check", 0.0, 2.0),
            Row("sweeps", "sweep", "train", 2.0, 5.0),
            Row("noise", "noise", "train", 5.0, 7.0),
            Row("playing", "music", "train", 7.0, -41.0),
            Row("test", "music", "test", -40.5, -20.5),
            Row("pause", "silence", "check", -20.5, -20.0),
            Row("validation", "music", "validation", -20.0, -11.0),
            Row("second hearing", "music", "check", -11.0, -2.0, "validation"),
            Row("blips again", "blips", "check", -2.0, None, "blips"),
        ),
        blips=(24_000, 72_000, -72_000, -24_000),
        silence=(0, 96_000),
        twins=((-960_000, -528_000), (-528_000, -96_000)),
        digests=(
            ((0, 384_000), ("1c4d94fbcb47e4d820bef611c1d4ae65",)),
            ((-960_000, None), ("28694e7bf9ab3f8ae6ef86e9545d4663",)),
        ),
    ),
    KnownSignal(
        "NAM 1",
        48_000,
        60.0,
        (
            Row("blips", "blips", "check", 0.0, 1.0),
            Row("sweeps", "sweep", "train", 1.0, 4.0),
            Row("noise", "noise", "train", 4.0, 7.0),
            Row("playing", "music", "train", 7.0, -30.0),
            Row("test", "music", "test", -29.5, -9.5),
            Row("validation", "music", "validation", -9.0, None),
        ),
        blips=(12_000, 36_000),
        silence=(0, 48_000),
        digests=(
            ((0, 336_000), ("bb4e140c9299bae67560d280917eb52b", "9f20c6b5f7fef68dd88307625a573a14")),
            ((-432_000, None), ("9b2468fcb6e9460a399fc5f64389d353", "8458126969a3f9d8e19a53554eb1fd52")),
        ),
    ),
    KnownSignal(
        "Proteus",
        44_100,
        60.0,
        (
            Row("blips", "blips", "check", 0.0, 1.0),
            Row("sweeps", "sweep", "train", 1.0, 9.0),
            Row("noise", "noise", "train", 9.0, 20.333),
            Row("playing", "music", "train", 20.333, -31.0),
            Row("test", "music", "test", -30.5, -10.5),
            Row("validation", "music", "validation", -10.0, None),
        ),
        blips=(22_050,),  # the one at frame 0 has no silence before it
        silence=(0, 44_100),
        digests=(((0, 44_100), ("46151c8030798081acc00a725325a07d",)),),
    ),
)
