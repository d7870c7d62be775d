"""Torch networks that stream: each carries its memory from window to window and exports itself as a description."""
