"""Parts of which devices are built: valve stages, tone stacks, power supplies, solved frame by frame."""
