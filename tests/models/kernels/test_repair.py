"""The repair kernel: what it leaves alone, what it fills, and that torch computes the same."""

from dataclasses import asdict

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ampboard.models.architectures.repair import Repair
from ampboard.models.description import ModelDescription
from ampboard.models.errors import ParameterError
from ampboard.models.kernels.contract import Kernel
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.repair import repair_kernel
from ampboard.models.kernels.repair.layout import HEAD_START
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.repair.corruption import scattered_gaps
from ampboard.training.repair.gap_blend import GapBlend, gap_frames

RATE = 48_000
SMALL = Repair(orders=(8, 32), context=400, look_ahead=300, hidden=8)
DELAY = SMALL.look_ahead + SMALL.look_ahead // HEAD_START
MARKED_ONLY = -200.0
LOOK_AHEAD = 100


def blend(seed: int = 3) -> GapBlend:
    return GapBlend(SMALL.orders, hidden=SMALL.hidden, seed=seed)


@pytest.fixture(scope="module")
def filling() -> Kernel:
    return repair_kernel(ModelDescription(SMALL, blend().arrays(), RATE))


@pytest.fixture(scope="module")
def network() -> WaveNetNetwork:
    return WaveNetNetwork(a1(4, 2), seed=1)


@pytest.fixture(scope="module")
def denoising(network: WaveNetNetwork) -> Kernel:
    model = Repair(denoiser=network.describe(RATE, {}), denoiser_look_ahead=LOOK_AHEAD)
    return repair_kernel(ModelDescription(model, {}, RATE))


def playing(frames: int = 6_000) -> NDArray[np.float32]:
    time = np.arange(frames) / RATE
    noise = np.random.default_rng(4).normal(0, 1e-3, frames)
    return (0.3 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 331 * time + 1) + noise).astype(np.float32)


def run(kernel: Kernel, sound: NDArray[np.float32], *, rate: float = RATE, **parameters: float) -> NDArray[np.float32]:
    """The whole sound through the kernel, aligned with it."""
    instance = KernelInstance(kernel, sample_rate=rate, channels=1, parameters=parameters)
    padded = np.concatenate([sound, np.zeros(instance.latency, np.float32)])
    return instance.process(padded[None])[0, instance.latency :]


def test_undamaged_sound_passes_bit_for_bit(filling: Kernel, denoising: Kernel) -> None:
    sound = playing()
    assert np.array_equal(run(filling, sound), sound)
    assert np.array_equal(run(denoising, sound, denoise=0.0), sound)


def test_latency_is_the_look_ahead_and_the_time_to_work_at_the_hosts_rate(filling: Kernel, denoising: Kernel) -> None:
    for kernel, frames in ((filling, DELAY), (denoising, LOOK_AHEAD)):
        assert KernelInstance(kernel, sample_rate=RATE, channels=1).latency == frames
    assert KernelInstance(filling, sample_rate=2 * RATE, channels=1).latency == 2 * DELAY
    resampled = KernelInstance(denoising, sample_rate=44_100, channels=1).latency
    assert resampled == round(LOOK_AHEAD * 44_100 / RATE) + 88


@pytest.mark.parametrize("marked", [True, False])
def test_outside_gaps_nothing_changes_and_inside_nothing_stays(filling: Kernel, marked: bool) -> None:
    sound = playing()
    missing = scattered_gaps(sound.size, 60, 200, np.random.default_rng(5))
    chopped = np.where(missing, np.float32(np.nan if marked else 0.0), sound)
    repaired = run(filling, chopped, threshold=MARKED_ONLY if marked else -140.0)
    assert np.array_equal(repaired[~missing], sound[~missing])
    assert np.isfinite(repaired).all()
    assert np.count_nonzero(repaired[missing]) == np.count_nonzero(missing)


def test_single_zeros_are_no_gap(filling: Kernel) -> None:
    sound = playing()
    sound[::50] = 0.0
    assert np.array_equal(run(filling, sound), sound)


@pytest.mark.parametrize("blocks", [(1,), (64,), (7, 500, 64, 1)])
@pytest.mark.parametrize("denoise", [0.0, 0.6])
def test_any_split_gives_the_same_frames(
    filling: Kernel, denoising: Kernel, blocks: tuple[int, ...], denoise: float
) -> None:
    sound = np.where(scattered_gaps(6_000, 60, 400, np.random.default_rng(6)), np.float32(0.0), playing())
    for kernel in (filling, denoising):
        instance = KernelInstance(kernel, sample_rate=RATE, channels=1, parameters={"denoise": denoise})
        whole = instance.process(sound[None])
        instance.reset()
        parts: list[NDArray[np.float32]] = []
        start, number = 0, 0
        while start < sound.size:
            end = start + blocks[number % len(blocks)]
            parts.append(instance.process(sound[None, start:end]))
            start, number = end, number + 1
        assert np.array_equal(np.concatenate(parts, axis=1), whole)


def test_channels_are_independent(filling: Kernel) -> None:
    sound = playing()
    chopped = np.where(scattered_gaps(sound.size, 60, 200, np.random.default_rng(7)), np.float32(0.0), sound)
    both = KernelInstance(filling, sample_rate=RATE, channels=2).process(np.stack([chopped, sound]))
    alone = KernelInstance(filling, sample_rate=RATE, channels=1).process(chopped[None])
    assert np.array_equal(both[0], alone[0])
    assert np.array_equal(both[1, DELAY:], sound[:-DELAY])


def test_a_long_gap_fades_out_and_stays_silent(filling: Kernel) -> None:
    sound = playing()
    sound[3_000:5_000] = 0.0
    repaired = run(filling, sound)
    assert np.any(repaired[3_000 : 3_000 + SMALL.look_ahead // 2] != 0.0)
    assert not np.any(repaired[3_000 + SMALL.look_ahead + 1 : 5_000])
    assert np.array_equal(repaired[5_000:], sound[5_000:])


@pytest.mark.parametrize("length", [30, 290, 1_000])
def test_a_gap_may_be_the_first_of_all(filling: Kernel, length: int) -> None:
    sound = playing()
    sound[:length] = 0.0
    repaired = run(filling, sound)
    assert np.array_equal(repaired[length:], sound[length:])
    assert np.any(repaired[:length] != 0.0) == (length < SMALL.look_ahead)
    assert np.max(np.abs(repaired)) < 1.0


def test_predictions_that_agree_to_the_last_bit_give_finite_frames(filling: Kernel) -> None:
    time = np.arange(30_000) / RATE
    sound = (0.3 * np.sin(2 * np.pi * 220 * time) + 1e-6).astype(np.float32)
    sound[1_000::701] = np.nan
    assert np.isfinite(run(filling, sound, threshold=MARKED_ONLY)).all()


def test_silence_stays_silent(filling: Kernel) -> None:
    assert not np.any(run(filling, np.zeros(4_000, np.float32)))


def test_mix_goes_from_the_delayed_input_to_the_repair(filling: Kernel) -> None:
    sound = playing()
    chopped = np.where(scattered_gaps(sound.size, 60, 200, np.random.default_rng(8)), np.float32(0.0), sound)
    dry, half, whole = (run(filling, chopped, mix=mix) for mix in (0.0, 0.5, 1.0))
    assert np.array_equal(dry, chopped)
    np.testing.assert_allclose(half, (dry + whole) / 2, atol=1e-7)


@pytest.mark.parametrize("length", [1, 30, 150, 299])
def test_frames_of_gaps_are_those_of_the_torch_network(filling: Kernel, length: int) -> None:
    sound = playing()
    reach = {name: value for name, value in asdict(SMALL).items() if name in ("orders", "context", "look_ahead")}
    missing = np.zeros(sound.size, np.bool_)
    missing[3_000 : 3_000 + length] = True
    chopped = np.where(missing, np.float32(np.nan), sound)
    repaired = run(filling, chopped, threshold=MARKED_ONLY)
    frames = gap_frames(sound, RATE, **reach, random=np.random.default_rng(0), missing=missing)
    with torch.no_grad():
        wanted = blend()(torch.from_numpy(frames.features), torch.from_numpy(frames.candidates)).numpy()
    scale = frames.wanted[0] / sound[3_000]
    assert error_to_signal_ratio(scale * repaired[missing], wanted) < 1e-8


def test_denoised_sound_is_that_of_the_torch_network(denoising: Kernel, network: WaveNetNetwork) -> None:
    sound = playing()
    instance = KernelInstance(denoising, sample_rate=RATE, channels=1)
    with torch.no_grad():  # the kernel starts behind a silence as long as the network looks back
        silence = torch.zeros(1, 1, network.architecture.receptive_field)
        _, memory = network(silence, network.rest(1))
        wanted, _ = network(torch.from_numpy(sound)[None, None], memory)
    # the first frames belong to the silence before the sound
    assert error_to_signal_ratio(instance.process(sound[None])[0, LOOK_AHEAD:], wanted.numpy()[0, LOOK_AHEAD:]) < 1e-8


def test_gaps_left_to_the_denoiser_are_filled_by_it_alone(denoising: Kernel) -> None:
    sound = playing()
    sound[3_000:3_100] = 0.0
    chopped = run(denoising, sound, denoise=0.0)
    everything = run(denoising, sound, denoise=1.0)
    gap = slice(3_000, 3_100)
    assert np.array_equal(chopped[gap], everything[gap])
    assert np.array_equal(np.delete(chopped, np.r_[gap]), np.delete(sound, np.r_[gap]))


def test_a_rate_outside_4_to_400_khz_is_refused(filling: Kernel) -> None:
    with pytest.raises(ParameterError, match="does not run"):
        KernelInstance(filling, sample_rate=1_000, channels=1)


def test_a_residual_denoiser_is_taken_from_the_sound(network: WaveNetNetwork, denoising: Kernel) -> None:
    model = Repair(denoiser=network.describe(RATE, {}), denoiser_look_ahead=LOOK_AHEAD, residual=True)
    sound = playing()
    taken = run(repair_kernel(ModelDescription(model, {}, RATE)), sound, denoise=1.0)
    np.testing.assert_allclose(taken, sound - run(denoising, sound, denoise=1.0), atol=1e-7)
