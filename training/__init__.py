"""How a model comes to be: devices to capture, torch networks, losses, the trainer. The only part that needs torch."""
