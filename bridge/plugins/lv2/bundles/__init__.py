"""What LV2 bundles say: their Turtle read by liblilv or in Python, as plain data."""
