"""Layouts of input signals: our own, those of others, regions in a csv file, and cuts where nobody made any."""

from .layout import Layout

__all__ = ["Layout"]
