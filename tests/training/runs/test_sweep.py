"""Many trainings (needs torch and joblib)."""

from pathlib import Path

from ampboard.training import Material, Sweep, sweep
from ampboard.training.capture.making import make_capture

SETTINGS = {"arch": "nano", "steps": 20, "use_spare_core": False}


def test_a_sweep_crosses_captures_and_settings_and_does_nothing_twice(clipper: Material, tmp_path: Path) -> None:
    """One capture is not there: the others are trained all the same."""
    excerpt = clipper.train[0]
    make_capture(excerpt.audio, excerpt.target, 48_000, name="pedal").save(tmp_path / "pedal")
    told: list[Sweep] = []
    captures = [tmp_path / "pedal", tmp_path / "missing"]
    results = sweep(captures, out=tmp_path / "out", jobs=1, told=told.append, seed=[3], **SETTINGS)  # pyright: ignore
    assert [result.name for result in results] == ["pedal-seed3", "missing-seed3"]
    assert sorted(told, key=lambda result: result.name) == sorted(results, key=lambda result: result.name)
    trained, failed = results
    assert trained.settings == {"seed": 3}
    assert trained.esr is not None
    assert Path(trained.path).is_file()
    assert "missing" in failed.failure
    written = Path(trained.path).stat().st_mtime_ns
    assert sweep(captures[:1], out=tmp_path / "out", jobs=1, seed=[3], **SETTINGS) == (trained,)  # pyright: ignore
    assert Path(trained.path).stat().st_mtime_ns == written
