"""Synthetic string instruments that play note data: plucked strings, a guitar, a bass and a tune for both."""
