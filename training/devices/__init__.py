"""Circuits of amplifiers, pedals and loudspeakers, simulated in float64: what the factory models are trained on."""
