"""Stems in processes of their own: the same sound, and plugins that crash or hang spoil their own stem alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.plugins.quarantine import plugin_records
from ampboard.bridge.plugins.vst3 import load_vst3
from ampboard.bridge.rendering import LostStemsError, render
from ampboard.models.errors import AudioError, ParameterError, PluginError

from ..plugins.faulty import Faulty, build_faulty

RATE = 48_000
FACTORY = Path(__file__).resolve().parents[3] / "presets" / "factory"
GAIN = '[[chain]]\ntype = "builtin"\nplugin = "Gain"\nparameters = { gain_db = -6.0 }\n'
AMP = f'[[chain]]\ntype = "neural"\nmodel = "{FACTORY / "models" / "crunch.nam"}"\n'


@pytest.fixture(autouse=True)
def _own_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPBOARD_PLUGIN_RECORDS", str(tmp_path / "verdicts"))


def foreign(path: Path) -> str:
    return f'[[chain]]\ntype = "vst3"\npath = "{path}"\nparameters = {{ gain = 1.5 }}\n'


def preset(path: Path, chain: str) -> Path:
    path.write_text(f'schema = 1\nname = "{path.stem}"\n{chain}')
    return path


def stem(path: Path, peak: float = 0.5, frames: int = RATE) -> Path:
    """Noise with one sample of a given magnitude in the middle; the plugin's "-loud" faults wait for 1.5."""
    audio = np.random.default_rng(len(path.name)).uniform(-0.2, 0.2, (frames, 2)).astype(np.float32)
    audio[frames // 2] = peak
    soundfile.write(path, audio, RATE, subtype="FLOAT")
    return path


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("jobs", "normalize"), [(1, None), (2, -3.0)])
def test_output_equals_the_one_of_this_process_bit_for_bit(
    faulty: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, normalize: float | None
) -> None:
    chain = preset(tmp_path / "p.toml", AMP + foreign(faulty.path) + GAIN)
    stems = [stem(tmp_path / name) for name in ("a.wav", "bb.wav")]
    render(stems, preset=chain, out_dir=tmp_path / "apart", jobs=jobs, normalize=normalize)
    monkeypatch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
    for result in render(stems, preset=chain, out_dir=tmp_path / "here", normalize=normalize):
        assert (tmp_path / "apart" / result.path.name).read_bytes() == result.path.read_bytes()
    assert leftovers(tmp_path / "apart") == ["a.wav", "bb.wav"]


def test_results_come_in_order_and_progress_on_the_way(tmp_path: Path) -> None:
    stems = [
        stem(tmp_path / name, frames=frames) for name, frames in (("long.wav", 4 * RATE), ("short.wav", RATE // 4))
    ]
    told: list[tuple[Path, int, int]] = []
    chain = preset(tmp_path / "p.toml", GAIN)
    results = render(stems, preset=chain, out_dir=tmp_path / "out", jobs=2, progress=lambda *call: told.append(call))
    assert [result.source for result in results] == stems
    assert [result.path for result in results] == [tmp_path / "out" / path.name for path in stems]
    for result in results:
        done = [done for source, done, _ in told if source == result.source]
        assert done == sorted(set(done))
        assert done[-1] == result.frames - result.tail


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [("crash-loud", "crashed", "it crashed with SIGABRT"), ("hang-loud", "hung", "it hung for 2 s")],
)
def test_faulty_plugin_is_named_and_spares_the_other_stems(
    faulty: Faulty, tmp_path: Path, fault: str, outcome: str, reason: str
) -> None:
    chain = preset(tmp_path / "p.toml", foreign(faulty.path) + GAIN)
    load_vst3(faulty.path)  # the trial is over
    faulty.set_fault(fault)
    quiet, last = stem(tmp_path / "quiet.wav"), stem(tmp_path / "last.wav")
    loud = stem(tmp_path / "loud.wav", peak=1.9)
    with pytest.raises(LostStemsError) as caught:
        render([quiet, loud, last], preset=chain, out_dir=tmp_path / "out")
    assert [lost.source for lost in caught.value.lost] == [loud]
    message = str(caught.value)
    assert message.startswith(f"{loud}: not rendered: Faulty.vst3: {reason} while processing: ")
    assert message.endswith("`ampboard plugins clear Faulty.vst3`")
    assert [result.source for result in caught.value.results] == [quiet, last]
    assert leftovers(tmp_path / "out") == ["last.wav", "quiet.wav"]
    assert [record.verdict.outcome for record in plugin_records()] == [outcome]
    with pytest.raises(PluginError, match=rf"Faulty\.vst3: not loaded: {reason} while processing"):
        load_vst3(faulty.path)


def test_the_one_that_crashed_is_named_among_several(faulty: Faulty, tmp_path: Path) -> None:
    """In branches, in front of and behind others: each foreign plugin runs on its own."""
    harmless = build_faulty(tmp_path, "-DHARMLESS", "-DMARK='H'", name="Harmless")
    branch = (
        '[[chain]]\ntype = "parallel"\n[[chain.branches]]\n[[chain.branches.chain]]\n'
        f'type = "vst3"\npath = "{harmless}"\n[[chain.branches.chain]]\ntype = "vst3"\npath = "{faulty.path}"\n'
        "[[chain.branches]]\n"
    )
    chain = preset(tmp_path / "p.toml", GAIN + branch + foreign(harmless))
    load_vst3(faulty.path)
    faulty.set_fault("crash-loud")
    with pytest.raises(LostStemsError, match=r"not rendered: Faulty\.vst3: it crashed with SIGABRT"):
        render(stem(tmp_path / "loud.wav", peak=4.0), preset=chain, out_dir=tmp_path / "out")


def test_bad_plugin_stops_a_render_before_anything_is_written(faulty: Faulty, tmp_path: Path) -> None:
    faulty.set_fault("crash-load")
    chain = preset(tmp_path / "p.toml", foreign(faulty.path))
    with pytest.raises(PluginError, match=r"p\.toml:3: chain\[0\].*Faulty\.vst3: not loaded: it crashed with SIGABRT"):
        render(stem(tmp_path / "a.wav"), preset=chain, out_dir=tmp_path / "out")
    assert leftovers(tmp_path / "out") == []


def test_errors_of_a_worker_are_those_of_this_process(tmp_path: Path) -> None:
    stems = [stem(tmp_path / "a.wav"), stem(tmp_path / "b.wav", peak=np.inf)]
    with pytest.raises(AudioError, match=r"b\.wav: frame 24000 of channel 1 is inf"):
        render(stems, preset=preset(tmp_path / "p.toml", GAIN), out_dir=tmp_path / "out", jobs=2)
    assert "b.wav" not in leftovers(tmp_path / "out")
    with pytest.raises(ParameterError, match="jobs is 0"):
        render(stems, preset=tmp_path / "p.toml", out_dir=tmp_path / "none", jobs=0)


def command(*arguments: str | Path) -> list[str]:
    script = "from ampboard.bridge.cli import main; main()"
    return [sys.executable, "-c", script, *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_command_writes_the_others_and_ends_with_2(faulty: Faulty, tmp_path: Path) -> None:
    chain = preset(tmp_path / "p.toml", foreign(faulty.path))
    load_vst3(faulty.path)
    faulty.set_fault("crash-loud")
    stems = [stem(tmp_path / "loud.wav", peak=1.9), stem(tmp_path / "quiet.wav")]
    ended = subprocess.run(
        command("render", *stems, "--preset", chain, "--out", tmp_path / "out", "--jobs", "2"),
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "loud.wav: not rendered: Faulty.vst3: it crashed with SIGABRT" in " ".join(ended.stderr.split())
    assert "quiet.wav" in ended.stdout
    assert "noise" not in ended.stdout + ended.stderr
    assert leftovers(tmp_path / "out") == ["quiet.wav"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing_behind(faulty: Faulty, tmp_path: Path, number: int) -> None:
    chain = preset(tmp_path / "p.toml", foreign(faulty.path))
    load_vst3(faulty.path)
    faulty.set_fault("hang-loud")
    with subprocess.Popen(
        command("render", stem(tmp_path / "loud.wav", peak=1.9), "--preset", chain, "--out", tmp_path / "out"),
        env={**environment(), "AMPBOARD_PLUGIN_TIME_LIMIT": "60"}, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        for _ in range(600):
            if list(tmp_path.glob("out/.render-*/loud.wav")):
                break
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(timeout=20) not in (0, 2)
    assert leftovers(tmp_path / "out") == []
