"""The command line as a user meets it: real processes, their exit codes and what they print."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.presets.library import factory_folder

FACTORY = factory_folder()


def ampboard(*arguments: str | Path, timeout: float = 120.0, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from ampboard.bridge.cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, env=os.environ | environment
    )


@pytest.fixture
def dry(tmp_path: Path) -> Path:
    path = tmp_path / "dry.wav"
    noise = 0.1 * np.random.default_rng(3).standard_normal(12_000)
    soundfile.write(path, noise, 48_000, subtype="FLOAT")
    return path


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['ampboard', '--help']\nfrom ampboard.bridge.cli import main\n"
        "try: main()\nfinally: print(sorted({'numba', 'torch', 'pedalboard', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "render" in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_models_info_as_json() -> None:
    done = ampboard("models", "info", FACTORY / "models" / "crunch.nam", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert facts["architecture"] in {"WaveNet", "LSTM"}
    assert facts["sample_rate"] == 48_000
    assert 0 < facts["validation_esr"] < 0.05


def test_presets_list_and_show() -> None:
    listed = json.loads(ampboard("presets", "list", "--json").stdout)
    assert {"clean", "crunch", "lead"} <= {preset["name"] for preset in listed}
    shown = ampboard("presets", "show", "crunch")
    assert shown.returncode == 0
    assert "crunch.nam" in shown.stdout
    assert json.loads(ampboard("presets", "show", "lead", "--json").stdout)["name"] == "Lead"


def test_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    nothing = {"LV2_PATH": str(tmp_path)}
    listed = json.loads(ampboard("presets", "list", "--json", **nothing).stdout)
    [screamer] = [preset for preset in listed if preset["name"] == "screamer"]
    packages = ["guitarix-lv2", "dragonfly-reverb-lv2"]
    assert screamer["needs"] == [{"package": package, "missing": True} for package in packages]
    shown = ampboard("presets", "show", "screamer", **nothing)
    assert "guitarix-lv2 (missing), dragonfly-reverb-lv2 (missing)" in " ".join(shown.stdout.split())
    done = ampboard("presets", "validate", FACTORY / "screamer.toml", "--json", **nothing)
    assert done.returncode == 2
    [pedal, plate] = json.loads(done.stdout)[0]["problems"]
    assert "screamer.toml:18: chain[1]: there is no LV2 plugin http://guitarix.sourceforge.net" in pedal
    assert pedal.endswith("it comes with guitarix-lv2: apt install guitarix-lv2")
    assert plate.endswith("it comes with dragonfly-reverb-lv2: apt install dragonfly-reverb-lv2")


def test_validate_says_nothing_that_plugins_say() -> None:
    done = ampboard("presets", "validate", FACTORY / "combo.toml", "--json")
    assert len(json.loads(done.stdout)) == 1


def test_validate_names_line_and_field(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(
        'schema = 1\nname = "X"\n\n[[chain]]\ntype = "builtin"\nplugin = "Reverb"\n\n[chain.parameters]\nroom = 0.3\n'
    )
    done = ampboard("presets", "validate", broken, FACTORY / "crunch.toml", "crunch", "crnuch")
    assert done.returncode == 2
    assert "\ncrunch: valid" in done.stdout
    assert "no preset is called 'crnuch': did you mean crunch" in done.stderr
    assert f"{broken}:9: chain[0].parameters.room" in done.stderr
    assert "crunch.toml: valid" in done.stdout
    assert "Traceback" not in done.stderr


def test_render_writes_once_and_refuses_to_overwrite(dry: Path, tmp_path: Path) -> None:
    out = tmp_path / "wet"
    done = ampboard("render", dry, "--preset", "crunch", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)[0]
    audio, rate = soundfile.read(out / "dry.wav")
    assert (rate, len(audio)) == (48_000, facts["frames"])
    assert facts["frames"] >= 12_000
    before = (out / "dry.wav").read_bytes()
    again = ampboard("render", dry, "--preset", "crunch", "--out", out)
    assert again.returncode == 2
    assert "exists" in again.stderr
    assert (out / "dry.wav").read_bytes() == before
    assert ampboard("render", dry, "--preset", "crunch", "--out", out, "--overwrite").returncode == 0


def test_a_name_is_text_and_not_markup(tmp_path: Path) -> None:
    document = json.loads((FACTORY / "models" / "crunch.nam").read_text())
    document["metadata"]["name"] = "[bold]x[/nope] \x1b[31m"
    path = tmp_path / "my [take].nam"
    path.write_text(json.dumps(document))
    done = ampboard("models", "info", path)
    assert done.returncode == 0, done.stderr
    assert "[bold]x[/nope]" in done.stdout
    assert "\x1b" not in done.stdout
    assert "[take]" in done.stdout


def test_one_bad_model_does_not_hide_the_good_ones(tmp_path: Path) -> None:
    done = ampboard("models", "info", FACTORY / "models" / "clean.nam", tmp_path / "none.nam")
    assert done.returncode == 2
    assert "ampboard Clean" in done.stdout
    assert "none.nam" in done.stderr


def test_json_holds_null_for_what_is_not_finite(tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(4_800), 48_000)
    done = ampboard("render", silent, "-p", "clean", "-o", tmp_path / "wet", "--json")
    assert json.loads(done.stdout, parse_constant=pytest.fail)[0]["loudness"] is None


def test_convert_writes_the_same_weights_and_refuses_with_the_reason(fixtures: Path, tmp_path: Path) -> None:
    source = fixtures / "aidax" / "tw40_blues_deluxe.json"
    target = tmp_path / "blues.nam"
    assert ampboard("models", "convert", source, target).returncode == 0
    layer = json.loads(source.read_text())["layers"][0]
    weights = np.float32(json.loads(target.read_text())["weights"])
    assert set(np.float32(layer["weights"][0]).ravel()) <= set(weights)
    again = ampboard("models", "convert", source, target)
    assert again.returncode == 2
    assert "exists" in again.stderr
    skip = ampboard("models", "convert", fixtures / "guitarml" / "neuralpi_TS9.json", tmp_path / "ts9.nam")
    assert skip.returncode == 2
    assert "skip connection" in skip.stderr


BAD = {
    "no such file": (["render", "nowhere.wav", "-p", "crunch", "-o", "wet"], "nowhere.wav"),
    "no such preset": (["render", "DRY", "-p", "crunchy", "-o", "wet"], "crunch"),
    "neither preset nor setlist": (["render", "DRY", "-o", "wet"], "preset"),
    "no such model": (["models", "info", "nowhere.nam"], "nowhere.nam"),
    "audio as a model": (["models", "info", "DRY"], "dry.wav"),
    "folder as a model": (["models", "info", "FOLDER"], "is not a file"),
    "folder that cannot be made": (["render", "DRY", "-p", "crunch", "-o", "TEXT/sub"], "text.wav"),
    "text as audio": (["render", "TEXT", "-p", "crunch", "-o", "wet"], "text.wav"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_code_2(case: str, dry: Path, tmp_path: Path) -> None:
    arguments, named = BAD[case]
    text = tmp_path / "text.wav"
    text.write_text("not audio")
    places = {"DRY": str(dry), "TEXT": str(text), "wet": str(tmp_path / "wet"), "FOLDER": str(tmp_path)}
    places["TEXT/sub"] = f"{text}/sub"
    done = ampboard(*(places.get(a, a) for a in arguments))
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("wet/*"))
