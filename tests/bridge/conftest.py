"""What tests that load foreign plugins share."""

from collections.abc import Generator
from pathlib import Path

import pytest

from .plugins.faulty import Faulty, build_faulty


@pytest.fixture(scope="session", autouse=True)
def _verdicts_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """What becomes of plugins in tests is not kept among the user's own verdicts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPBOARD_PLUGIN_RECORDS", str(tmp_path_factory.mktemp("verdicts")))
        patch.delenv("AMPBOARD_TRUST_PLUGINS", raising=False)
        yield


@pytest.fixture(scope="session")
def faulty_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the plugin in faulty.c."""
    return build_faulty(tmp_path_factory.mktemp("faulty"))


@pytest.fixture
def faulty(faulty_code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faulty:
    """A copy of the plugin in faulty.c that no other test has seen; hanging is found out after 2 s."""
    monkeypatch.setenv("AMPBOARD_PLUGIN_TIME_LIMIT", "2")
    return Faulty.copy(faulty_code, tmp_path / "plugins" / "Faulty.vst3", monkeypatch)
