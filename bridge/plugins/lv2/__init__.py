"""LV2 plugins as processors of a pedalboard chain."""

from typing import NoReturn

from ....models.errors import PluginError


def load_lv2(uri: str, /, **parameters: float) -> NoReturn:
    """Load an installed LV2 effect by its URI, with control ports by symbol.

    Raises
    ------
    PluginError
        Always: this version hosts no LV2 plugins.
    """
    raise PluginError(f"the LV2 plugin {uri} cannot be loaded: this version hosts none; use its VST3 edition")
