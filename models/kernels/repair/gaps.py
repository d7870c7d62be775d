"""A channel's line of frames: what is missing is found, and filled before it leaves.

A gap is worked on as soon as its right side is as long as it will get, at the latest when the model's look-ahead is
over; the line is longer than that by the frames in which the work is done. Every frame that comes in meanwhile pays for
a fixed amount of work, which suffices for the dearest gap: no frame does more. Gaps that follow each other too closely
for that are predicted in fewer orders, at worst bridged by a straight line. All is counted in frames, so cutting a
stream into blocks changes nothing.
"""

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from ..contract import PARAMETER_BYTES
from ..memory import float32_at, float64_at, int32_at, int64_at
from .blending import BLENDED_AT_ONCE, blend, blend_cost
from .filling import begin_prediction, predict_some, prediction_cost
from .layout import (
    BLEND_WORK,
    BLENDED,
    CANDIDATES,
    CHUNK,
    CONTEXT_FRAMES,
    CREDIT,
    END,
    FADES,
    FEATURES,
    FED,
    FILL_DELAY,
    FILL_FRAMES,
    FILLED,
    HIDDEN,
    KNOWN,
    LATENCY,
    LINE_FRAMES,
    LONGEST,
    MARKS,
    MISSING,
    NEXT,
    ORDER_COUNT,
    OWN_ORDERS,
    PACE,
    PROGRAM,
    RATE,
    RUN,
    SEEN,
    SHORTEST,
    STOP,
    TASK,
    VOICE_BYTES,
    VOICE_HEAD,
    VOICES,
    WEIGHTS,
    WORK,
)

LOOKING, PREDICTING, BLENDING, SKIPPING = range(4)
"""What a channel is at: skipping the rest of a gap that was longer than what is filled."""


@register_jitable
def voice_place(state: int, words: Any, channel: int) -> int:
    """Address of a channel's memory."""
    return state + words[VOICES] + channel * words[VOICE_BYTES]


@register_jitable
def _look_from(voice: Any, frame: int) -> None:
    """Nothing was found yet from a frame of the line on."""
    voice[NEXT] = frame
    voice[STOP] = frame
    voice[SEEN] = frame


@register_jitable
def rest_voice(state: int, words: Any, channel: int) -> None:
    """Return a channel to rest: silence that counts as known."""
    place = voice_place(state, words, channel)
    voice, line, marks = int64_at(place), float32_at(place + VOICE_HEAD), int32_at(place + words[MARKS])
    before = words[CONTEXT_FRAMES] + words[LATENCY] + CHUNK
    voice[END] = before
    voice[RUN] = 0
    voice[TASK] = LOOKING
    _look_from(voice, before)
    for i in range(words[LINE_FRAMES]):
        line[i] = np.float32(0.0)
        marks[i] = KNOWN


@register_jitable
def take_in(state: int, words: Any, channel: int, source: int, frames: int, lowest: float) -> None:
    """Put frames on the line, mark what is missing, work on gaps, and hand what is filled to the denoiser's input."""
    place = voice_place(state, words, channel)
    voice = int64_at(place)
    line, marks = float32_at(place + VOICE_HEAD), int32_at(place + words[MARKS])
    heard, fed = float32_at(source), float32_at(state + words[FED] + 4 * CHUNK * channel)
    fills = int64_at(words[PROGRAM])[ORDER_COUNT] > 0
    shortest = words[SHORTEST]
    for i in range(frames):
        if voice[END] == words[LINE_FRAMES]:
            _move_back(words, place)
        now = voice[END]
        value = heard[i]
        finite = math.isfinite(value)
        line[now] = value if finite else np.float32(0.0)
        marks[now] = KNOWN if finite else MISSING
        if finite and abs(value) > lowest:
            voice[RUN] = 0
        else:
            voice[RUN] += 1
            first = now if voice[RUN] > shortest else now - shortest + 1
            if voice[RUN] >= shortest:
                for n in range(first, now + 1):
                    marks[n] = MISSING
                    if fills:
                        line[n] = np.float32(0.0)
        voice[END] = now + 1
        if fills:
            _work(state, words, place)
        fed[i] = line[now - words[FILL_DELAY]]


@register_jitable
def _move_back(words: Any, place: int) -> None:
    """Move what is still needed to the line's start."""
    voice = int64_at(place)
    line, marks = float32_at(place + VOICE_HEAD), int32_at(place + words[MARKS])
    keep = words[CONTEXT_FRAMES] + words[LATENCY] + CHUNK
    shift = voice[END] - keep
    for n in range(keep):
        line[n] = line[n + shift]
        marks[n] = marks[n + shift]
    voice[END] -= shift
    voice[NEXT] -= shift
    voice[STOP] -= shift
    voice[SEEN] -= shift


@register_jitable
def _work(state: int, words: Any, place: int) -> None:
    """What one more frame pays for."""
    voice, marks = int64_at(place), int32_at(place + words[MARKS])
    if voice[TASK] == SKIPPING:
        while voice[NEXT] < voice[END] and marks[voice[NEXT]] == MISSING:
            marks[voice[NEXT]] = FILLED
            _look_from(voice, voice[NEXT] + 1)
        if voice[NEXT] <= voice[END] - words[SHORTEST]:
            voice[TASK] = LOOKING
    if voice[TASK] == LOOKING and _is_ready(words, place):
        _begin(state, words, place)
    if voice[TASK] == PREDICTING or voice[TASK] == BLENDING:
        voice[CREDIT] += words[PACE]
        while voice[CREDIT] > 0 and (voice[TASK] == PREDICTING or voice[TASK] == BLENDING):
            voice[CREDIT] -= _step(state, words, place)


@register_jitable
def _is_ready(words: Any, place: int) -> bool:
    """Whether there is a gap about which no more can be learned, or which cannot wait.

    The gap starts at `NEXT`, ends at `STOP`, and what is known behind it at `SEEN`. A frame that is known now is still
    known when there are `SHORTEST` frames from it on.
    """
    voice, marks = int64_at(place), int32_at(place + words[MARKS])
    settled = voice[END] - words[SHORTEST] + 1
    while voice[NEXT] < settled and marks[voice[NEXT]] != MISSING:
        _look_from(voice, voice[NEXT] + 1)
    first = voice[NEXT]
    if first >= settled:
        return False
    while voice[STOP] < voice[END] and voice[STOP] == voice[SEEN] and marks[voice[STOP]] == MISSING:
        voice[STOP] += 1
        voice[SEEN] = voice[STOP]
    latest = first + words[LONGEST]
    settled = min(settled, latest)
    while voice[SEEN] < settled and marks[voice[SEEN]] == KNOWN:
        voice[SEEN] += 1
    if voice[END] >= latest:
        return True
    if voice[SEEN] == voice[STOP]:
        return False
    return voice[SEEN] < settled or voice[SEEN] - voice[STOP] >= words[CONTEXT_FRAMES]


@register_jitable
def _begin(state: int, words: Any, place: int) -> None:
    """Begin to fill the gap that `_is_ready` found."""
    voice, marks = int64_at(place), int32_at(place + words[MARKS])
    count, context = int64_at(words[PROGRAM])[ORDER_COUNT], words[CONTEXT_FRAMES]
    first, latest = voice[NEXT], min(voice[END], voice[NEXT] + words[LONGEST])
    while voice[SEEN] < latest and marks[voice[SEEN]] == KNOWN:
        voice[SEEN] += 1
    frames, behind = voice[STOP] - first, min(context, voice[SEEN] - voice[STOP])
    voice[FADES] = 0
    if voice[STOP] >= latest:
        frames, behind = words[LONGEST], 0
        voice[FADES] = 1
    voice[FILL_FRAMES] = frames
    voice[BLENDED] = 0
    paid = words[PACE] * (first + words[FILL_DELAY] + 2 - voice[END])
    used = count
    while used > 0 and filling_cost(state, words, frames, behind, used) > paid:
        used -= 1
    if used > 0:
        line, rate = place + VOICE_HEAD + 4 * first, float64_at(state + RATE)[0]
        orders, work = state + PARAMETER_BYTES + 8 * OWN_ORDERS, place + words[WORK]
        voice[CREDIT] = -begin_prediction(line, frames, behind, orders, used, count, context, rate, work)
        voice[TASK] = PREDICTING
    else:
        _bridge(words, place, frames, behind)
        _finish(place)


@register_jitable
def filling_cost(state: int, words: Any, frames: int, behind: int, used: int) -> int:
    """What filling a gap costs when only the first `used` orders are predicted."""
    parts, orders = int64_at(words[PROGRAM]), state + PARAMETER_BYTES + 8 * OWN_ORDERS
    count, chunks = parts[ORDER_COUNT], -(-frames // BLENDED_AT_ONCE)
    return prediction_cost(frames, behind, orders, used, count, words[CONTEXT_FRAMES]) + chunks * blend_cost(
        count, parts[HIDDEN]
    )


@register_jitable
def set_pace(state: int, words: Any) -> None:
    """Choose the work that a frame pays for, so that even the dearest gap is filled in time."""
    longest = words[LONGEST]
    count = int64_at(words[PROGRAM])[ORDER_COUNT]
    dearest = filling_cost(state, words, longest, 0, count)
    for frames in range(1, longest):
        behind = min(longest - frames, words[CONTEXT_FRAMES])
        dearest = max(dearest, filling_cost(state, words, frames, behind, count))
    words[PACE] = -(-dearest // (words[FILL_DELAY] + 2 - longest))


@register_jitable
def _step(state: int, words: Any, place: int) -> int:
    """One step of filling; returns what it cost."""
    voice, parts = int64_at(place), int64_at(words[PROGRAM])
    line, first, count = place + VOICE_HEAD, voice[NEXT], parts[ORDER_COUNT]
    candidates, features = place + words[CANDIDATES], place + words[FEATURES]
    if voice[TASK] == PREDICTING:
        orders, rate = state + PARAMETER_BYTES + 8 * OWN_ORDERS, float64_at(state + RATE)[0]
        work, context = place + words[WORK], words[CONTEXT_FRAMES]
        cost = predict_some(line + 4 * first, orders, count, context, candidates, features, rate, work)
        if cost > 0:
            return cost
        voice[TASK] = BLENDING
    frames, start = voice[FILL_FRAMES], voice[BLENDED]
    target, weights, work = line + 4 * first, words[PROGRAM] + WEIGHTS, state + words[BLEND_WORK]
    end = blend(start, frames, count, parts[HIDDEN], weights, candidates, features, target, work)
    sound, marks = float32_at(target), int32_at(place + words[MARKS])
    for n in range(start, end):
        if voice[FADES]:
            sound[n] *= np.float32(1.0 - (n + 1) / frames)
        marks[first + n] = FILLED
    voice[BLENDED] = end
    if end == frames:
        _finish(place)
    return blend_cost(count, parts[HIDDEN])


@register_jitable
def _bridge(words: Any, place: int, frames: int, behind: int) -> None:
    """Draw a straight line across a gap that there is no time for, or fall to silence at once if it has not ended."""
    voice, marks = int64_at(place), int32_at(place + words[MARKS])
    line, first = float32_at(place + VOICE_HEAD), voice[NEXT]
    before = line[first - 1] if behind > 0 else np.float32(0.0)
    after = line[first + frames] if behind > 0 else np.float32(0.0)
    for n in range(frames):
        line[first + n] = before + (after - before) * np.float32((n + 1) / (frames + 1))
        marks[first + n] = FILLED


@register_jitable
def _finish(place: int) -> None:
    """Go on to what follows the gap."""
    voice = int64_at(place)
    voice[TASK] = SKIPPING if voice[FADES] else LOOKING
    _look_from(voice, voice[NEXT] + voice[FILL_FRAMES])
