"""Linear networks of resistors and capacitors, by nodal analysis and the trapezoidal rule."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Branch = tuple[str, str]


@dataclass(frozen=True)
class Network:
    """Resistors and capacitors between named nodes, driven by a voltage source through a resistance.

    Attributes
    ----------
    resistors, capacitors : mapping of (str, str) to float
        Value in ohm or farad of the branch between two nodes; ``ground`` is the reference.
    input, output : str
        Node that the source drives, and node that is listened to.
    source_resistance : float
        In ohm.
    """

    resistors: Mapping[Branch, float]
    capacitors: Mapping[Branch, float]
    input: str
    output: str
    source_resistance: float

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes, in the order of the matrices."""
        names = {node for branch in (*self.resistors, *self.capacitors) for node in branch} - {"ground"}
        return tuple(sorted(names))

    def matrices(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Conductances ``G``, capacitances ``C`` and source vector ``b`` of ``C dv/dt = b u - G v``."""
        order = {name: index for index, name in enumerate(self.nodes)}
        size = len(order)
        conductance, capacitance = np.zeros((size, size)), np.zeros((size, size))
        stamped = [(conductance, branch, 1 / value) for branch, value in self.resistors.items()]
        stamped += [(capacitance, branch, value) for branch, value in self.capacitors.items()]
        for matrix, (start, end), value in stamped:
            for node, sign in ((start, 1.0), (end, -1.0)):
                if node == "ground":
                    continue
                for other, other_sign in ((start, 1.0), (end, -1.0)):
                    if other != "ground":
                        matrix[order[node], order[other]] += sign * other_sign * value
        source = np.zeros(size)
        source[order[self.input]] = 1 / self.source_resistance
        conductance[order[self.input], order[self.input]] += 1 / self.source_resistance
        return conductance, capacitance, source

    def discrete(self, sample_rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Trapezoidal update ``v1 = A v0 + B (u1 + u0)``.

        Returns
        -------
        tuple of ndarray of float64
            ``A``, shape (nodes, nodes), and ``B``, shape (nodes,).
        """
        conductance, capacitance, source = self.matrices()
        implicit = conductance + 2 * sample_rate * capacitance
        explicit = 2 * sample_rate * capacitance - conductance
        update, drive = np.linalg.solve(implicit, explicit), np.linalg.solve(implicit, source)
        return update.astype(np.float64), drive.astype(np.float64)

    def rest(self, volts: float) -> NDArray[np.float64]:
        """Node voltages under a constant source voltage."""
        conductance, _, source = self.matrices()
        return np.linalg.solve(conductance, source * volts).astype(np.float64)

    def response(self, frequencies: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Transfer function from source to output at frequencies in Hz."""
        conductance, capacitance, source = self.matrices()
        output = self.nodes.index(self.output)
        systems = conductance + 2j * np.pi * frequencies[:, None, None] * capacitance
        nodes = np.linalg.solve(systems, source[None, :, None].astype(np.complex128))
        return nodes[:, output, 0].astype(np.complex128)
