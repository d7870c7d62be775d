"""Training runs: one network or several that race, on disk, in processes of their own, watched while they go on."""
