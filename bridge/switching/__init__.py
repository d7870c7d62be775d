"""Changing chains under sound: one class, for rendering and for playing live."""

from .chain_switcher import ChainSwitcher
from .voice import SwitchableChain

__all__ = ["ChainSwitcher", "SwitchableChain"]
