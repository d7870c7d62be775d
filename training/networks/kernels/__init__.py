"""Compiled loops for training on a processor: what a window costs in torch is mostly the calling of its operations."""
