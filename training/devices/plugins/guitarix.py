"""guitarix's amplifiers and distortion pedals, where they are installed: circuits that others wrote.

Most are computed from the circuit diagram by guitarix's own simulator, oversampled inside.
"""

from types import MappingProxyType
from typing import Final

from .loading import lv2_device
from .plugin_device import PluginDevice

PACKAGE: Final = "guitarix-lv2"

_BASE: Final = "http://guitarix.sourceforge.net/plugins/"
_PARTS: Final = {
    "gx_amp": "gx_amp#GUITARIX",
    "gx_alembic": "gx_alembic#alembic",
    "gx_big_chump": "gx_redeye#bigchump",
    "gx_big_muff": "gx_bmp_#_bmp_",
    "gx_chump": "gx_redeye#chump",
    "gx_ds1": "gx_bossds1_#_bossds1_",
    "gx_fuzz": "gx_fuzz_#fuzz_",
    "gx_fuzzface": "gx_fuzzface_#_fuzzface_",
    "gx_jcm800pre": "gx_jcm800pre_#_jcm800pre_",
    "gx_muff": "gx_muff_#_muff_",
    "gx_mxrdist": "gx_mxrdist_#_mxrdist_",
    "gx_studiopre": "gx_studiopre#studiopre",
    "gx_w20": "gx_w20#w20",
    "gxmetal_amp": "gxmetal_amp#metal_amp",
    "gxmetal_head": "gxmetal_head#metal_head",
    "gxts9": "gxts9#ts9sim",
}
URIS: Final = MappingProxyType({name: _BASE + part for name, part in _PARTS.items()})
"""URIs by the name of the device."""


def installed_guitarix() -> tuple[str, ...]:
    """Names of those devices that are installed here."""
    from ....bridge.plugins.lv2.discovery import installed_lv2

    found = installed_lv2().plugins
    return tuple(name for name, uri in URIS.items() if uri in found)


def guitarix_device(name: str) -> PluginDevice:
    """One of guitarix's plugins as a device; knobs are called as the plugin's controls, case does not matter.

    Raises
    ------
    PluginError
        When it is not installed.
    """
    return lv2_device(URIS[name], name=name)
