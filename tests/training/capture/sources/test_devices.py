"""Devices and plugins as the device of a capture."""

from collections.abc import Iterator

import numpy as np
import pedalboard
import pytest

from ampboard.models.errors import ParameterError
from ampboard.models.kernels.parameter import Parameter
from ampboard.training.capture.recordings import Recording
from ampboard.training.capture.signal.test_signal import make_signal
from ampboard.training.capture.sources.devices import capture_device
from ampboard.training.capture.sources.settings import grid
from ampboard.training.capture.sources.takes import Labels, RawTake, capture_takes
from ampboard.training.devices.knob import Knob
from ampboard.training.devices.plugins.guitarix import installed_guitarix
from ampboard.training.devices.plugins.loading import chain_device
from ampboard.training.devices.registry import load_device

RATE = 48_000


@pytest.fixture(scope="module")
def signal() -> Recording:
    return Recording(make_signal(30.0, RATE).audio, RATE)


@pytest.fixture(autouse=True, scope="module")
def trusted() -> Iterator[None]:
    """Their trials are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
        yield


def test_a_guitarix_amp_is_captured_at_a_grid_of_settings(signal: Recording) -> None:
    """All checks are ok; each take is what the amp plays, to the sample but for its latency, within 24 bit."""
    if "gxmetal_amp" not in installed_guitarix():
        pytest.skip("needs guitarix-lv2")
    amp = load_device("gxmetal_amp")
    told: list[str] = []
    capture = capture_device(amp, signal, grid({"drive": (1.0, 20.0)}), unseen=[{"drive": 10.5}], told=told.append)
    assert [finding.check for finding in capture.findings if finding.severity != "ok"] == []
    assert (capture.knobs, [take.knobs for take in capture.takes]) == (("drive",), [(0.0,), (1.0,), (0.5,)])
    assert [take.uses for take in capture.takes] == [("train", "validation", "test")] * 2 + [("test",)]
    assert capture.gear["knob drive"] == "DRIVE of gxmetal_amp, 0 is 1 and 1 is 20"
    assert capture.gear["gear_model"] == "GxMetalAmp"
    assert told[0] == "gxmetal_amp drive=1 (1 of 3)"
    latency = {take.latency_frames for take in capture.takes}
    assert len(latency) == 1  # an amp is not faster at another setting
    late = latency.pop()
    played = amp.with_knobs(drive=0.5).process(signal.audio, RATE)[late:]
    np.testing.assert_allclose(
        capture.takes[2].target[: played.size], played[: capture.takes[2].target.size], atol=2**-22
    )
    material = capture.material()
    assert {excerpt.knobs for excerpt in material.train} == {(0.0,), (1.0,)}
    assert (0.5,) in {excerpt.knobs for excerpt in material.test}


def test_one_of_our_circuits_is_captured_without_a_delay() -> None:
    """At 16 kHz, which is quicker to compute; all checks are ok, and the take is what it plays within 24 bit."""
    signal = Recording(make_signal(30.0, 16_000).audio, 16_000)
    overdrive = load_device("overdrive")
    capture = capture_device(overdrive, signal, labels=Labels("drive", {"gear_make": "own"}, -3.0, 4.0))
    assert [finding.check for finding in capture.findings if finding.severity != "ok"] == []
    (take,) = capture.takes
    assert (capture.name, take.latency_frames, capture.knobs, take.knobs) == ("drive", 0, (), ())
    assert (capture.input_level_dbu, capture.output_level_dbu) == (-3.0, 4.0)
    assert capture.gear["gear_make"] == "own"
    assert capture.gear["settings"] == "drive=0.5, tone=0.5, level=0.5"
    played = overdrive.process(signal.audio[:48_000], 16_000)[:32_000]
    np.testing.assert_allclose(take.target[: played.size], played, atol=2**-22)


def test_a_plugin_that_clips_at_full_scale_or_goes_beyond_is_kept_as_it_plays(signal: Recording) -> None:
    """A saturation that ends at full scale, and 20 dB more: no converter cut it off. Within 24 bit of the peak."""
    with_gain = Parameter("gain_db", "Gain", "dB", 0.0, 20.0, 0.0)

    def make(gain_db: float) -> pedalboard.Pedalboard:
        return pedalboard.Pedalboard([pedalboard.Distortion(40), pedalboard.Gain(gain_db)])

    fuzz = chain_device("fuzz", make, (Knob("gain_db", 0.0, with_gain),))
    capture = capture_device(fuzz, signal, [{"gain_db": 0.0}, {"gain_db": 20.0}])
    assert [finding.check for finding in capture.findings if finding.severity != "ok"] == []
    quiet, loud = (take.target for take in capture.takes)
    assert np.abs(quiet).max() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(loud, 10 * quiet, atol=10 * 2**-21)


def test_settings_are_of_the_same_knobs_and_differ(signal: Recording) -> None:
    crunch = load_device("crunch")
    with pytest.raises(ParameterError, match="not of the same knobs"):
        capture_device(crunch, signal, [{"gain": 0.1}], unseen=[{"bass": 0.1}])
    takes = [RawTake(name, signal, {"gain": 0.5}) for name in ("one", "two")]
    with pytest.raises(ParameterError, match="one and two have the same setting"):
        capture_takes(signal, takes, Labels("twins"))
    with pytest.raises(ParameterError, match="the first take gain"):
        capture_takes(signal, [takes[0], RawTake("bare", signal)], Labels("odd"))
    with pytest.raises(ParameterError, match="no take"):
        capture_takes(signal, [], Labels("none"))
