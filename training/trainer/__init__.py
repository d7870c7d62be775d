"""Training a streaming network: recipe, updates, checkpoints, and how long it takes."""
