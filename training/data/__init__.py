"""What a network is trained and judged on."""
