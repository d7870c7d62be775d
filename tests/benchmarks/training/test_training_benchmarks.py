"""The benchmark of training runs, keeps its time and tells what it measured; the figures are nobody's business here."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampboard.training.data.material import Excerpt, Material

from .figures import ratios, seconds_to
from .jobs import NAM, OURS, QUICK, TABLE, jobs_of, lanes
from .judging import Marks, TrainingClock, esr, judge
from .records import Job, Outcome, Point, append, outcomes, remaining
from .subjects import REPOSITORY, SUBJECTS
from .trainers.peer import MISSING, NamTraining
from .trainers.peer import RECIPES as PEERS

RATE = 48_000


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(frames)).astype(np.float32)


def small_material(knobs: tuple[str, ...] = ()) -> Material:
    audio = noise(300_000)
    knob = tuple(0.5 for _ in knobs)

    def excerpt(name: str, part: slice) -> Excerpt:
        return Excerpt(name, audio[part], np.tanh(3 * audio[part]), knob)

    train = (excerpt("a", slice(0, 280_000)),)
    if knobs:
        train = tuple(excerpt(f"clip {n}", slice(12_000 * n, 12_000 * (n + 1))) for n in range(20))
    return Material(RATE, train, (excerpt("b", slice(280_000, 300_000)),), knobs=knobs)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    if reason := SUBJECTS[0].missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("training")
    records = folder / "records.jsonl"
    command = [sys.executable, "-m", "tests.benchmarks.training", "--quick", "--records", records, "--docs", folder]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return folder, records


def test_a_quick_run_measures_both_trainers(quick_run):
    _, records = quick_run
    rows = [row for row in QUICK if not (MISSING and row.trainer == NAM)]
    found = {outcome.job: outcome for outcome in outcomes(records)}
    assert set(found) == {job for row in rows for job in jobs_of(row, 1)}
    assert not remaining([job for row in rows for job in jobs_of(row, 1)], records)
    for job, outcome in found.items():
        seconds = [point.cpu_seconds for point in outcome.points]
        assert seconds == sorted(seconds)
        assert seconds[-1] >= 0.7 * job.budget
        assert all(np.isfinite(point.esr) for point in outcome.points)
        assert outcome.ended["updates"] > 0
        assert outcome.ended["peak_bytes"] > 100 * 2**20  # torch alone is more


def test_the_page_and_the_chart_have_what_was_measured(quick_run):
    folder, records = quick_run
    page = (folder / "training-benchmarks.md").read_text(encoding="utf-8")
    for outcome in outcomes(records):
        assert f"| {outcome.job.trainer} | {outcome.job.architecture} |" in page
    assert (folder / "pictures" / "training-benchmarks.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("knobs", [(), ("gain",)], ids=["one recording", "clips with a knob"])
def test_the_peer_trains_and_its_network_plays_every_frame(knobs):
    material = small_material(knobs)
    training = NamTraining(material, "LSTM 3x18" if knobs else "A1 standard", 0.5, 0)
    points = []
    training.run(lambda: None, lambda *point: points.append(point))
    seconds, judgement, _ = points[-1]
    assert seconds >= 0.5
    assert training.updates >= 1
    assert 0 < judgement.esr < 10
    assert set(judgement.by_knobs) == ({"0.5"} if knobs else set())


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("name", PEERS)
def test_the_recipes_of_the_peer_build_its_networks(name):
    from nam.train import core

    config = PEERS[name].model(1)
    model = core._get_lightning_module_cls(config).init_from_config(config)
    a1_weights, lstm_weights = 13_802, 4 * 18 * (1 + 18 + 2) + 2 * 4 * 18 * (18 + 18 + 2) + 18 + 1 + 2 * 3 * 18
    weights = sum(weight.numel() for weight in model.net.parameters())
    expected = {"A1 standard": a1_weights - 1, "LSTM 3x18": lstm_weights}  # head_scale is no parameter of torch's
    assert weights == expected.get(name, weights)
    assert config["optimizer"]["lr"] in (0.004, 0.008)


def test_a_killed_run_leaves_no_process_behind(tmp_path):
    script = (
        "import sys; from pathlib import Path; from tests.benchmarks.training.interleaving import interleave; "
        "from tests.benchmarks.training.records import Job; "
        "lanes = [[Job('amp', 'ampboard', name, 60.0)] for name in ('LSTM-40', 'A1 standard')]; "
        "interleave(lanes, Path(sys.argv[1]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, tmp_path / "records.jsonl"], cwd=REPOSITORY)
    deadline = time.monotonic() + 60
    while not (workers := children(parent.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers
    parent.kill()
    parent.wait()
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))


def children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_esr_is_the_energy_of_the_error_over_that_of_the_target():
    target = noise(1_000)
    assert esr([(target, 0.9 * target)]) == pytest.approx(0.01, rel=1e-6)
    loud = 10 * noise(1_000, 1)
    pooled = esr([(target, 0 * target), (loud, loud)])
    assert pooled == pytest.approx(np.sum(target**2) / (np.sum(target**2) + np.sum(loud**2)), rel=1e-4)


def test_every_setting_of_the_knobs_is_judged_for_itself():
    target = noise(20_000)
    excerpts = tuple(Excerpt(f"{knob}", target, target, (knob,)) for knob in (0.0, 0.5))
    halves = np.concatenate([np.zeros(8_192, np.float32), target[8_192:]])
    judgement = judge(excerpts, [target, halves])
    assert judgement.by_knobs["0"] == 0.0
    assert judgement.by_knobs["0.5"] == pytest.approx(2 * judgement.esr)
    assert judgement.settled == {"0": 0.0, "0.5": 0.0}


def test_the_clock_counts_no_judging():
    clock = TrainingClock()
    clock.start()
    with clock.stopped():
        before, until = clock.seconds, time.process_time() + 0.2
        while time.process_time() < until:
            pass
        assert clock.seconds == before
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.1 <= clock.seconds < 0.2


def test_marks_are_passed_once_each_and_end_with_the_budget():
    marks = Marks(10.0, count=5)
    assert sum(marks.due(seconds) for seconds in np.linspace(0, 10, 1_001)) == 5
    assert not marks.due(11.0)


def test_a_job_that_was_cut_short_is_made_again(tmp_path):
    path, done, cut = tmp_path / "records.jsonl", Job("amp", OURS, "A1", 8.0), Job("amp", OURS, "A1", 9.0)
    for job in (done, cut):
        append(path, "start", job, "1", run="")
        append(path, "point", job, "1", cpu_seconds=8.0, esr=0.1, by_knobs={}, settled={}, own_esr=None)
    append(path, "end", done, "1", updates=10, peak_bytes=1)
    with path.open("a") as file:
        file.write('{"kind": "point", "job"')  # killed while writing
    assert remaining([done, cut], path) == [cut]


def finished(job: Job, *points: tuple[float, float]) -> Outcome:
    return Outcome(job, [Point(seconds, error, {}, {}) for seconds, error in points], {"run": ""}, {"updates": 1})


def test_ratios_take_the_median_seed_of_the_quickest_budget_that_all_seeds_reached():
    peer = finished(Job("amp", NAM, "A2", 650.0), (300.0, 0.02), (600.0, 0.01), (650.0, 0.015))
    ours = [
        *(finished(Job("amp", OURS, "A1", 20.0, seed), (10.0 + seed, 0.01), (20.0, 0.005)) for seed in range(3)),
        *(finished(Job("amp", OURS, "A1", 8.0, seed), (8.0, 0.01 if seed else 0.02)) for seed in range(3)),
    ]
    (ratio,) = ratios([peer, *ours])
    assert (ratio.esr, ratio.seconds, ratio.budget) == (0.01, 600.0, 20.0)
    assert ratio.times is not None
    assert (ratio.times.least, ratio.times.median, ratio.times.most) == (50.0, 600 / 11, 60.0)
    assert seconds_to(ours, "amp", "A1", 0.001) is None


def test_lanes_hold_every_run_of_the_table_once():
    made = [job for contenders in lanes(TABLE, short=False) for lane in contenders for job in lane]
    assert len(made) == len(set(made)) == sum(row.seeds for row in TABLE)
    short = [job for contenders in lanes(TABLE, short=True) for lane in contenders for job in lane]
    assert set(short) < set(made)
    assert sum(job.budget for job in short) < 2_200  # processor seconds of training in 40 minutes
    assert {replace(job, seed=0) for job in made} >= {replace(job, seed=0) for job in short}
