"""Words for measures."""

from dataclasses import replace

import numpy as np
import pytest

from ampboard.training.result.measures import Judgement, judge
from ampboard.training.result.verdict import aliasing_word, figure, give_verdict

from .conftest import hyperbolic_tangent, material_of, recurrent


@pytest.fixture(scope="module")
def judged() -> Judgement:
    return judge(recurrent(), material_of(recurrent(), lambda output: 1.001 * output))


@pytest.mark.parametrize(
    ("esr", "word"),
    [
        (0.0, "great"),
        (0.0099, "great"),
        (0.01, "good"),
        (0.0349, "good"),
        (0.035, "usable"),
        (0.0999, "usable"),
        (0.1, "not there yet"),
        (3.0, "not there yet"),
    ],
)
def test_the_grades_are_those_of_players(judged: Judgement, esr: float, word: str) -> None:
    verdict = give_verdict(replace(judged, per_setting={(): esr}))
    assert verdict.word == word
    assert verdict.sentence.startswith(
        f"{word.capitalize()}: error-to-signal ratio {figure(esr)} on 2 test passages, 2 s"
    )
    assert verdict.thresholds == "below 0.01 great, below 0.035 good, below 0.1 usable"


def test_a_good_model_has_no_remarks(judged: Judgement) -> None:
    assert give_verdict(replace(judged, rest_dc=0.0)).remarks == ()


def test_a_short_test_is_told(judged: Judgement) -> None:
    """Two seconds are; five are not."""
    assert give_verdict(judged).sentence.endswith("Judged on 2 s only: record a longer signal to be sure.")
    long = replace(judged, passages=tuple(replace(passage, seconds=2.5) for passage in judged.passages))
    assert "only" not in give_verdict(long).sentence


def test_ignored_checks_are_told(judged: Judgement) -> None:
    remarks = give_verdict(replace(judged, rest_dc=0.0), ignored=("tail", "drift")).remarks
    assert [said.startswith("Ignored: tail, drift. ") for said in remarks] == [True]


@pytest.mark.parametrize(
    ("level", "word"), [(-60.1, "clean"), (-60.0, "slight, hidden by the music"), (-30.0, "can be heard")]
)
def test_aliases_have_a_word(level: float, word: str) -> None:
    assert aliasing_word(level) == word


def uneven(judged: Judgement) -> Judgement:
    return replace(judged, passages=(judged.passages[0], replace(judged.passages[1], esr=0.2)))


def hard_at_one_setting(judged: Judgement) -> Judgement:
    return replace(judged, knobs=("drive",), per_setting={(0.0,): 0.001, (0.25,): 0.001, (0.5,): 0.001, (1.0,): 0.1})


def quieter(judged: Judgement) -> Judgement:
    return replace(judged, passages=tuple(replace(p, output_lufs=p.target_lufs - 2) for p in judged.passages))


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (lambda judged: replace(judged, part="validation"), "Nothing was kept back for a test"),
        (uneven, "on passage 2 the ratio is 0.2"),
        (hard_at_one_setting, "setting drive 1 is the hardest, at 0.1000"),
        (quieter, "2.0 LU quieter"),
        (lambda judged: replace(judged, rest_dc=-0.02), "-0.0200 of direct current"),
        (lambda judged: replace(judged, silent=("pause",)), "silent on pause"),
    ],
)
def test_what_else_there_is_to_know_is_said(judged: Judgement, change, remark: str) -> None:
    assert any(remark in said for said in give_verdict(change(judged)).remarks)


def test_aliases_of_a_hard_clipper_are_told() -> None:
    hard = hyperbolic_tangent(300.0)
    remarks = give_verdict(judge(hard, material_of(hard, lambda output: np.float32(1.01) * output))).remarks
    assert any("High notes alias" in said for said in remarks)
