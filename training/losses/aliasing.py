"""A loss of what folds back: the network plays pure high tones."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from ...models.errors import ParameterError
from .tones import alias_lines, periods, sounding_lines, tone

if TYPE_CHECKING:
    from ..networks.streaming import StreamingNetwork

TONES: Final = (1_245.0, 2_489.0, 4_186.0)  # Hz: the highest frets of a guitar, and overtones
LEVEL: Final = 0.5
FRAMES: Final = 2048
SETTLING: Final = 4096


@dataclass(frozen=True)
class AliasedTones:
    """Energy at frequencies that no harmonic explains, relative to the whole, while the network plays a pure tone.

    ``sum(|Y|² on lines that are no multiple of the tone) / sum(|Y|² on all lines but direct current)``, of the Hann
    windowed spectrum of 2,048 frames after 4,096 that settle the memory. One tone an update, in turn. Of a
    network with several outputs it is that of all of them together. Nothing is said
    about the harmonics: only a loss against the target keeps them, so it cannot stand alone.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    knobs : tuple of float
        Where the network's knobs stand, from 0 to 1.
    tones : tuple of float
        In Hz; each is moved to the nearest frequency whose aliases fall between its harmonics.
    level : float
        Peak of the tones; full scale is 1.

    References
    ----------
    R. Sato, J. O. Smith III, "Aliasing Reduction in Neural Amp Modeling by Smoothing Activations", 2025
    (arXiv:2505.04082): the ratio, there as a measure. A. Carson, A. Wright, S. Bilbao, "Anti-aliasing of neural
    distortion effects via model fine tuning", 2025 (arXiv:2505.11375): fine tuning on sines whose aliases were removed.
    """

    sample_rate: int
    knobs: tuple[float, ...] = ()
    tones: tuple[float, ...] = TONES
    level: float = LEVEL

    def __post_init__(self) -> None:
        lowest = 8 * self.sample_rate / FRAMES
        for frequency in self.tones:
            if not lowest <= frequency < self.sample_rate / 2:
                raise ParameterError(
                    f"a tone of {frequency:g} Hz cannot show aliases: use {lowest:g} to {self.sample_rate / 2:g} Hz"
                )

    @cached_property
    def _played(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """For each tone the inputs, shape (1, 1 + knobs, frames), and the lines of its aliases."""
        played: list[tuple[Tensor, Tensor]] = []
        for frequency in self.tones:
            count = periods(frequency, self.sample_rate, FRAMES)
            audio = torch.from_numpy(tone(count, FRAMES, settling=SETTLING, level=self.level))
            held = torch.tensor(self.knobs, dtype=torch.float32)[:, None].expand(-1, len(audio))
            played.append((torch.cat([audio[None], held])[None], torch.from_numpy(alias_lines(count, FRAMES))))
        return tuple(played)

    def __call__(self, network: "StreamingNetwork", step: int) -> Tensor:
        """See `NetworkLoss`."""
        inputs, aliases = self._played[step % len(self._played)]
        device = network.matrices()[0][0].device
        inputs, memory = inputs.to(device), network.rest(1)
        with torch.no_grad():
            _, memory = network(inputs[..., :SETTLING], memory)
        output, _ = network(inputs[..., SETTLING:], memory)
        window = torch.hann_window(FRAMES, periodic=True, device=device)
        energy = torch.fft.rfft(output.float() * window).abs().square()
        whole = energy[..., torch.from_numpy(sounding_lines(FRAMES)).to(device)].sum()
        return energy[..., aliases.to(device)].sum() / whole.clamp_min(torch.finfo(torch.float32).tiny)
