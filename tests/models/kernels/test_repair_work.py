"""The work on gaps: foretold, cut into small steps, spread over blocks, and less of it where gaps come too fast."""

from time import thread_time_ns

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from ampboard.models import load_model
from ampboard.models.architectures.repair import Repair
from ampboard.models.description import ModelDescription
from ampboard.models.kernels.contract import Kernel
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.repair import filling, repair_kernel
from ampboard.presets.library import factory_folder
from ampboard.training.repair.gap_blend import GapBlend

RATE = 48_000
BLOCK = 64
CONTEXT = 500
ORDERS = np.array([8, 32, 200], np.int64)
SMALL = Repair(orders=(8, 32), context=400, look_ahead=300, hidden=8)
MARKED_ONLY = -200.0

begin_prediction, predict_some, prediction_cost = (
    filling.begin_prediction,
    filling.predict_some,
    filling.prediction_cost,
)


@njit(error_model="numpy")
def costs(
    line: int, frames: int, behind: int, orders: int, used: int, context: int, out: int, features: int, work: int
) -> tuple[int, int, int]:
    """Cost of all steps of a prediction, of the dearest among them, and of all as foretold."""
    total = begin_prediction(line, frames, behind, orders, used, 3, context, 48_000.0, work)
    dearest, cost = 0, 1
    while cost > 0:
        cost = predict_some(line, orders, 3, context, out, features, 48_000.0, work)
        total += cost
        dearest = max(dearest, cost)
    return total, dearest, prediction_cost(frames, behind, orders, used, 3, context)


def measured_costs(frames: int, behind: int, used: int, sound: NDArray[np.float32]) -> tuple[int, int, int]:
    candidates = np.zeros((6, frames), np.float32)
    features = np.zeros((frames, filling.feature_count(3)), np.float32)
    work = np.zeros(filling.work_floats(CONTEXT, int(ORDERS[-1]), 3, frames), np.float32)
    line = sound.ctypes.data + 4 * CONTEXT
    places = candidates.ctypes.data, features.ctypes.data, work.ctypes.data
    return costs(line, frames, behind, ORDERS.ctypes.data, used, CONTEXT, *places)


@pytest.mark.parametrize("used", [1, 2, 3])
def test_a_prediction_costs_what_was_foretold_and_no_step_much_of_one(used: int) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, 3_000).astype(np.float32)
    for frames, behind in ((1, 500), (16, 7), (17, 31), (150, 450), (600, 0), (601, 200)):
        total, dearest, foretold = measured_costs(frames, behind, used, sound)
        assert 0.95 * foretold <= total <= foretold
        assert dearest <= 0.05 * measured_costs(frames, behind, len(ORDERS), sound)[2]


@pytest.fixture(scope="module")
def filling_kernel() -> Kernel:
    blend = GapBlend(SMALL.orders, hidden=SMALL.hidden, seed=3)
    return repair_kernel(ModelDescription(SMALL, blend.arrays(), RATE))


def playing(frames: int) -> NDArray[np.float32]:
    time = np.arange(frames) / RATE
    noise = np.random.default_rng(4).normal(0, 1e-3, frames)
    return (0.3 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 331 * time + 1) + noise).astype(np.float32)


def block_times(instance: KernelInstance, sound: NDArray[np.float32], *, runs: int) -> NDArray[np.float64]:
    """Processor time of every block, the least of several runs."""
    blocks = [np.ascontiguousarray(sound[:, n : n + BLOCK]) for n in range(0, sound.shape[1] - BLOCK, BLOCK)]
    times = np.full(len(blocks), np.inf)
    for _ in range(runs):
        instance.reset()
        for number, block in enumerate(blocks):
            began = thread_time_ns()
            instance.process(block)
            times[number] = min(times[number], thread_time_ns() - began)
    return times


@pytest.mark.parametrize("milliseconds", [2, 20, 40])
def test_the_work_on_a_gap_is_spread_over_blocks(milliseconds: int) -> None:
    model = load_model(factory_folder() / "models" / "repair-guitar.json")
    sound = playing(16_000)
    sound[8_000 : 8_000 + milliseconds * RATE // 1000] = 0.0
    times = block_times(KernelInstance(model.kernel, sample_rate=RATE, channels=1), sound[None], runs=9)
    work = np.maximum(times - np.median(times), 0.0)
    assert work.max() < 0.5 * work.sum()  # done in one block it would be nearly all


@pytest.mark.parametrize("period", [2, 5, 30, 100])
def test_gaps_that_come_too_fast_are_bridged_and_nothing_else_changes(filling_kernel: Kernel, period: int) -> None:
    sound = playing(9_000)
    chopped = sound.copy()
    chopped[1_000:8_000:period] = np.nan
    instance = KernelInstance(filling_kernel, sample_rate=RATE, channels=1, parameters={"threshold": MARKED_ONLY})
    padded = np.concatenate([chopped, np.zeros(instance.latency, np.float32)])[None]
    whole = instance.process(padded)[0]
    instance.reset()
    parts = [instance.process(padded[:, n : n + 7])[0] for n in range(0, padded.shape[1], 7)]
    assert np.array_equal(np.concatenate(parts), whole)
    repaired, missing = whole[instance.latency :], np.isnan(chopped)
    assert np.array_equal(repaired[~missing], sound[~missing])
    assert np.all(np.isfinite(repaired))
    assert np.count_nonzero(repaired[missing]) == np.count_nonzero(missing)


def test_gaps_that_come_too_fast_cost_no_block_more_than_one_gap_does(filling_kernel: Kernel) -> None:
    sound = playing(9_000)
    one, many = sound.copy(), sound.copy()
    one[3_000:3_150] = np.nan
    many[1_000:8_000:7] = np.nan
    instance = KernelInstance(filling_kernel, sample_rate=RATE, channels=1, parameters={"threshold": MARKED_ONLY})
    single, dense = (block_times(instance, damaged[None], runs=9) for damaged in (one, many))
    assert dense.max() < 3.0 * single.max()
