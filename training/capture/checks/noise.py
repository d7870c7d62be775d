"""What sounds when nothing is played: noise and hum."""

from typing import Final

import numpy as np

from .evidence import Evidence, Verdict, decibels, grade

# Noise cannot be predicted: its power over the signal's is the lowest ESR a model can reach.
NOISE_RATIO: Final = (1e-3, 1e-2)  # warning, error
HUM_RATIO: Final = (1e-4, 1e-2)
UNHEARD_DB: Final = -120.0
MAINS_HZ: Final = (50, 60)
HARMONICS: Final = 8
PROMINENT: Final = 10.0  # power over the neighbouring frequencies


def noise_floor(evidence: Evidence) -> Verdict | None:
    """The device is quiet when nothing is played."""
    if evidence.quiet is None:
        return None
    power = float(np.var(evidence.quiet.astype(np.float64)))
    ratio = power / evidence.loud_power if evidence.loud_power else 0.0
    severity = grade(ratio, warning=NOISE_RATIO[0], error=NOISE_RATIO[1])
    words = (
        f"When nothing is played, the output holds noise at {decibels(power):.0f} dBFS, "
        f"{-decibels(ratio):.0f} dB below the playing"
    )
    if decibels(power) <= UNHEARD_DB:
        words = "When nothing is played, the output is silent"
    return Verdict(
        severity,
        decibels(power),
        "dBFS",
        words + ("." if severity == "ok" else f": no model can come below an ESR of {ratio:.2g}."),
        "Turn the input signal up, shorten cables, keep the guitar's volume out of the chain, switch noisy pedals off.",
    )


def hum(evidence: Evidence) -> Verdict | None:
    """No mains hum."""
    if evidence.quiet is None:
        return None
    powers = {mains: _hum_power(evidence.quiet.astype(np.float64), evidence.sample_rate, mains) for mains in MAINS_HZ}
    mains = max(MAINS_HZ, key=lambda hertz: powers[hertz])
    power = powers[mains]
    ratio = power / evidence.loud_power if evidence.loud_power else 0.0
    severity = grade(ratio, warning=HUM_RATIO[0], error=HUM_RATIO[1])
    words = (
        "No mains hum is heard."
        if severity == "ok"
        else f"Mains hum ({mains} Hz and its harmonics) sounds at {decibels(power):.0f} dBFS, "
        f"{-decibels(ratio):.0f} dB below the playing."
    )
    return Verdict(
        severity,
        decibels(power),
        "dBFS",
        words,
        "Break the ground loop: one power outlet for all, a DI box or reamp box with a transformer, a balanced cable.",
    )


def _hum_power(quiet: np.ndarray, sample_rate: int, mains: int) -> float:
    """Power at the harmonics that stand out from their neighbours."""
    window = np.hanning(quiet.size)
    spectrum = np.abs(np.fft.rfft((quiet - quiet.mean()) * window)) ** 2
    spectrum *= 2 / (quiet.size * np.sum(window**2))  # the sum over all is now the mean square
    bin_hz = sample_rate / quiet.size
    total = 0.0
    for harmonic in range(1, HARMONICS + 1):
        place = round(harmonic * mains / bin_hz)
        reach = max(2, round(2 / bin_hz))
        # A quarter of the mains frequency on either side, without the line itself.
        aside = max(2 * reach, round(mains / 4 / bin_hz))
        if place + aside >= spectrum.size:
            break
        line = spectrum[place - reach : place + reach + 1]
        around = np.concatenate([spectrum[place - aside : place - reach], spectrum[place + reach + 1 : place + aside]])
        floor = float(np.median(around))
        if float(line.max()) > PROMINENT * floor:
            total += float(line.sum()) - floor * line.size
    return total
