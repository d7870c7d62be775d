"""The process that plays one plugin after the other: ``python -m tests.survey.player`` reads URIs, answers findings."""

import json
import os
import sys
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from pedalboard.io import AudioFile

from ampboard.bridge.plugins.lv2 import load_lv2
from ampboard.models.errors import AmpboardError

from ..watched_child import REPOSITORY

GUITAR = REPOSITORY / "presets" / "factory" / "recordings" / "guitar.flac"
FRAMES = 48_000  # a second
BLOCK = 512  # frames
SHORT_BLOCK = 64


@dataclass(frozen=True)
class Finding:
    """How a plugin behaved.

    Attributes
    ----------
    finite : bool
        Neither NaN nor infinity came out, nor was one repaired on the way.
    repeats : bool
        The same audio again, after a reset, gave the same output bit for bit.
    any_block : bool
        Blocks of 64 frames gave what blocks of 512 gave.
    sounds : bool
        The output is not all zeros.
    latency : int
        Frames, as reported.
    """

    finite: bool
    repeats: bool
    any_block: bool
    sounds: bool
    latency: int


def guitar() -> tuple[NDArray[np.float32], float]:
    """A second of the shipped guitar in stereo, the right a little softer, and its sample rate."""
    with AudioFile(str(GUITAR)) as file:
        mono = file.read(FRAMES)[:1]
        return np.concatenate([mono, 0.8 * mono]).astype(np.float32), file.samplerate


def play(uri: str) -> Finding:
    """Load a plugin and run a second of stereo audio through it, three times."""
    plugin = load_lv2(uri)
    audio, rate = guitar()
    first = plugin.process(audio, rate, buffer_size=BLOCK)
    counted = plugin.counters
    again = plugin.process(audio, rate, buffer_size=BLOCK)
    short = plugin.process(audio, rate, buffer_size=SHORT_BLOCK)
    return Finding(
        finite=bool(np.isfinite(first).all()) and counted.non_finite_outputs == 0,
        repeats=bool(np.array_equal(first, again)),
        any_block=bool(np.array_equal(first, short)),
        sounds=bool(np.any(first)),
        latency=plugin.latency,
    )


def main() -> None:
    """Answer until the input ends. What plugins print is not the answer: it goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        _, uri = line.rstrip("\n").split("\t")
        try:
            answers.write(f"ok\t{json.dumps(json.dumps(asdict(play(uri))))}\n")
        except AmpboardError as error:
            answers.write(f"refused\t{json.dumps(str(error))}\n")
        except Exception as error:
            answers.write(f"failure\t{json.dumps(repr(error))}\n")


if __name__ == "__main__":
    main()
