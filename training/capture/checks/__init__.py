"""What can be wrong with a capture: one check a function, all of them in one table (`table.CHECKS`)."""
