"""The test signal: what is played through a device to capture it."""
