"""The Fourier transform of 128 real frames that the partitioned convolution is built on.

Even and odd frames make the real and imaginary parts of 64 complex values (Sorensen et al., "Real-valued fast Fourier
transform algorithms", 1987), which three passes of a Stockham radix-4 transform take to their spectrum, in order.
All in float64; only the stored spectra are float32. A spectrum is 64 real parts, then 64 imaginary parts; the first
imaginary part, which is zero, holds the (real) value at half the sample rate instead.
"""

from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ..memory import float32_at, float64_at

FRAMES: Final = 128
BINS: Final = 64
WORK_BYTES: Final = 4 * 8 * BINS

COSINES: Final = np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)
SINES: Final = np.sin(2 * np.pi * np.arange(FRAMES) / FRAMES)


@register_jitable
def _pass(x_re: Any, x_im: Any, y_re: Any, y_im: Any, size: int, stride: int) -> None:
    """One radix-4 pass over `stride` interleaved transforms of `size` values."""
    quarter = size // 4
    for p in range(quarter):
        turn = p * (FRAMES // size)
        c1, s1 = COSINES[turn], -SINES[turn]
        c2, s2 = COSINES[2 * turn], -SINES[2 * turn]
        c3, s3 = COSINES[3 * turn], -SINES[3 * turn]
        for q in range(stride):
            i = q + stride * p
            j, k, l = i + stride * quarter, i + 2 * stride * quarter, i + 3 * stride * quarter  # noqa: E741
            sum_re, sum_im = x_re[i] + x_re[k], x_im[i] + x_im[k]
            difference_re, difference_im = x_re[i] - x_re[k], x_im[i] - x_im[k]
            odd_re, odd_im = x_re[j] + x_re[l], x_im[j] + x_im[l]
            turned_re, turned_im = x_im[l] - x_im[j], x_re[j] - x_re[l]
            o = q + 4 * stride * p
            y_re[o], y_im[o] = sum_re + odd_re, sum_im + odd_im
            a, b = difference_re - turned_re, difference_im - turned_im
            y_re[o + stride], y_im[o + stride] = c1 * a - s1 * b, c1 * b + s1 * a
            a, b = sum_re - odd_re, sum_im - odd_im
            y_re[o + 2 * stride], y_im[o + 2 * stride] = c2 * a - s2 * b, c2 * b + s2 * a
            a, b = difference_re + turned_re, difference_im + turned_im
            y_re[o + 3 * stride], y_im[o + 3 * stride] = c3 * a - s3 * b, c3 * b + s3 * a


@register_jitable
def _transform(x_re: Any, x_im: Any, y_re: Any, y_im: Any) -> None:
    """Complex transform of 64 values from x to y; x is overwritten. With re and im exchanged: the inverse, times 64."""
    _pass(x_re, x_im, y_re, y_im, 64, 1)
    _pass(y_re, y_im, x_re, x_im, 16, 4)
    _pass(x_re, x_im, y_re, y_im, 4, 16)


@register_jitable
def real_spectrum(source: int, spectrum: int, work: int) -> None:
    """Write the spectrum of the 128 float32 at `source`; `work` is `WORK_BYTES` of memory."""
    frames, re = float32_at(source), float32_at(spectrum)
    im = float32_at(spectrum + 4 * BINS)
    x_re, x_im = float64_at(work), float64_at(work + 8 * BINS)
    z_re, z_im = float64_at(work + 16 * BINS), float64_at(work + 24 * BINS)
    for i in range(BINS):
        x_re[i], x_im[i] = np.float64(frames[2 * i]), np.float64(frames[2 * i + 1])
    _transform(x_re, x_im, z_re, z_im)
    re[0], im[0] = np.float32(z_re[0] + z_im[0]), np.float32(z_re[0] - z_im[0])
    for k in range(1, BINS):
        mirror = BINS - k
        even_re, even_im = 0.5 * (z_re[k] + z_re[mirror]), 0.5 * (z_im[k] - z_im[mirror])
        odd_re, odd_im = 0.5 * (z_im[k] + z_im[mirror]), 0.5 * (z_re[mirror] - z_re[k])
        re[k] = np.float32(even_re + COSINES[k] * odd_re + SINES[k] * odd_im)
        im[k] = np.float32(even_im + COSINES[k] * odd_im - SINES[k] * odd_re)


@register_jitable
def last_half(spectrum: int, result: int, work: int) -> None:
    """Write frames 64 to 127 of the 128 that have the spectrum, float32, to `result`."""
    re, out = float32_at(spectrum), float32_at(result)
    im = float32_at(spectrum + 4 * BINS)
    x_re, x_im = float64_at(work), float64_at(work + 8 * BINS)
    z_re, z_im = float64_at(work + 16 * BINS), float64_at(work + 24 * BINS)
    x_re[0], x_im[0] = 0.5 * (np.float64(re[0]) + im[0]), 0.5 * (np.float64(re[0]) - im[0])
    for k in range(1, BINS):
        mirror = BINS - k
        even_re, even_im = 0.5 * (np.float64(re[k]) + re[mirror]), 0.5 * (np.float64(im[k]) - im[mirror])
        half_re, half_im = 0.5 * (np.float64(re[k]) - re[mirror]), 0.5 * (np.float64(im[k]) + im[mirror])
        odd_re, odd_im = COSINES[k] * half_re - SINES[k] * half_im, COSINES[k] * half_im + SINES[k] * half_re
        x_re[k], x_im[k] = even_re - odd_im, even_im + odd_re
    _transform(x_im, x_re, z_im, z_re)
    for i in range(BINS // 2):
        out[2 * i] = np.float32(z_re[BINS // 2 + i] / BINS)
        out[2 * i + 1] = np.float32(z_im[BINS // 2 + i] / BINS)
