"""Weights and documents as JSON text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..writing import write_atomically


def json_numbers(array: NDArray[np.float32]) -> Any:
    """Return nested lists of the shortest numbers that read back as the same float32."""
    if array.ndim == 0:
        return float(str(array))
    return [json_numbers(part) for part in array]


def write_json(path: str | Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document; replaces an existing file only when the new one is complete."""
    write_atomically(Path(path), json.dumps(document).encode())
