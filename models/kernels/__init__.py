"""Real-time kernels: everything of ours that makes sound. `contract` says what a kernel is."""
