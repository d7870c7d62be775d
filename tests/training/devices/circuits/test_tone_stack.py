"""The tone stack as a network against the published transfer function."""

from dataclasses import replace

import numpy as np
import pytest

from ampboard.training.devices.circuits.tone_stack import BASSMAN, END_STOP

FREQUENCIES = np.geomspace(20, 20_000, 60)


def yeh_smith(treble: float, middle: float, bass: float) -> np.ndarray:
    """Yeh and Smith 2006, equations for the '59 Bassman: bass is the part of the potentiometer in circuit."""
    c1, c2, c3, r1, r2, r3, r4 = 250e-12, 20e-9, 20e-9, 250e3, 1e6, 25e3, 56e3
    t, m, l = treble, middle, bass  # noqa: E741 (the paper's names)
    c123 = c1 * c2 * c3
    b1 = t * c1 * r1 + m * c3 * r3 + l * (c1 + c2) * r2 + (c1 + c2) * r3
    b2 = (
        t * (c1 * c2 + c1 * c3) * r1 * r4
        + (m - m**2) * (c1 + c2) * c3 * r3**2
        + m * c1 * c3 * r1 * r3
        + l * (c1 * c2 * r1 * r2 + (c1 * c2 + c1 * c3) * r2 * r4)
        + l * m * (c1 + c2) * c3 * r2 * r3
        + c1 * c2 * r1 * r3
        + (c1 * c2 + c1 * c3) * r3 * r4
    )
    b3 = c123 * (
        l * m * (r1 + r4) * r2 * r3 + (m - m**2) * (r1 + r4) * r3**2 + t * (1 - m) * r1 * r3 * r4 + t * l * r1 * r2 * r4
    )
    a1 = c1 * r1 + (c1 + c2) * r3 + (c2 + c3) * r4 + m * c3 * r3 + l * (c1 + c2) * r2
    a2 = (
        m * (c1 * c3 * r1 * r3 - c2 * c3 * r3 * r4)
        + (m - m**2) * (c1 + c2) * c3 * r3**2
        + l * m * (c1 + c2) * c3 * r2 * r3
        + l * ((c1 * c2 + c1 * c3 + c2 * c3) * r2 * r4 + c1 * c2 * r1 * r2)
        + (c1 * c2 + c1 * c3) * r1 * r4
        + (c1 * c2 + c1 * c3 + c2 * c3) * r3 * r4
        + c1 * c2 * r1 * r3
    )
    a3 = c123 * (
        l * m * (r1 + r4) * r2 * r3 + (m - m**2) * (r1 + r4) * r3**2 + (1 - m) * r1 * r3 * r4 + l * r1 * r2 * r4
    )
    s = 2j * np.pi * FREQUENCIES
    return (b1 * s + b2 * s**2 + b3 * s**3) / (1 + a1 * s + a2 * s**2 + a3 * s**3)


@pytest.mark.parametrize("knobs", [(0.5, 0.5, 0.5), (0.9, 0.2, 0.7), (0.1, 0.8, 0.3)])
def test_the_network_has_the_published_transfer_function(knobs: tuple[float, float, float]) -> None:
    """Within 0.02 dB, with an ideal source and no load."""
    treble, middle, bass = knobs
    stack = replace(BASSMAN, treble=treble, middle=middle, bass=bass)
    ours = stack.network(source_resistance=1e-3, load=1e15).response(FREQUENCIES)
    in_circuit = END_STOP + (1 - END_STOP) * (10 ** (2 * bass) - 1) / 99
    turned = [END_STOP + (1 - 2 * END_STOP) * knob for knob in (treble, middle)]
    theirs = yeh_smith(*turned, in_circuit)
    assert np.abs(20 * np.log10(np.abs(ours / theirs))).max() < 0.02


def test_the_discrete_network_follows_the_analogue_one() -> None:
    """Within 0.1 dB up to 20 kHz at 384 kHz: the trapezoidal rule bends frequencies by 0.9 % there."""
    network = BASSMAN.network(source_resistance=38e3, load=1e6)
    rate = 384_000.0
    update, source = network.discrete(rate)
    z = np.exp(2j * np.pi * FREQUENCIES / rate)
    systems = z[:, None, None] * np.eye(len(source)) - update
    states = np.linalg.solve(systems, np.broadcast_to(source[:, None], (z.size, source.size, 1)))[..., 0]
    discrete = states[:, network.nodes.index(network.output)] * (z + 1)
    assert np.abs(20 * np.log10(np.abs(discrete / network.response(FREQUENCIES)))).max() < 0.1


def test_at_rest_the_network_keeps_its_voltages() -> None:
    network = BASSMAN.network(source_resistance=38e3, load=1e6)
    update, source = network.discrete(384_000.0)
    rest = network.rest(200.0)
    np.testing.assert_allclose(update @ rest + source * 400.0, rest, atol=1e-9)
