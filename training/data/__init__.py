"""What networks are trained and judged on."""
