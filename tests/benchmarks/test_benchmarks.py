"""The benchmark runs and its page has everything; what it measures is nobody's business here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ampboard.models.model import Model

from .peers import OFFLINE_FRAMES, PEERS, Peer
from .playing import Playing, picked_notes
from .subjects import QUICK, SUBJECTS, Subject, subject_named

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    (folder / "benchmarks.md").write_text(
        (REPOSITORY / "docs" / "benchmarks.md").read_text(encoding="utf-8"), encoding="utf-8"
    )
    figures = folder / "figures.json"
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--docs", folder, "--json", figures],
        cwd=REPOSITORY,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
    )
    return folder, json.loads(figures.read_text())


def test_a_quick_run_measures_every_quantity_of_its_models(quick_run):
    _, figures = quick_run
    assert [result["name"] for result in figures["results"]] == list(QUICK)
    for result in figures["results"]:
        assert set(result["speeds"]) == {"16", "64", "512"}
        for speed in result["speeds"].values():
            assert speed["real_time_factor"] > 0
            assert 0 < speed["share_of_peak"] < 1  # nobody is faster than the peak of the same round
        slowest = result["slowest"]
        assert 0 < slowest["median"] <= slowest["p999"] <= slowest["longest"]
        assert result["instance_bytes"] > 0
        assert result["compile_seconds"] > result["cached_seconds"] > 0
        for peer in PEERS:
            blocks = {"64"} if peer.offline else {"16", "64", "512"}
            assert set(result["peers"][peer.name]) == (set() if peer.missing else blocks)


def test_the_page_keeps_its_words_and_has_a_row_a_model(quick_run):
    folder, figures = quick_run
    page = (folder / "benchmarks.md").read_text(encoding="utf-8")
    assert page.startswith((REPOSITORY / "docs" / "benchmarks.md").read_text(encoding="utf-8").partition("<!--")[0])
    assert figures["machine"]["processor"] in page
    for name in QUICK:
        assert page.count(f"| {name} |") == 3
    for peer in PEERS:
        assert peer.name in page
    assert (folder / "pictures" / "benchmarks.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_peers_play_the_same_model(peer: Peer, subject: Subject):
    if peer.missing:
        pytest.skip(peer.missing)
    frames = OFFLINE_FRAMES if peer.offline else 1_024
    play = peer.player(subject.description(), frames)
    if play is None:
        pytest.skip(f"{peer.name} cannot run {subject.name}")
    signal, compared = picked_notes(1.0)[0], 8 * 1_024
    played = np.concatenate([play(signal[first : first + frames]) for first in range(0, compared, frames)])
    expected = Model(subject.description()).process(signal[:compared])
    settled = subject.architecture.receptive_field or 0  # until then it matters how silence before the start is taken
    assert settled < compared
    np.testing.assert_allclose(played[settled:compared], expected[settled:], atol=2e-6)


def test_played_as_a_host_plays_it_a_model_gives_the_same_samples():
    description = subject_named("A1 nano").description()
    signal = picked_notes(1.0)
    playing = Playing(Model(description).kernel, frames=64)
    blocks = [playing.block(signal[:, first : first + 64].copy())[0] for first in range(0, 640, 64)]
    np.testing.assert_array_equal(np.concatenate(blocks), Model(description).process(signal[0, :640]))


def test_multiply_adds_count_every_weight_that_is_heard():
    recurrent = subject_named("LSTM-40")
    assert recurrent.multiply_adds == 4 * 40 * (1 + 40) + 40
    nano = subject_named("A1 nano")
    first = 4 + 7 * (4 * 4 * 3 + 4 + 4 * 4) + 2 * 4
    second = 2 * 4 + 13 * (2 * 2 * 3 + 2 + 2 * 2) - 2 * 2 + 2
    assert nano.multiply_adds == first + second
