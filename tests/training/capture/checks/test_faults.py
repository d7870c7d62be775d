"""Each fault that a recording can have is put into a good one, and the check that is named for it has to find it."""

import re

import numpy as np
import pytest
import soundfile
import soxr
from scipy.signal import butter, lfilter

from ampboard.models.errors import AudioError, ParameterError
from ampboard.training.capture.checks.table import CHECKS, IGNORABLE
from ampboard.training.capture.making import make_capture
from ampboard.training.devices.registry import load_device

RATE = 48_000


def time(audio):
    return np.arange(audio.size) / RATE


def with_echo(audio):
    late = audio.copy()
    late[14_400:] += 0.25 * audio[:-14_400]
    return late


def with_reverb(audio):
    response = np.random.default_rng(0).normal(size=RATE) * np.exp(-6.9 * np.arange(RATE) / RATE)
    response /= np.sqrt(response @ response)
    size = 1 << (audio.size + RATE).bit_length()
    return audio + 0.5 * np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(response, size), size)[: audio.size]


def stretched(ppm):
    return lambda audio: np.interp(np.arange(audio.size) * (1 - 1e-6 * ppm), np.arange(audio.size), audio)


def hiss(level):
    return lambda audio: audio + level * np.random.default_rng(0).normal(size=audio.size)


def hum(hertz, level):
    return lambda audio: audio + level * np.sin(2 * np.pi * hertz * time(audio))


# What was done, the check that finds it, its severity, and bounds of the figure it measures.
FAULTS = {
    "clipped": (lambda audio: np.clip(4 * audio, -1, 1), "clipping", "error", (4, np.inf)),
    "silent": (lambda audio: 1e-5 * audio, "silence", "error", (-200, -60)),
    "quiet": (lambda audio: 0.02 * audio, "silence", "warning", (-60, -30)),
    "one NaN": (lambda audio: np.where(np.arange(audio.size) == 5, np.nan, audio), "not-finite", "error", (1, 1)),
    "too short": (lambda audio: audio[: -3 * RATE], "length", "error", (2.99, 3.01)),
    "started late": (lambda audio: audio[2 * RATE :], "length", "error", (1.99, 2.01)),
    "44.1 kHz labelled 48": (lambda audio: soxr.resample(audio, 48_000, 44_100), "rate", "error", (1.08, 1.1)),
    "48 kHz labelled 44.1": (lambda audio: soxr.resample(audio, 44_100, 48_000), "rate", "error", (0.91, 0.93)),
    "blips cut out": (lambda audio: np.where(time(audio) < 3.4, 0, audio), "blips", "warning", (2, 2)),
    "shuffled": (lambda audio: np.roll(audio, audio.size // 2)[::-1], "unrelated", "error", (-1, 0.28)),
    "inverted": (lambda audio: -audio, "polarity", "warning", (-1, -0.05)),
    "50 Hz hum": (hum(50, 0.05), "hum", "error", (-29.3, -28.7)),
    "60 Hz hum, faint": (hum(60, 0.01), "hum", "warning", (-43.3, -42.7)),
    "hiss": (hiss(0.06), "noise", "error", (-24.7, -24.2)),
    "faint hiss": (hiss(0.02), "noise", "warning", (-34.2, -33.8)),
    "clocks 20 ppm apart": (stretched(20), "drift", "error", (19.5, 20.5)),
    "clocks -100 ppm apart": (stretched(-100), "drift", "error", (-101, -99)),
    "clocks 1.5 ppm apart": (stretched(1.5), "drift", "warning", (1.3, 1.7)),
    "tremolo": (lambda audio: audio * (1 + 0.3 * np.sin(2 * np.pi * 4.1 * time(audio))), "varying", "error", (0.01, 1)),
    "echo": (with_echo, "tail", "error", (-20, -8)),
    "reverb": (with_reverb, "tail", "error", (-22, -8)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_named_and_measured(signal, output, fault):
    spoil, check, severity, (low, high) = FAULTS[fault]
    capture = make_capture(signal.audio, spoil(output), RATE, name="pedal", layout=signal.layout)
    found = {finding.check: finding for finding in capture.findings}[check]
    assert found.severity == severity
    assert low <= found.measured <= high
    assert found.remedy
    if severity == "error":
        with pytest.raises(AudioError) as refused:
            capture.refuse_errors()
        assert bool(re.search(f"--ignore-checks.*{check}", str(refused.value))) == (check != "not-finite")


@pytest.mark.parametrize("fault", ["clipped", "44.1 kHz labelled 48", "tremolo"])
def test_an_error_that_is_ignored_is_recorded_and_lets_the_user_go_on(signal, output, fault):
    spoil, check, _, _ = FAULTS[fault]
    capture = make_capture(signal.audio, spoil(output), RATE, layout=signal.layout, ignore=["all"])
    assert capture.ignored == IGNORABLE
    assert {finding.check: finding for finding in capture.findings}[check].severity == "error"
    capture.refuse_errors()
    with pytest.raises(ParameterError, match=r"no check is called 'clpping'.*clipping"):
        make_capture(signal.audio, output, RATE, layout=signal.layout, ignore=["clpping"])


def test_a_good_recording_passes_every_check(signal, output):
    capture = make_capture(signal.audio, np.concatenate([np.zeros(500), output]), RATE)
    assert [finding.check for finding in capture.findings] == [check.name for check in CHECKS]
    assert {finding.severity for finding in capture.findings} == {"ok"}
    assert capture.latency_frames == 500


def test_swapped_files_are_found_by_the_test_signal_in_the_output(signal, output):
    capture = make_capture(output, signal.audio, RATE)
    assert [(error.check, error.severity) for error in capture.errors] == [("swapped", "error")]


def test_swapped_files_without_a_test_signal_are_found_by_their_dynamics_and_by_time(signal, output):
    playing = next(passage for passage in signal.layout.passages if passage.name == "playing")
    audio, heard = (part[playing.start : playing.stop] for part in (signal.audio, output))
    late = np.concatenate([np.zeros(200), heard])
    assert "swapped" in [error.check for error in make_capture(heard, audio, RATE).errors]
    assert "swapped" in [error.check for error in make_capture(late, audio, RATE).errors]
    assert "swapped" not in [finding.check for finding in make_capture(audio, late, RATE).errors]


@pytest.mark.parametrize(
    "dry",
    [
        lambda audio: audio,
        lambda audio: -0.3 * np.concatenate([np.zeros(777), audio]),
        lambda audio: np.rint(0.5 * audio * 2**15) / 2**15,  # a file of 16 bit
    ],
)
def test_a_recording_of_the_signal_itself_is_told(signal, dry):
    capture = make_capture(signal.audio, dry(signal.audio), RATE)
    (error,) = capture.errors
    assert error.check == "bypassed"
    assert error.measured < 1e-7
    assert "The output is the input" in error.words
    assert "track" in error.remedy


@pytest.mark.parametrize("gain", [1.0, -0.3])
def test_a_recording_of_playing_itself_is_told_without_blips(signal, gain):
    playing = next(passage for passage in signal.layout.passages if passage.name == "playing")
    music = signal.audio[playing.start : playing.stop]
    late = gain * np.concatenate([np.zeros(777), music])
    assert [found.check for found in make_capture(music, late, RATE).errors] == ["bypassed"]


@pytest.mark.parametrize(
    "clean",
    [
        load_device("clean").process,
        lambda audio, rate: np.tanh(0.2 * audio),  # 1 % from a straight line at full scale
        lambda audio, rate: lfilter(*butter(1, 20_000, fs=rate), audio),
    ],
    ids=["clean", "nearly linear", "cable"],
)
def test_a_clean_device_is_not_taken_for_the_signal_itself(signal, clean):
    capture = make_capture(signal.audio, clean(signal.audio.astype(np.float64), RATE), RATE, layout=signal.layout)
    found = {finding.check: finding for finding in capture.findings}["bypassed"]
    assert found.severity == "ok"


@pytest.mark.parametrize("ppm", [50, 100, -100])
def test_clocks_that_drift_say_nothing_of_polarity(signal, output, ppm):
    findings = make_capture(signal.audio, stretched(ppm)(output), RATE, layout=signal.layout).findings
    found = {finding.check: finding for finding in findings}
    assert found["polarity"].severity == "ok"
    assert "cannot be told" in found["polarity"].words


@pytest.mark.parametrize("level", [0.02, 0.06])
def test_noise_is_told_once_and_not_as_a_device_that_varies(signal, output, level):
    findings = make_capture(signal.audio, hiss(level)(output), RATE, layout=signal.layout).findings
    severity = {finding.check: finding.severity for finding in findings}
    assert severity["varying"] == "ok"
    assert severity["noise"] != "ok"


def test_a_quiet_device_in_noise_has_no_second_clock(signal, output):
    findings = make_capture(signal.audio, hiss(0.02)(0.2 * output), RATE, layout=signal.layout).findings
    assert {finding.check: finding for finding in findings}["drift"].severity == "ok"


def test_what_is_no_number_is_never_ignored(signal, output):
    with pytest.raises(ParameterError, match="not-finite cannot be ignored"):
        make_capture(signal.audio, output, RATE, layout=signal.layout, ignore=["not-finite"])
    broken = np.where(np.arange(output.size) == 5, np.nan, output)
    capture = make_capture(signal.audio, broken, RATE, layout=signal.layout, ignore=["all"])
    assert [error.check for error in capture.errors] == ["not-finite"]


def test_another_rate_is_named_and_resampled_when_it_is_ignored(signal, output):
    other = soxr.resample(output, 48_000, 44_100)
    capture = make_capture(signal.audio, other, RATE, output_rate=44_100)
    assert [(error.check, error.measured) for error in capture.errors] == [("rate", 44_100)]
    capture = make_capture(signal.audio, other, RATE, output_rate=44_100, ignore=["rate"])
    assert not capture.errors
    assert -1 <= capture.latency_frames <= 0  # what lies above 22 kHz is gone, which rings one frame ahead
    heard = capture.takes[0].target[-capture.latency_frames :]
    error = heard - output[: heard.size]
    assert error @ error < 2e-3 * (output @ output)


def test_a_wrong_latency_that_was_told_is_found(signal, output):
    capture = make_capture(signal.audio, output, RATE, latency_frames=100)
    assert [error.check for error in capture.errors] == ["latency"]
    assert capture.latency_frames == 100


def test_an_input_that_is_not_the_signal_it_is_said_to_be_is_found(signal, output):
    moved = np.roll(signal.audio, 1000)
    capture = make_capture(moved, np.roll(output, 1000), RATE, layout=signal.layout)
    assert "blips" in [error.check for error in capture.errors]


@pytest.mark.parametrize("device", ["amp", "hg"])
def test_recordings_of_healthy_amplifiers_pass(fixtures, device):
    audio, target = (
        soundfile.read(fixtures / "devices" / f"{name}.flac", dtype="float32", stop=60 * RATE)[0]
        for name in ("input", device)
    )
    capture = make_capture(audio, target, RATE)
    assert capture.layout == "NAM 1"
    assert {finding.severity for finding in capture.findings} == {"ok"}
    assert 0 <= capture.latency_frames <= 1
    plain = make_capture(audio[10 * RATE : 50 * RATE], target[10 * RATE : 50 * RATE], RATE)
    assert {finding.check for finding in plain.findings if finding.severity != "ok"} == {"blips"}
    assert plain.latency_frames == 0
