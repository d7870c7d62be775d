"""A loss of spectra at several resolutions."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from torch import Tensor

from ...models.errors import ParameterError

if TYPE_CHECKING:
    from auraloss.freq import MultiResolutionSTFTLoss

RESOLUTIONS: Final = (2048, 1024, 512, 256, 128)  # frames of a transform, the longest first
USED: Final = 3
HOPS: Final = 8  # a transform


class MultiResolutionStft:
    """Differences of short-time spectra, the mean of three resolutions.

    For each, with the magnitudes ``|T|`` and ``|O|`` of target and output:
    ``norm(|T| - |O|) / norm(|T|) + mean(|log |T| - log |O||)``. The transforms are the three longest of 2048, 1024,
    512, 256 and 128 frames that are no longer than the window, in steps of an eighth, with a Hann window.

    Raises
    ------
    ParameterError
        When auraloss is not installed.

    Notes
    -----
    It is large beside the others even for a good model (of the order of 1): NAM gives it the weight 2e-4. Phase is
    not heard, so it cannot stand alone.

    References
    ----------
    R. Yamamoto, E. Song, J.-M. Kim, "Parallel WaveGAN", ICASSP 2020, eq. 3 to 6; C. Steinmetz, J. Reiss, "auraloss:
    Audio focused loss functions in PyTorch", DMRN+15, 2020, whose implementation this is.
    """

    def __init__(self) -> None:
        try:
            _spectra(RESOLUTIONS[:USED])
        except ModuleNotFoundError:
            raise ParameterError(
                "the loss stft needs auraloss, which is not installed: pip install auraloss, or leave stft out"
            ) from None

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """See `Loss`; raises `ParameterError` for windows shorter than 128 frames."""
        return _spectra(resolutions(output.shape[-1]))(output[:, None], target[:, None])


def resolutions(frames: int) -> tuple[int, ...]:
    """The transforms for windows of so many frames."""
    fitting = tuple(size for size in RESOLUTIONS if size <= frames)[:USED]
    if not fitting:
        raise ParameterError(
            f"a window of {frames} frames is too short for the loss stft: use {RESOLUTIONS[-1]} or more"
        )
    return fitting


@lru_cache(maxsize=16)
def _spectra(sizes: tuple[int, ...]) -> "MultiResolutionSTFTLoss":
    from auraloss.freq import MultiResolutionSTFTLoss

    return MultiResolutionSTFTLoss(list(sizes), [size // HOPS for size in sizes], list(sizes))
