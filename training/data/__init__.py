<<<<<<< HEAD
"""What a network is trained and judged on."""
=======
"""What networks are trained and judged on."""
>>>>>>> capture
