"""Optimisers for very small networks."""
