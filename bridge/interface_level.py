"""The level of full scale at the player's own audio interface: measured once, kept in the user's configuration.

Presets that say ``interface_dbu = "measured"`` are played with it.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path

from ..models.calibration import LEVEL_RANGE
from ..models.errors import ParameterError, PresetError
from ..models.writing import write_atomically

FILE_VARIABLE: Final = "AMPBOARD_CONFIG"
TABLE: Final = "interface"
MEASURED: Final = "measured"


def configuration_path() -> Path:
    """The user's configuration: ``AMPBOARD_CONFIG`` if set, else ``config.toml`` in ampboard's configuration folder."""
    chosen = os.environ.get(FILE_VARIABLE)
    return Path(chosen) if chosen else user_config_path("ampboard", appauthor=False) / "config.toml"


def read_interface_level() -> float:
    """Level in dBu of a sine of full scale at the input of the player's interface.

    Raises
    ------
    PresetError
        When it has not been measured, or what the configuration says cannot be it.
    """
    path = configuration_path()
    remedy = "measure it with ampboard live calibrate, or write the number of dBu into the preset"
    try:
        table: Any = tomllib.loads(path.read_text("utf-8")).get(TABLE)
    except FileNotFoundError:
        raise PresetError(f"{path}: interface.dbu is not there: {remedy}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PresetError(f"{path}: cannot be read: {error}") from None
    level = table.get("dbu") if isinstance(table, Mapping) else None
    if level is None:
        raise PresetError(f"{path}: interface.dbu is not there: {remedy}")
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not _is_possible(level):
        raise PresetError(f"{path}: interface.dbu is {str(level)[:40]}: use a number from -60 to 60")
    return float(level)


def write_interface_level(level_dbu: float, source: str) -> Path:
    """Keep a level in the user's configuration; all else in that file stays as it is. Returns the file.

    Parameters
    ----------
    level_dbu : float
        Of a sine of full scale, -60 to 60 dBu.
    source : str
        Where the number comes from, for the one who reads the file.

    Raises
    ------
    ParameterError
        When the level is out of range.
    PresetError
        When the file that is there cannot be read.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if not _is_possible(level_dbu):
        raise ParameterError(f"interface level is {level_dbu:g} dBu: use a value from -60 to 60")
    path = configuration_path()
    try:
        document: Any = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise PresetError(f"{path}: cannot be read: {error}") from None
    if not isinstance(document.get(TABLE), Mapping):
        document[TABLE] = tomlkit.table()
    document[TABLE].update({"dbu": round(level_dbu, 2), "source": source})
    write_atomically(path, tomlkit.dumps(document).encode())
    return path


def _is_possible(level: float) -> bool:
    return LEVEL_RANGE[0] <= level <= LEVEL_RANGE[1]
