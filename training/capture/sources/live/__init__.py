"""Capturing through an audio interface: the signal is played into the device, and its answer recorded at once."""
