"""Where the tests find real models and recordings."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of third-party models, recordings and reference outputs, which are not part of the project."""
    folder = Path(os.environ.get("AMPBOARD_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip(f"no test fixtures at {folder}: set AMPBOARD_FIXTURES")
    return folder
