"""The amp: levels, dry/wet mix and the model's own sample rate around another kernel.

Signal path of a channel::

    in --+-- input gain -- [to model rate] -- inner kernel -- [to host rate] -- own gain -- mix -- output gain -- out
         +-- delay by the latency ----------------------------------------------------------/

The input gain and the own gain contain the model's calibration. Oversampled, the inner kernel runs at a multiple of its
rate (`polyphase`). At equal rates nothing is resampled and, with all gains at 0 dB and the mix at 1, the output is the
inner kernel's, bit for bit. Before the stream began the input was silent and the model at rest for ever: a model that
rests on a constant voltage starts on it, resampled or not. The dry signal bypasses the input gain: mix 0 is the delayed
input.
"""

from dataclasses import replace
from functools import cache
from typing import Any, Final, Literal, get_args

import numpy as np
from numba.extending import register_jitable

from ...calibration import Calibration
from ...errors import ParameterError
from ..code_version import code_version
from ..contract import (
    MEASURE,
    PARAMETER_BYTES,
    PARAMETER_SLOTS,
    PREPARE,
    PROCESS,
    RESET,
    Kernel,
    KernelFunctions,
    Parameter,
    compiled,
    pack_program,
)
from ..floating_point import flush_denormals, restore_mode
from ..memory import float32_at, int64_at
from ..resampling import MAX_RATE, MIN_RATE, prepare_resampler, resample, rest_resampler
from ..smoothing import RAMP_BYTES, SMOOTHING, aim_ramp, fill_curve, gain_of, ramp_asks, ramp_moves, start_ramp
from .layout import (
    CHANNELS,
    CHUNK,
    CURVES,
    DELAY,
    DELAY_POSITION,
    GAINED,
    GAINS,
    HOST_STEP,
    INPUT,
    INPUT_GAIN,
    LATENCY,
    MIX,
    MODEL_IN,
    MODEL_OUT,
    MODEL_STEP,
    MOST_MODEL_FRAMES,
    OUTPUT,
    OUTPUT_GAIN,
    OWN_PARAMETERS,
    PROGRAM,
    RAMP_FRAMES,
    RAMPS,
    SETUP_WORDS,
    TO_HOST,
    TO_MODEL,
    WET,
    WORDS,
    delay_to_host,
    delay_to_model,
    lay_out,
    resamples,
    words_on_stack,
)
from .polyphase import copy_model_parameters, prepare_voices, rest_voices, run_voices

OVERSAMPLING_FACTORS: Final = (1, 2, 4)

RateConversion = Literal["resample", "delay"]
"""How a model plays at a host rate that is a multiple of its own: resampled, or with its delays so much longer."""

NO_CALIBRATION: Final = Calibration()

PARAMETERS: Final = (
    Parameter("input_db", "Input", "dB", -40.0, 40.0, 0.0, smoothing=SMOOTHING),
    Parameter("output_db", "Output", "dB", -40.0, 40.0, 0.0, smoothing=SMOOTHING),
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, smoothing=SMOOTHING),
)


@register_jitable
def _rest(state: int) -> None:
    """Everything as it is after an infinite silence, ramps on their targets."""
    words, slots = int64_at(state + PARAMETER_BYTES), float32_at(state)
    ramps = state + words[RAMPS]
    start_ramp(ramps + INPUT * RAMP_BYTES, slots[INPUT], gain_of(slots[INPUT]))
    start_ramp(ramps + OUTPUT * RAMP_BYTES, slots[OUTPUT], gain_of(slots[OUTPUT]))
    start_ramp(ramps + MIX * RAMP_BYTES, slots[MIX], slots[MIX])
    rest_voices(state, words)
    if resamples(words):
        stride = words[MOST_MODEL_FRAMES]
        silence, resting = float32_at(state + words[MODEL_IN]), float32_at(state + words[MODEL_OUT])
        for i in range(words[CHANNELS] * stride):
            silence[i] = np.float32(0.0)
        run_voices(state, words, state + words[MODEL_IN], state + words[MODEL_OUT], stride, 1)
        rest_voices(state, words)
        for channel in range(words[CHANNELS]):
            rest_resampler(state + words[TO_MODEL], channel, 0.0)
            rest_resampler(state + words[TO_HOST], channel, resting[channel * stride])
        words[DELAY_POSITION] = 0
        delay = float32_at(state + words[DELAY])
        for i in range(words[CHANNELS] * words[LATENCY]):
            delay[i] = np.float32(0.0)


@register_jitable
def _aim_ramps(state: int, words: Any) -> None:
    slots, frames = float32_at(state), words[RAMP_FRAMES]
    for which in range(OWN_PARAMETERS):
        ramp, asked = state + words[RAMPS] + which * RAMP_BYTES, slots[which]
        if ramp_asks(ramp, asked):
            aim_ramp(ramp, asked, asked if which == MIX else gain_of(asked), frames)


@register_jitable
def _blend(dry: float, wet: float, mix: float) -> float:
    return wet if mix == np.float32(1.0) else dry + mix * (wet - dry)


@register_jitable
def _mix_and_level(
    state: int, words: Any, channel: int, dry: int, wet: int, out: int, frames: int, wet_only: bool
) -> None:
    """Mix a channel with its delayed input and set the output level.

    A mix of exactly 1 takes the wet sample as it is, frame by frame; `wet_only` says that it is 1 throughout.
    """
    dry_in, wet_in, result = float32_at(dry), float32_at(wet), float32_at(out)
    level = float32_at(state + words[CURVES] + OUTPUT * 4 * CHUNK)
    mix = float32_at(state + words[CURVES] + MIX * 4 * CHUNK)
    latency = words[LATENCY]
    if wet_only:
        for i in range(frames):
            result[i] = wet_in[i] * level[i]
    if latency == 0:
        if not wet_only:
            for i in range(frames):
                result[i] = _blend(dry_in[i], wet_in[i], mix[i]) * level[i]
        return
    line = float32_at(state + words[DELAY] + 4 * channel * latency)
    position = words[DELAY_POSITION]
    for i in range(frames):
        delayed = line[position]
        line[position] = dry_in[i]
        position = 0 if position + 1 == latency else position + 1
        if not wet_only:
            result[i] = _blend(delayed, wet_in[i], mix[i]) * level[i]


@cache
def amp_functions() -> KernelFunctions:
    """Compile the functions, or take them from the cache on disk."""
    version = code_version(__file__)

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        _ = version
        words, inner_setup = int64_at(words_on_stack(WORDS)), words_on_stack(SETUP_WORDS)
        return lay_out(words, inner_setup, program, setup)

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        _ = version
        words, inner_setup = int64_at(state + PARAMETER_BYTES), words_on_stack(SETUP_WORDS)
        if lay_out(words, inner_setup, program, setup) < 0:
            return -1
        channels, host, model = words[CHANNELS], words[HOST_STEP], words[MODEL_STEP]
        if host != model:
            prepare_resampler(state + words[TO_MODEL], model, host, delay_to_model(words), channels, CHUNK)
            most = words[MOST_MODEL_FRAMES]
            prepare_resampler(state + words[TO_HOST], host, model, delay_to_host(words), channels, most)
        if not prepare_voices(state, words, inner_setup):
            return -1
        _rest(state)
        return words[LATENCY]

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        _rest(state)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        mode = flush_denormals()
        words = int64_at(state + PARAMETER_BYTES)
        channels, curves = words[CHANNELS], state + words[CURVES]
        ramps, gained, wet = state + words[RAMPS], state + words[GAINED], state + words[WET]
        model_in, model_out, most = state + words[MODEL_IN], state + words[MODEL_OUT], words[MOST_MODEL_FRAMES]
        rows_in, rows_out = int64_at(inputs), int64_at(outputs)
        model_gains = float32_at(words[PROGRAM] + GAINS)
        input_gain, output_gain = model_gains[INPUT_GAIN], model_gains[OUTPUT_GAIN]
        copy_model_parameters(state, words)
        _aim_ramps(state, words)
        start = 0
        while start < frames:
            count = min(CHUNK, frames - start)
            mix_ramp = ramps + MIX * RAMP_BYTES
            wet_only = not ramp_moves(mix_ramp) and not ramp_asks(mix_ramp, 1.0)
            for which in range(OWN_PARAMETERS):
                fill_curve(ramps + which * RAMP_BYTES, curves + which * 4 * CHUNK, count)
            gain = float32_at(curves + INPUT * 4 * CHUNK)
            for channel in range(channels):
                source, scaled = float32_at(rows_in[channel] + 4 * start), float32_at(gained + 4 * CHUNK * channel)
                for i in range(count):
                    scaled[i] = source[i] * gain[i] * input_gain
            if resamples(words):
                model_frames = resample(state + words[TO_MODEL], gained, CHUNK, count, model_in, most, most)
                if model_frames > 0:
                    run_voices(state, words, model_in, model_out, most, model_frames)
                resample(state + words[TO_HOST], model_out, most, model_frames, wet, CHUNK, count)
            else:
                run_voices(state, words, gained, wet, CHUNK, count)
            for channel in range(channels):
                dry, out = rows_in[channel] + 4 * start, rows_out[channel] + 4 * start
                sound = float32_at(wet + 4 * CHUNK * channel)
                if output_gain != np.float32(1.0):
                    for i in range(count):
                        sound[i] *= output_gain
                _mix_and_level(state, words, channel, dry, wet + 4 * CHUNK * channel, out, count, wet_only)
            if words[LATENCY] > 0:
                words[DELAY_POSITION] = (words[DELAY_POSITION] + count) % words[LATENCY]
            start += count
        restore_mode(mode)

    return KernelFunctions(measure, prepare, process, reset)


def amp_kernel(
    inner: Kernel,
    *,
    model_rate: int,
    calibration: Calibration = NO_CALIBRATION,
    oversampling: int = 1,
    rate_conversion: RateConversion = "resample",
) -> Kernel:
    """Build a kernel with levels and dry/wet mix that runs `inner` at the model's own sample rate.

    Parameters
    ----------
    inner : Kernel
        What sounds: a neural model. It has no latency of its own (else every setup is refused).
    model_rate : int
        Sample rate in Hz that `inner` was made for, 1 000 to 768 000. The host's may be any in the same range; where it
        differs, `prepare` returns the latency of resampling there and back: 88 frames at 44.1 kHz for a 48 kHz model.
    calibration : Calibration
        Gains of the model itself, in front of and behind it; a dry signal does not pass them.
    oversampling : {1, 2, 4}
        The model runs at so many times its rate, with its delays so many times longer: what its nonlinearities add
        above half its rate folds back that much less. It costs that much more, and the latency of resampling unless the
        host has that rate.
    rate_conversion : {"resample", "delay"}
        At a host rate that is a whole multiple of the model's: resample the audio, or run the model at that multiple
        (at least at `oversampling`), which costs more but has no latency. Other rates are always resampled.

    Returns
    -------
    Kernel
        With the parameters ``input_db``, ``output_db`` (-40 to 40 dB), ``mix`` (0 dry to 1 wet), then those of `inner`.

    Raises
    ------
    ParameterError
        When the model's rate is out of range, the oversampling or the rate conversion is none of those, or `inner` has
        more than 61 parameters or one of the amp's names.
    """
    if not MIN_RATE <= model_rate <= MAX_RATE:
        raise ParameterError(f"model_rate is {model_rate} Hz: use {MIN_RATE} to {MAX_RATE} Hz")
    if oversampling not in OVERSAMPLING_FACTORS:
        raise ParameterError(f"oversampling is {oversampling!r}: use 1, 2 or 4")
    if rate_conversion not in get_args(RateConversion):
        raise ParameterError(f"rate_conversion is {rate_conversion!r}: use {' or '.join(get_args(RateConversion))}")
    if len(inner.parameters) > PARAMETER_SLOTS - OWN_PARAMETERS:
        raise ParameterError(
            f"{inner.name} has {len(inner.parameters)} parameters: at most {PARAMETER_SLOTS - OWN_PARAMETERS}"
        )
    taken = {own.name for own in PARAMETERS} & {p.name for p in inner.parameters}
    if taken:
        raise ParameterError(f"{inner.name} has a parameter {min(taken)!r}, which is one of the amp's: rename it")
    words = [
        *inner.functions.addresses,
        inner.program.ctypes.data,
        len(inner.parameters),
        int(model_rate),
        int(oversampling),
        int(rate_conversion == "delay"),
    ]
    gains = [gain_of(calibration.input_db), gain_of(calibration.output_db)]
    return Kernel(
        name=inner.name,
        functions=amp_functions(),
        program=pack_program(np.array(words, np.int64), np.array(gains, np.float32)),
        parameters=PARAMETERS + tuple(_beside_the_amps(parameter) for parameter in inner.parameters),
        channels=inner.channels,
        tail=inner.tail,
        keep=(inner,),
    )


def _beside_the_amps(parameter: Parameter) -> Parameter:
    """Another title for a model's knob that is called like one of the amp's: hosts tell parameters apart by title."""
    if parameter.title not in {own.title for own in PARAMETERS}:
        return parameter
    return replace(parameter, title=f"Model {parameter.title}")
