"""The error-to-signal ratio."""

import subprocess
import sys

import numpy as np
import pytest

from ampboard.training.losses import error_to_signal_ratio


def test_esr_is_the_energy_of_the_error_over_that_of_the_target() -> None:
    target = np.array([3.0, -4.0])
    assert error_to_signal_ratio(target, target) == 0
    assert error_to_signal_ratio(np.zeros(2), target) == 1
    assert error_to_signal_ratio(target + np.array([0.0, 0.5]), target) == pytest.approx(0.25 / 25)


def test_measuring_needs_no_torch() -> None:
    code = "import sys; from ampboard.training.losses import error_to_signal_ratio; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
