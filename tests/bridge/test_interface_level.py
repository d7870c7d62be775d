"""The level of the player's interface: kept once, used by the presets that ask for it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.bridge.chains import build_chain
from ampboard.bridge.interface_level import configuration_path, read_interface_level, write_interface_level
from ampboard.models.errors import ParameterError, PresetError
from ampboard.presets import load_preset


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch) -> Path:
    path = tmp_path / "config" / "config.toml"
    monkeypatch.setenv("AMPBOARD_CONFIG", str(path))
    return path


def test_a_level_is_kept_and_read() -> None:
    assert write_interface_level(12.345, "data sheet") == configuration_path()
    assert read_interface_level() == pytest.approx(12.345, abs=0.0051)


def test_writing_leaves_the_rest_of_the_configuration(configuration) -> None:
    configuration.parent.mkdir()
    configuration.write_text('# mine\n[interface]\nname = "box" # blue\ndbu = 1.0\n')
    write_interface_level(-3.0, "sine")
    text = configuration.read_text()
    assert text.startswith('# mine\n[interface]\nname = "box" # blue\n')
    assert read_interface_level() == -3.0


@pytest.mark.parametrize("level", [-60.5, 61.0, float("nan")])
def test_levels_that_cannot_be_are_refused(level) -> None:
    with pytest.raises(ParameterError, match="use a value from -60 to 60"):
        write_interface_level(level, "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "measure it with ampboard live calibrate"),
        ("", "measure it with ampboard live calibrate"),
        ("interface = 3", "measure it"),
        ("[interface]\ndbu = 99", "use a number from -60 to 60"),
        ("[interface]\ndbu = true", "use a number"),
        ("[interface\n", "cannot be read"),
    ],
)
def test_a_missing_or_broken_configuration_is_told(configuration, text, message) -> None:
    if text is not None:
        configuration.parent.mkdir()
        configuration.write_text(text)
    with pytest.raises(PresetError, match=message):
        read_interface_level()


def test_a_preset_that_asks_for_it_is_driven_by_it(tmp_path, fixtures) -> None:
    """core_lstm's device took 18.3 dBu for full scale: an interface of 12 dBu needs -6.3 dB in front of it."""
    preset = tmp_path / "measured.toml"
    model = (fixtures / "nam" / "core_lstm.nam").as_posix()
    preset.write_text(
        f'schema = 1\nname = "M"\n[[chain]]\ntype = "neural"\nmodel = "{model}"\ninterface_dbu = "measured"\n'
    )
    with pytest.raises(PresetError, match=r"interface\.dbu is not there"):
        build_chain(load_preset(preset))
    write_interface_level(12.0, "data sheet")
    amp = build_chain(load_preset(preset)).nodes["amp"]
    assert amp.calibration.input_db == pytest.approx(12.0 - 18.3, abs=1e-6)


def test_calibrating_from_a_recording(tmp_path, configuration) -> None:
    import typer
    from typer.testing import CliRunner

    from ampboard.bridge.cli.calibrate import calibrate

    app = typer.Typer()
    app.command()(calibrate)
    wav = tmp_path / "sine.wav"
    soundfile.write(wav, 10 ** (-10 / 20) * np.sin(np.arange(96_000) * 0.13), 48_000, subtype="FLOAT")
    done = CliRunner().invoke(app, ["--dbu", "2.2", "--recording", str(wav), "--json"])
    assert done.exit_code == 0, done.output
    assert read_interface_level() == pytest.approx(12.2, abs=0.01)
    done = CliRunner().invoke(app, ["--spec", "9.5", "--dry-run"])
    assert done.exit_code == 0, done.output
    assert read_interface_level() == pytest.approx(12.2, abs=0.01)
    assert "sine of 2.20 dBu" in configuration.read_text()
