"""Playing live: an engine process that does nothing but audio, and what steers it from outside."""
