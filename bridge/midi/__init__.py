"""MIDI: standard files on a time line of frames, and what messages mean for a chain."""
