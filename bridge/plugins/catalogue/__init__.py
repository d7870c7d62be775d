"""What plugins are installed, of all kinds."""

from .catalogue import KINDS, Catalogue
from .entry import CatalogueEntry, PluginParameter

__all__ = ["KINDS", "Catalogue", "CatalogueEntry", "PluginParameter"]
