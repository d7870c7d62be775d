"""The native bridge: the C sources of a VST3 plugin that runs kernels, the compiled bundle, and its Python face."""
