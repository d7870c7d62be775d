"""The factory material: how every recording, cabinet response and model in ``presets/factory`` is made."""
