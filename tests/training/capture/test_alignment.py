import numpy as np
import pytest
from scipy.signal import lfilter

from ampboard.training.capture.alignment import align, onset
from ampboard.training.capture.layouts import Layout
from ampboard.training.devices.amps import AMPS

RATE = 48_000


def delayed(audio: np.ndarray, frames: float) -> np.ndarray:
    """Delay by any number of frames, by its spectrum."""
    size = 1 << (audio.size + 100_000).bit_length()
    hertz = np.fft.rfftfreq(size)
    return np.fft.irfft(np.fft.rfft(audio, size) * np.exp(-2j * np.pi * hertz * frames), size)[: audio.size + 60_000]


@pytest.mark.parametrize("frames", [0, 1, 137, 4801, 50_000])
def test_a_whole_delay_is_found_to_the_frame_by_blips_and_by_cross_correlation(signal, output, frames):
    late = np.concatenate([np.zeros(frames), output]).astype(np.float32)
    found = align(signal.audio, late, RATE, signal.layout)
    at_rest = align(signal.audio, output.astype(np.float32), RATE, signal.layout)
    assert at_rest.latency_frames == 0
    assert found.blip_frames == (frames,) * 4
    assert found.latency_frames == frames
    assert abs(found.correlation_frames - frames) <= 4


def test_an_output_that_starts_early_is_found(signal, output):
    assert align(signal.audio, output[777:].astype(np.float32), RATE, signal.layout).latency_frames == -777


@pytest.mark.parametrize("frames", [0.3, 20.5, 133.8])
def test_a_delay_between_two_frames_is_never_taken_for_more(signal, output, frames):
    found = align(signal.audio, delayed(output, frames).astype(np.float32), RATE, signal.layout).latency_frames
    assert frames - 1.5 <= found <= frames


@pytest.mark.parametrize("frames", [0, 3, 300])
def test_without_blips_the_delay_is_found_within_four_frames_and_not_taken_for_more(signal, output, frames):
    playing = next(passage for passage in signal.layout.passages if passage.name == "playing")
    late = np.concatenate([np.zeros(frames), output[playing.start : playing.stop]]).astype(np.float32)
    found = align(signal.audio[playing.start : playing.stop], late, RATE, Layout("plain", RATE, ())).latency_frames
    assert frames - 4 <= found <= frames


def test_polarity_is_that_of_a_whisper_through_the_amplifiers(signal):
    # A signal this quiet is not distorted: its correlation with the output has the circuit's own sign.
    whisper = 1e-5 * np.random.default_rng(0).normal(size=12_000)
    start = signal.layout.passages[2].start + 3 * RATE
    part = signal.audio[start : start + 3 * RATE]  # from the quiet sweep's rise to the end of the noise
    for amp in (AMPS["crunch"], AMPS["lead"]):
        heard = amp.process(np.concatenate([np.zeros(6000), whisper]), RATE)[6000:]
        likeness = [float(whisper[:-9] @ heard[lag : heard.size - 9 + lag]) for lag in range(9)]
        sign = np.sign(likeness[int(np.argmax(np.abs(likeness)))])
        found = align(part, amp.process(part, RATE).astype(np.float32), RATE, Layout("plain", RATE, ()))
        assert found.polarity * sign > 0.05
        assert found.likeness > 0.5


def test_the_onset_of_a_filter_is_its_first_frame():
    spike = np.zeros(4000)
    spike[1000] = 1
    random = np.random.default_rng(0)
    for response in (spike, lfilter([0.3], [1, -0.7], spike), -np.convolve(spike, np.hanning(60)[30:])[:4000]):
        assert onset(response, RATE) == 1000
        assert onset(response + random.normal(0, 1e-4, response.size), RATE) == 1000
