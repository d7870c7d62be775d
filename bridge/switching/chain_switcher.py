"""The one class that changes chains under sound."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from ...models.errors import ParameterError
from ..audio import Audio
from .delay_line import DelayLine
from .ramp import DelayedRamp, Ramp
from .voice import SwitchableChain, Voice, scaled

GATE_SECONDS: Final = 0.005
LEVEL_SECONDS: Final = 0.005


class ChainSwitcher:
    """Plays one of several chains, and passes the sound from one to the other without a click.

    With spillover each chain hears what is played while it is selected: the old chain's input fades to zero and it
    rings on until it has rung out, the new one starts at rest and its input fades in, along the same raised cosine, so
    that the two inputs always add up to what is played. Around that each chain's output is gated over 5 ms, since an
    amplifier at rest may put out a constant. Without spillover the outputs are cross-faded along the same curve, the
    new chain having heard the recent past before, as if it had been playing all the time.

    A step between two frames of the output is never larger than the steps of the chains' own outputs, each times its
    gain, plus the slope of the fade (at most ``pi / (2 fade_frames)`` a frame) times the output it acts on.

    A chain that still rings and is selected again fades its input back in; its echoes stay.

    Parameters
    ----------
    chains : mapping of int to SwitchableChain
        The prepared chains, all with the same channels, by slot.
    sample_rate : int
        Frames a second.
    initial : int
        The slot that plays first, from its state of rest and without a fade.
    fade : float
        Seconds of a fade.
    spillover : bool
        Whether an old chain rings on.
    tail_limit : float
        Seconds after which a chain that still rings is faded out.
    history : float
        Seconds of recent input that a chain hears before its output is faded in (without spillover).
    settle : float
        Seconds of silence a chain plays when it returns to rest, before it is brought up again.
    step : int
        Frames of that silence a chain plays at once: the largest step of `tidy`.
    stem_channels : int
        Channels of the stem that side-chains hear; 0 when there is none.

    Attributes
    ----------
    latency : int
        Frames by which the output is late, whichever chain plays: that of the slowest, the others are delayed. A switch
        is heard at its frame plus `latency`.

    Raises
    ------
    ParameterError
        When there are no chains, their channels differ, or a number is out of range.
    """

    def __init__(
        self,
        chains: Mapping[int, SwitchableChain],
        *,
        sample_rate: int,
        initial: int,
        fade: float = 0.02,
        spillover: bool = True,
        tail_limit: float = 10.0,
        history: float = 0.1,
        settle: float = 0.1,
        step: int = 2048,
        stem_channels: int = 0,
    ) -> None:
        layouts = {(chain.channels, chain.outputs) for chain in chains.values()}
        if len(layouts) != 1:
            raise ParameterError(f"the chains have the channels (in, out) {sorted(layouts)}: use chains of one layout")
        seconds = {"fade": fade, "tail_limit": tail_limit, "history": history, "settle": settle}
        for name, value in seconds.items():
            if not 0 <= value < np.inf:
                raise ParameterError(f"{name} is {value} s: use 0 or more")
        (self.channels, self.outputs) = layouts.pop()
        self.latency = max(chain.latency for chain in chains.values())
        self._spillover = spillover
        self._fade_frames = round(fade * sample_rate)
        self._gate_frames = min(round(GATE_SECONDS * sample_rate), self._fade_frames)
        self._level_frames = round(LEVEL_SECONDS * sample_rate)
        self._sample_rate = sample_rate
        self._tail_limit = tail_limit
        self._settle_frames = round(settle * sample_rate)
        self._step = step
        self._history = DelayLine(self.channels, round(history * sample_rate))
        self._stem_history = DelayLine(stem_channels, self._history.latency) if stem_channels else None
        self._voices = {
            slot: Voice(chain, round(chain.quiet_time * sample_rate), self.latency) for slot, chain in chains.items()
        }
        self._levels: dict[str, float] = {}
        self._changes: dict[int, dict[str, Callable[[], None]]] = {}  # for chains that do not sound
        self._level = DelayedRamp(1.0, self.latency)
        self._selected = initial
        self._playing = False
        for slot, voice in self._voices.items():
            if slot != initial:
                self._bring_to_rest(voice)
        self._voice(initial).start(1.0, 1.0)

    @property
    def selected(self) -> int:
        """The slot that plays."""
        return self._selected

    @property
    def ringing(self) -> tuple[int, ...]:
        """Slots that still sound without being selected."""
        return tuple(slot for slot, voice in self._voices.items() if voice.active and slot != self._selected)

    def switch(self, slot: int, *, spillover: bool | None = None) -> None:
        """Bring up the chain of a slot, from the first frame of the next block on.

        A chain that is not `ready` is returned to rest here, which takes longer than a block.

        Parameters
        ----------
        slot : int
            The slot; nothing happens when it is selected already.
        spillover : bool, optional
            For this switch; what was given to the constructor when left out.

        Raises
        ------
        ParameterError
            When there is no such slot.
        """
        new = self._voice(slot)
        if slot == self._selected and new.active and not new.leaving:
            return
        rings_on = self._spillover if spillover is None else spillover
        for voice in self._voices.values():
            if voice.active and voice is not new:
                if rings_on:
                    limit = voice.limit_frames if voice.released else self._limit_frames(voice.chain)
                    voice.release(self._fade_frames, limit)
                else:
                    voice.output.move(0.0, self._fade_frames)
        if not new.active:
            if new.used:
                self._bring_to_rest(new)
            self._make_changes(slot)
            if rings_on:
                new.start(0.0, 0.0)
            else:
                new.warm(self._recent_input(), self._stem_history.content() if self._stem_history else None)
                new.start(1.0, 0.0)
        new.resume(self._fade_frames, self._gate_frames if rings_on else self._fade_frames)
        self._selected = slot

    def change(self, slot: int, name: str, make: Callable[[], None]) -> None:
        """Change something of a chain: at once when it sounds, else when it is brought up, right before.

        So a chain at rest stays there, whenever it got there, and what `tidy` does is never heard.

        Parameters
        ----------
        slot : int
            Whose chain.
        name : str
            What is changed: a later change of the same name takes the place of one that waits.
        make : callable
            Makes the change.
        """
        if self._voice(slot).active:
            make()
        else:
            self._changes.setdefault(slot, {})[name] = make

    def ready(self, slot: int) -> bool:
        """Whether `switch` brings up a slot without work: its chain sounds, or has returned to rest."""
        return self._voice(slot).ready

    def tidy(self, first: int | None = None) -> bool:
        """Take a step in returning chains to rest that have rung out, in time for when they are wanted again.

        A step takes no longer than a chain takes to play `step` frames or a block. What is heard does not depend on
        when and whether this is called.

        Parameters
        ----------
        first : int, optional
            A slot whose chain goes before the others.

        Returns
        -------
        bool
            False when there is nothing to do.
        """
        if first is not None and not (voice := self._voice(first)).ready:
            voice.rest(self._settle_frames, self._step)
            return True
        for voice in self._voices.values():
            if not voice.ready:
                voice.rest(self._settle_frames, self._step)
                return True
        return False

    def cut(self) -> None:
        """Fade out everything that sounds over 5 ms, the selected chain too: silence until the next switch."""
        for voice in self._voices.values():
            if voice.active:
                voice.leave(self._gate_frames)

    @property
    def sounding(self) -> bool:
        """Whether any chain is heard."""
        return any(voice.active for voice in self._voices.values())

    def set_level(self, name: str, decibels: float) -> None:
        """Set one of the gains behind all chains, from the first frame of the next block on, over 5 ms.

        Before anything was played it holds at once.

        Parameters
        ----------
        name : str
            Which: each name is a gain of its own (``"volume"``, ``"expression"``), they multiply.
        decibels : float
            The gain; -120 dB and below is silence.
        """
        self._levels[name] = 10 ** (decibels / 20) if decibels > -120 else 0.0
        level = float(np.prod(list(self._levels.values())))
        if self._playing:
            self._level.move(level, self._level_frames)
        else:
            self._level.set(level)

    def process(self, block: Audio, stem: Audio | None = None) -> Audio:
        """Play a block through the chains that sound.

        Parameters
        ----------
        block : ndarray of float32, shape (channels, frames)
            What is played.
        stem : ndarray of float32, shape (stem_channels, frames), optional
            What side-chains hear.

        Returns
        -------
        ndarray of float32, shape (outputs, frames)
            Late by `latency` frames.
        """
        self._playing = True
        mixed: Audio | None = None
        for voice in self._voices.values():
            if voice.active:
                output = self._play(voice, block, stem)
                mixed = output if mixed is None else mixed + output
        self._history.process(block)
        if self._stem_history and stem is not None:
            self._stem_history.process(stem)
        if mixed is None:
            mixed = np.zeros((self.outputs, block.shape[1]), np.float32)
        return scaled(mixed, self._level.next(block.shape[1]))

    def _play(self, voice: Voice, block: Audio, stem: Audio | None) -> Audio:
        frames = block.shape[1]
        if voice.released and not voice.leaving and voice.rung + frames > voice.limit_frames:
            voice.leave(self._gate_frames, wait=max(voice.limit_frames - voice.rung, 0))
        signal = voice.align.process(voice.chain.process(scaled(block, voice.input.next(frames)), stem))
        if voice.released:
            voice.listen(signal)
            heard_all = voice.rung > self._fade_frames + self.latency
            if heard_all and voice.quiet >= voice.quiet_frames and not voice.leaving:
                voice.leave(self._gate_frames)
        signal = scaled(signal, voice.output.next(frames))
        if voice.output.target == 0.0 and voice.output.settled:
            voice.active = False
        return signal

    def _voice(self, slot: int) -> Voice:
        try:
            return self._voices[slot]
        except KeyError:
            raise ParameterError(f"there is no slot {slot}: use one of {sorted(self._voices)}") from None

    def _make_changes(self, slot: int) -> None:
        for make in self._changes.pop(slot, {}).values():
            make()

    def _bring_to_rest(self, voice: Voice) -> None:
        while voice.rest(self._settle_frames, self._step):
            pass

    def _limit_frames(self, chain: SwitchableChain) -> int:
        """Frames after the switch until a chain must have rung out."""
        certain = self._fade_frames + self.latency + chain.tail_seconds * self._sample_rate
        return round(min(certain, self._tail_limit * self._sample_rate))

    def _recent_input(self) -> Audio:
        """The last frames that were played, faded in so that the cut is not heard in a delay or reverb."""
        fade = Ramp(0.0)
        fade.move(1.0, self._fade_frames)
        recent = self._history.content()
        return scaled(recent, fade.next(recent.shape[1]))
