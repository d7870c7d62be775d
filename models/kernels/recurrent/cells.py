"""The activations of an LSTM and a GRU, emitted for one vector of units.

Only what has to wait is waited for. With e the exponential, A = 1 + e(-i), B = 1 + e(-2 g), F = 1 + e(-f),
O = 1 + e(-o) and C = 1 + e(-2 c'), the LSTM

    c' = sigmoid(f) c + sigmoid(i) tanh(g)      h' = sigmoid(o) tanh(c')

costs two divisions instead of five::

    c' = (c A B + (2 - B) F) / (A B F)          h' = (2 - C) / (O C)

and the exponential that arrives last enters numerator and denominator by one multiply-add each. The GRU likewise.
"""

from collections.abc import Callable
from typing import Any, Final

from ..vector import VectorBuilder
from .weights import TANH

OCTAVES: Final = 40  # a product of three exponentials stays finite

Sum = Callable[[str], Any]
"""Gives the sum of a gate: bias, inputs and state times weights."""


class LstmCell:
    """One vector of LSTM units in one frame; run the stages in the order of `STAGES`.

    Parameters
    ----------
    vectors : VectorBuilder
        Where the instructions go.
    total : callable
        Sum of the gate "i", "f", "g" or "o"; of a halved vector "i" gives i beside g and "f" gives f beside o.
    hidden, cell : vector
        State before the frame, the cell scaled as the gates are.
    halved : bool
        Whether two gates share a vector.

    Attributes
    ----------
    new_hidden, new_cell : vector
        State after the frame.
    """

    STAGES = ("candidate", "cell", "output", "hidden")

    def __init__(self, vectors: VectorBuilder, total: Sum, hidden: Any, cell: Any, *, halved: bool = False) -> None:
        self.vectors = vectors
        self.total = total
        self.halved = halved
        self.new_hidden = hidden
        self.new_cell = cell

    def candidate(self) -> None:
        """A B, 2 - B (scaled as the cell is) and c A B + (2 - B): all that the new cell needs besides F."""
        v = self.vectors
        if self.halved:
            a = self._one_plus(self.total("i"))
            b = self._other_half(a)
        else:
            b, a = self._one_plus(self.total("g")), self._one_plus(self.total("i"))
        self._product = v.mul(a, b)
        self._two_less = v.fma(b, v.constant(-TANH), v.constant(2 * TANH))
        self._known = v.fma(self.new_cell, self._product, self._two_less)

    def cell(self) -> None:
        """The new cell, from the forget gate."""
        v = self.vectors
        scale, polynomial = self._exponential(self.total("f"))
        if self.halved:
            self._output = self._other_half(v.fma(scale, polynomial, v.constant(1)))
        numerator = v.fma(v.mul(self._two_less, scale), polynomial, self._known)
        self.new_cell = v.div(numerator, v.fma(v.mul(self._product, scale), polynomial, self._product))

    def output(self) -> None:
        """O; in a halved vector it came with the forget gate."""
        if not self.halved:
            self._output = self._one_plus(self.total("o"))

    def hidden(self) -> None:
        """The new hidden state, from the new cell."""
        v = self.vectors
        scale, polynomial = self._exponential(self.new_cell)
        denominator = v.fma(v.mul(self._output, scale), polynomial, self._output)
        self.new_hidden = v.div(v.fma(v.neg(scale), polynomial, v.constant(1)), denominator)

    def _exponential(self, z: Any) -> tuple[Any, Any]:
        return self.vectors.exponential(z, octaves=OCTAVES, short_path=True)

    def _one_plus(self, z: Any) -> Any:
        return self.vectors.one_plus_exponential(z, octaves=OCTAVES, short_path=True)

    def _other_half(self, value: Any) -> Any:
        width = self.vectors.width
        return self.vectors.shuffle(value, [(lane + width // 2) % width for lane in range(width)])


class GruCell:
    """One vector of GRU units in one frame; run the stages in the order of `STAGES`.

    With R = 1 + e(-r), Z = 1 + e(-z) and u = e(-2 (n + m / R)), where n is what the inputs add to the candidate and m
    what the state adds::

        h' = (1 - z) tanh(n + r m) + z h = (e(-z) (1 - u) + h (1 + u)) / (Z (1 + u))

    Parameters and attributes are those of `LstmCell`; there is no cell, and no vector is halved.
    """

    STAGES = ("reset", "update", "hidden")

    def __init__(self, vectors: VectorBuilder, total: Sum, hidden: Any) -> None:
        self.vectors = vectors
        self.total = total
        self.new_hidden = hidden
        self.new_cell = None

    def reset(self) -> None:
        """The candidate before its tanh: n + m / R as (n R + m) / R."""
        v = self.vectors
        scale, polynomial = self._exponential(self.total("r"))
        n, m = self.total("n"), self.total("m")
        numerator = v.fma(v.mul(n, scale), polynomial, v.add(n, m))
        self._candidate = v.div(numerator, v.fma(scale, polynomial, v.constant(1)))

    def update(self) -> None:
        """What the new hidden state needs of the update gate: Z, e(-z) + h and h - e(-z)."""
        v = self.vectors
        scale, polynomial = self._exponential(self.total("z"))
        e = v.mul(scale, polynomial)
        self._update = v.fma(scale, polynomial, v.constant(1))
        self._sum, self._difference = v.add(e, self.new_hidden), v.sub(self.new_hidden, e)

    def hidden(self) -> None:
        """The new hidden state, from the candidate."""
        v = self.vectors
        scale, polynomial = self._exponential(self._candidate)
        numerator = v.fma(v.mul(self._difference, scale), polynomial, self._sum)
        self.new_hidden = v.div(numerator, v.fma(v.mul(self._update, scale), polynomial, self._update))

    def _exponential(self, z: Any) -> tuple[Any, Any]:
        return self.vectors.exponential(z, octaves=OCTAVES, short_path=True)
