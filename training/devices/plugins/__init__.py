"""Plugins and chains of plugins as devices."""
