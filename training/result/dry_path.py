"""The dry input inside a recurrent network, or beside it.

GuitarML's players add the input to what the network plays, whatever the file says; a .nam file has no such connection.
So that one network serves both, one cell more carries the input through: its gates are held open and it works so far
below its limits that it is straight.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...models.description import ModelDescription, Recurrent
from ...models.errors import ModelError

OPEN: Final = 20.0  # bias of a gate that is held open; its negative holds it shut
SCALE: Final = 2.0**-6  # of the input in the cell: larger bends it, smaller drowns in what engines' tanh leaves out
ROWS: Final = {"lstm": (OPEN, -OPEN, 0.0, OPEN), "gru": (0.0, -OPEN, 0.0)}
"""Biases of the carrying cell by gate (LSTM: i f g o; GRU: r z n)."""
CARRIED: Final = 2
"""The gate that is the cell's value: g, or n."""


def with_dry_path(description: ModelDescription, *, skip: bool) -> ModelDescription:
    """The same sound from a network whose dry input is beside it (`skip`) or not.

    Where that differs from what the network has, it becomes one cell wider.

    Raises
    ------
    ModelError
        When it is no recurrent network, or has several layers.

    Notes
    -----
    The cell gives ``tanh(tanh(x / 64)) * 64``, which is ``x`` less a cubic part of 1.6e-4 (-76 dB) at full scale; a
    larger factor drowns in the rounding of float32. Measured on loud guitar, the error-to-signal ratio against the
    original is 4e-10.
    """
    network = _recurrent(description)
    if network.skip == skip:
        return description
    if network.layers != 1:
        raise ModelError(
            f"a network of {network.layers} layers has no way for the dry input beside them: use one layer"
        )
    wider = with_cells(description, network.hidden_size + 1)
    arrays = {name: array.copy() for name, array in wider.arrays.items()}
    size = network.hidden_size + 1
    for gate, bias in enumerate(ROWS[network.kind]):
        arrays["0.input.bias"][gate * size + size - 1] = bias
    arrays["0.input.weight"][CARRIED * size + size - 1, 0] = SCALE
    arrays["head.weight"][0, -1] = (-1 if skip else 1) / SCALE
    assert isinstance(wider.architecture, Recurrent)
    return replace(wider, architecture=replace(wider.architecture, skip=skip), arrays=arrays)


def with_cells(description: ModelDescription, count: int) -> ModelDescription:
    """The same network with more cells, that do nothing: some players know a few sizes only.

    Raises
    ------
    ModelError
        When it is no recurrent network of one layer, or has more cells.
    """
    network = _recurrent(description)
    if network.layers != 1 or count < network.hidden_size:
        raise ModelError(f"{network.layers} layer(s) of {network.hidden_size} cells do not become one of {count}")
    wider = replace(network, hidden_size=count)
    shapes = wider.shapes()
    arrays = {name: _grown(array, shapes[name], network) for name, array in description.arrays.items()}
    return replace(description, architecture=wider, arrays=arrays, document=None)


def _recurrent(description: ModelDescription) -> Recurrent:
    network = description.architecture
    if not isinstance(network, Recurrent):
        raise ModelError(f"a {type(network).__name__} has no cells")
    return network


def _grown(array: NDArray[np.float32], shape: tuple[int, ...], network: Recurrent) -> NDArray[np.float32]:
    """Zeros behind the cells of each gate, and behind what they are fed."""
    rows = network.gates if array.shape[0] == network.gates * network.hidden_size else 1
    parts = array.reshape(rows, array.shape[0] // rows, -1)
    grown = np.zeros((rows, shape[0] // rows, int(np.prod(shape[1:]))), np.float32)
    grown[:, : parts.shape[1], : parts.shape[2]] = parts
    return grown.reshape(shape)
