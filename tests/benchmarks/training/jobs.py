"""What is measured: one row for each architecture of each trainer on each device, with its budget and its bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .records import Job

OURS: Final = "ampboard"
NAM: Final = "NAM"
SEEDS: Final = 3


@dataclass(frozen=True)
class Row:
    """A training run that is measured.

    Attributes
    ----------
    subject, trainer, architecture, budget
        As of `Job`.
    bound : float
        Error that is to be reached at the end of the budget; 0 where none is set.
    seeds : int
        Runs, each with its own seed, of a full benchmark.
    short : int
        The same of a short one.
    """

    subject: str
    trainer: str
    architecture: str
    budget: float
    bound: float = 0.0
    seeds: int = SEEDS
    short: int = 1


TABLE: Final = (
    Row("amp", NAM, "A2", 650, seeds=1),
    Row("amp", NAM, "A1 standard", 650, seeds=1, short=0),
    Row("amp", NAM, "LSTM 3x18", 300, seeds=1, short=0),
    Row("amp", OURS, "LSTM-40", 8, 0.01, short=SEEDS),
    Row("amp", OURS, "LSTM-40", 20, 0.002, short=SEEDS),
    Row("amp", OURS, "LSTM-40", 60, 0.001, short=SEEDS),
    Row("amp", OURS, "A1 standard", 20, 0.005, short=SEEDS),
    Row("amp", OURS, "A1 standard", 60, 0.003),
    Row("amp", OURS, "A2", 16, 0.01, short=SEEDS),
    Row("amp", OURS, "A2", 30, 0.006),
    Row("amp", OURS, "A2", 120, 0.004),
    Row("amp", OURS, "GRU-40", 30, 0.004),
    Row("amp", OURS, "ConvLSTM", 60, 0.011),
    Row("hg", NAM, "A2", 400, seeds=1, short=0),
    Row("hg", NAM, "A1 standard", 300, seeds=1, short=0),
    Row("hg", NAM, "LSTM 3x18", 150, seeds=1, short=0),
    Row("hg", OURS, "LSTM-40", 60, 0.003),
    Row("hg", OURS, "A1 standard", 60, 0.007),
    Row("hg", OURS, "A2", 60),
    Row("hg", OURS, "GRU-40", 60),
    Row("hg", OURS, "ConvLSTM", 60),
    Row("gxmetal", NAM, "A2", 400, seeds=1, short=0),
    Row("gxmetal", NAM, "A1 standard", 300, seeds=1, short=0),
    Row("gxmetal", NAM, "LSTM 3x18", 150, seeds=1, short=0),
    Row("gxmetal", OURS, "LSTM-40", 60),
    Row("gxmetal", OURS, "A1 standard", 60),
    Row("gxmetal", OURS, "A2", 60),
    Row("gxmetal", OURS, "GRU-40", 60),
    Row("gxmetal", OURS, "ConvLSTM", 60),
    Row("klon", NAM, "LSTM 3x18", 300, seeds=1, short=0),
    Row("klon", OURS, "LSTM-40", 60),
    Row("klon", OURS, "A1 standard", 60),
    Row("klon", OURS, "A2", 60),
)
QUICK: Final = (
    Row("amp", NAM, "A1 standard", 1.5, seeds=1),
    Row("amp", OURS, "LSTM-40", 1.5, seeds=1),
)


def jobs_of(row: Row, seeds: int) -> list[Job]:
    """The runs of a row."""
    return [Job(row.subject, row.trainer, row.architecture, float(row.budget), seed) for seed in range(seeds)]


def lanes(rows: Sequence[Row], *, short: bool) -> list[list[list[Job]]]:
    """For each device the runs of each trainer, in the order in which they are made.

    Each list of lists is interleaved as a whole; a trainer's seeds follow one another, all rows of seed 0 first.
    """
    subjects = list(dict.fromkeys(row.subject for row in rows))
    trainers = list(dict.fromkeys(row.trainer for row in rows))
    return [
        [
            sorted(
                (
                    job
                    for row in rows
                    if (row.subject, row.trainer) == (subject, trainer)
                    for job in jobs_of(row, row.short if short else row.seeds)
                ),
                key=lambda job: job.seed,
            )
            for trainer in trainers
        ]
        for subject in subjects
    ]
