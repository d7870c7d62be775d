"""The process that is given the damaged files: ``python -m tests.fuzz.child`` reads names, answers outcomes.

A line of input is a target and a path, tab between; a line of output is ``ok``, ``refused`` or ``failure``, and for the
last what was raised, as a JSON string.
"""

import json
import resource
import sys
import traceback
from pathlib import Path

import numpy as np

from ampboard.bridge.midi.timeline import read_midi
from ampboard.models.errors import AmpboardError
from ampboard.models.model import load_model
from ampboard.presets import load_preset, load_setlist

MEMORY = 2 << 30  # bytes that a file may make the process grow by
FRAMES = 100


def play_model(path: Path) -> None:
    """Load a model and run two blocks of two channels through it."""
    model = load_model(path)
    audio = np.random.default_rng(5).uniform(-0.5, 0.5, (2, FRAMES)).astype(np.float32)
    stream = model.stream(channels=2)
    for _ in range(2):
        assert stream.process(audio).shape == audio.shape


TARGETS = {
    "model": play_model,
    "preset": load_preset,
    "setlist": load_setlist,
    "midi": lambda path: read_midi(path, 48_000),
}


def outcome(target: str, path: Path) -> str:
    """Give a file to a target."""
    try:
        TARGETS[target](path)
    except AmpboardError:
        return "refused"
    except BaseException:
        return f"failure\t{json.dumps(traceback.format_exc(limit=-12))}"
    return "ok"


def main() -> None:
    """Answer until the input ends."""
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY, in_use + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        target, path = line.rstrip("\n").split("\t")
        sys.stdout.write(outcome(target, Path(path)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
