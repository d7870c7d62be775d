"""What kinds of network there are: their sizes and options, and the names and shapes of their arrays.

A grammar, not an engine: kernels, file formats and training networks are built from it.
"""
