"""The losses against numpy and scipy in float64."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import signal

from ampboard.models.errors import ParameterError
from ampboard.training.losses import Loss, LossSum, error_to_signal_ratio, parse_loss
from ampboard.training.losses.spectral import _spectra
from ampboard.training.losses.weighting import a_weighting_taps

RATE = 48_000
Array = NDArray[np.float64]


def pair(streams: int = 3, frames: int = 4_096) -> tuple[Array, Array]:
    """Low-passed noise with an offset, and the same distorted."""
    noise = np.random.default_rng(5).normal(0, 1, (streams, frames))
    target = 0.3 * signal.lfilter([0.2], [1, -0.8], noise) + 0.02
    return np.tanh(1.5 * target) + 0.01, target


def loss_of(text: str, output: Array, target: Array, **given: float) -> float:
    loss = parse_loss(text, sample_rate=RATE, **given)
    return float(loss(torch.from_numpy(output).float(), torch.from_numpy(target).float()))


def esr(output: Array, target: Array) -> float:
    return float(np.sum((output - target) ** 2) / np.sum(target**2))


def behind(taps: Array) -> Callable[[Array, Array], float]:
    return lambda output, target: esr(*(signal.convolve(x, taps[None], mode="valid") for x in (output, target)))


def spectra(output: Array, target: Array) -> float:
    """Yamamoto et al., framed on the padded signal."""
    parts = []
    for size in (2048, 1024, 512):
        window = signal.get_window("hann", size)
        magnitudes = []
        for sound in (output, target):
            padded = np.pad(sound, ((0, 0), (size // 2, size // 2)), mode="reflect")
            frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, :: size // 8]
            spectrum = np.abs(np.fft.rfft(frames * window, axis=2))
            magnitudes.append(np.sqrt(np.maximum(spectrum**2, 1e-8)))
        heard, wanted = magnitudes
        convergence = np.sqrt(np.sum((wanted - heard) ** 2, (1, 2)) / np.sum(wanted**2, (1, 2))).mean()
        parts.append(convergence + np.abs(np.log(wanted) - np.log(heard)).mean())
    return float(np.mean(parts))


ORACLES: dict[str, Callable[[Array, Array], float]] = {
    "esr": esr,
    "dc": lambda output, target: float(np.mean(np.mean(output - target, 1) ** 2) / np.mean(target**2)),
    "pre85": behind(np.array([1, -0.85])),
    "pre95": behind(np.array([1, -0.95])),
    "aweight": behind(a_weighting_taps(RATE)),
    "stft": spectra,
}


@pytest.mark.parametrize("name", ORACLES)
def test_each_loss_is_its_formula(name: str) -> None:
    """Within 1e-4 of float64."""
    if name == "stft":
        pytest.importorskip("auraloss", reason="the loss stft needs auraloss")
    output, target = pair()
    assert loss_of(name, output, target) == pytest.approx(ORACLES[name](output, target), rel=1e-4)
    assert loss_of(name, target, target) == pytest.approx(0, abs=1e-9)


def test_the_default_over_a_whole_recording_is_its_error_to_signal_ratio() -> None:
    output, target = pair(streams=1)
    expected = error_to_signal_ratio(output, target)
    assert loss_of("mse", output, target, power=float(np.mean(target**2))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_the_a_weighting_follows_the_standards_table(rate: int) -> None:
    """IEC 61672-1, table 3 (rounded to 0.1 dB): within 0.6 dB from 200 Hz to 16 kHz, and little bass."""
    table = {200: -10.9, 400: -4.8, 800: -0.8, 1000: 0.0, 2000: 1.2, 4000: 1.0, 8000: -1.1, 12_500: -4.3, 16_000: -6.6}
    _, response = signal.freqz(a_weighting_taps(rate), worN=[*table, 30.0, 100.0], fs=rate)
    level = 20 * np.log10(np.abs(response))
    np.testing.assert_allclose(level[: len(table)], list(table.values()), atol=0.6)
    assert (level[len(table) :] < -14).all()


def test_sums_weigh_their_terms() -> None:
    output, target = pair()
    total = loss_of("esr + 0.5*dc+2e-1*pre95+1e+1 * dc", output, target)
    expected = ORACLES["esr"](output, target) + 10.5 * ORACLES["dc"](output, target)
    assert total == pytest.approx(expected + 0.2 * ORACLES["pre95"](output, target), rel=1e-4)


def test_sums_are_losses_themselves() -> None:
    output, target = (torch.from_numpy(part) for part in pair())
    inner: Loss = parse_loss("esr", sample_rate=RATE)
    assert float(LossSum(((0.5, inner), (0.5, inner)))(output, target)) == pytest.approx(float(inner(output, target)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("esr+0.5*fun", "'fun' is not known: use mse, esr, dc"),
        ("x*esr", "weight 'x' is no positive number"),
        ("-1*esr", "weight '-1' is no positive number"),
        ("nan*esr", "no positive number"),
        ("1*2*esr", "is no term"),
        ("esr+", "is no term"),
        ("0.1*alias", "nothing in it compares"),
    ],
)
def test_what_is_no_loss_is_named(text: str, reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        parse_loss(text, sample_rate=RATE)


@pytest.mark.parametrize("name", ["aweight", "stft"])
def test_windows_that_are_too_short_are_refused(name: str) -> None:
    if name == "stft":
        pytest.importorskip("auraloss", reason="the loss stft needs auraloss")
    with pytest.raises(ParameterError, match="too short"):
        loss_of(name, *pair(frames=100))


@pytest.mark.parametrize("name", ORACLES)
def test_silence_has_a_finite_slope(name: str) -> None:
    if name == "stft":
        pytest.importorskip("auraloss", reason="the loss stft needs auraloss")
    output = torch.full((2, 600), 0.01, requires_grad=True)
    parse_loss(name, sample_rate=RATE)(output, torch.zeros(2, 600)).backward()
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()


def test_spectra_without_auraloss_are_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    _spectra.cache_clear()
    monkeypatch.setitem(sys.modules, "auraloss", None)
    monkeypatch.setitem(sys.modules, "auraloss.freq", None)
    with pytest.raises(ParameterError, match="pip install auraloss, or leave stft out"):
        parse_loss("mse+2e-4*stft", sample_rate=RATE)
