"""LV2 plugins in a pedalboard chain against the same in lv2apply and lv2file, which know nothing of ampboard."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile
from numpy.typing import NDArray
from pedalboard.io import AudioFile

from ampboard.bridge.plugins.lv2 import load_lv2
from ampboard.models.errors import PluginError

GUITAR = Path(__file__).resolve().parents[2] / "presets" / "factory" / "recordings" / "guitar.flac"
SECONDS = 2
BLOCK = 256  # frames; what lv2file is told, and what pedalboard is
NEARLY_SAME = 1e-6  # of the peak: -120 dB, for plugins whose sound depends on the block size


@dataclass(frozen=True)
class Case:
    """A plugin at settings that an oracle can play.

    Attributes
    ----------
    host : str
        ``lv2apply`` (offers no features, one frame at a time or more as it likes) or ``lv2file``.
    controls : dict
        Values of control ports by symbol.
    channels : int
        Of the audio.
    side_chain : bool
        Whether the left channel is played into the side-chain too.
    """

    host: str
    uri: str
    controls: dict[str, float]
    channels: int = 1
    side_chain: bool = False

    @property
    def id(self) -> str:
        """What pytest calls it."""
        return f"{self.host}-{self.uri.rpartition('/')[2].rpartition(':')[2]}"


TS9 = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
CASES = (
    Case("lv2apply", TS9, {"fslider2_": 0.8}),
    Case("lv2file", TS9, {"fslider2_": 0.8}),
    Case("lv2file", "urn:zamaudio:ZamEQ2", {"boost1": 6.0}),
    Case("lv2apply", "http://lsp-plug.in/plugins/lv2/compressor_mono", {}),
    Case("lv2file", "http://gareus.org/oss/lv2/fil4#stereo", {}, channels=2),
    Case("lv2file", "urn:zamaudio:ZamCompX2", {"thr": -30.0, "sidechain": 1.0}, channels=2, side_chain=True),
    Case("lv2file", "http://guitarix.sourceforge.net/plugins/gx_zita_rev1_stereo#_zita_rev1_stereo", {}, channels=2),
)


def _played_elsewhere(case: Case, dry: NDArray[np.float32], rate: int, folder: Path) -> NDArray[np.float32]:
    if shutil.which(case.host) is None:
        pytest.skip(f"{case.host} is not installed")
    source, target = folder / "dry.wav", folder / "wet.wav"
    soundfile.write(source, dry.T, rate, subtype="FLOAT")
    command = [case.host, "-i", str(source), "-o", str(target)]
    for symbol, value in case.controls.items():
        command += ["-c", symbol, str(value)] if case.host == "lv2apply" else ["-p", f"{symbol}:{value}"]
    if case.host == "lv2file":
        command += ["-b", str(BLOCK), "--ignore-clipping"]
    if case.side_chain:
        command += ["-c", "1:lv2_audio_in_1", "-c", "2:lv2_audio_in_2", "-c", "1:lv2_sidechain_in"]
    run = subprocess.run([*command, case.uri], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    wet, _ = soundfile.read(target, dtype="float32", always_2d=True)
    return wet.T


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_chain_gives_what_another_host_gives(case: Case, tmp_path: Path) -> None:
    with AudioFile(str(GUITAR)) as file:
        rate = int(file.samplerate)
        dry = np.repeat(file.read(SECONDS * rate)[:1], case.channels, axis=0)
    try:
        plugin = load_lv2(case.uri, side_chain=dry[:1] if case.side_chain else None, **case.controls)
    except PluginError as error:
        pytest.skip(str(error))
    board = pedalboard.Pedalboard([plugin])
    wet = board.process(dry, rate, buffer_size=BLOCK)
    oracle = _played_elsewhere(case, dry, rate, tmp_path)
    assert wet.shape == dry.shape
    latency = plugin.latency
    np.testing.assert_array_equal(wet[:, : wet.shape[1] - latency], oracle[:, latency:])
