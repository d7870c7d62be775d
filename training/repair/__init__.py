"""Repair of chopped and noisy sound: the denoising variational autoencoder's experiment, and the models that play."""
