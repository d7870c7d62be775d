"""Foreign plugins: found, loaded safely, with their state."""
