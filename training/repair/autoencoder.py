"""The experiment's network: a variational autoencoder that is fed a damaged frame and gives back the whole one."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .material import FRAME

HIDDEN = 1000
LATENTS = 160
INPUT_GAIN = 4.0  # from 0..1 to -2..2: about unit variance for a full-scale sine
INITIAL_LOG_VARIANCE = -4.0  # of the latent: from 0 the decoder learns for 100 iterations to ignore it


class DenoisingAutoencoder(nn.Module):
    """Encoder and decoder of two layers of rectified units each, with a Gaussian latent in between.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    inputs, hidden, latents : int
        Sizes.

    References
    ----------
    D. P. Kingma, M. Welling, "Auto-Encoding Variational Bayes", ICLR 2014.
    D. J. Im, S. Ahn, R. Memisevic, Y. Bengio, "Denoising Criterion for Variational Auto-Encoding Framework", AAAI 2017.
    """

    def __init__(self, *, seed: int, inputs: int = FRAME, hidden: int = HIDDEN, latents: int = LATENTS) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.latents = latents
        self.encoder = nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latents)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latents, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, inputs)
        )

    def encode(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent, each of shape (frames, latents)."""
        mean, log_variance = self.encoder(INPUT_GAIN * (frames - 0.5)).chunk(2, dim=1)
        return mean, log_variance + INITIAL_LOG_VARIANCE

    def decode(self, latent: Tensor) -> Tensor:
        """Frames with values from 0 to 1."""
        return torch.sigmoid(self.decoder(latent))

    def loss(self, damaged: Tensor, whole: Tensor) -> tuple[Tensor, Tensor]:
        """Terms of the loss, means over the frames: Bernoulli reconstruction, and divergence from the prior."""
        mean, log_variance = self.encode(damaged)
        latent = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        reconstruction = functional.binary_cross_entropy_with_logits(self.decoder(latent), whole, reduction="sum")
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
        return reconstruction / len(whole), divergence / len(whole)

    @torch.no_grad()
    def reconstruct(self, damaged: Tensor, *, sampled: bool = False) -> Tensor:
        """Repaired frames: through the latent's mean, or through a sample of it as in training."""
        mean, log_variance = self.encode(damaged)
        if sampled:
            mean = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        return self.decode(mean)
