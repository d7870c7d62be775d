"""A whole valve amplifier: triode stages, tone stack, power stage and supply, solved together frame by frame."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from .circuits.potentiometer import AUDIO
from .circuits.power_stage import STATES as POWER_STATES
from .circuits.power_stage import PowerStage, push_pull, transform
from .circuits.power_supply import NODES, POWER_NODE, PREAMP_NODE, PowerSupply, rest_supply, step_supply
from .circuits.tone_stack import ToneStack
from .circuits.triode import PLATE_VOLTAGE, STATES, TriodeStage, rest_stage, step_stage
from .device import simulate
from .dial import Dial, read_dials, turn_dials
from .knob import Knob

REST_ROUNDS = 200
PLATE_SOURCE = 38e3  # ohm: a 12AX7's plate and its load in parallel, which drive the tone stack
HOME_VOLUME: Final = 0.7  # where the master volume of an amplifier stands whose power stage has the gain it says

DIALS: Final = (
    Dial("gain", ("stages", 1, "drive"), AUDIO),
    Dial("volume", ("volume",)),
    Dial("treble", ("tone_stack", "treble")),
    Dial("middle", ("tone_stack", "middle")),
    Dial("bass", ("tone_stack", "bass")),
)


@njit(cache=True)
def _amplify(
    signal: NDArray[np.float64],
    sample_rate: float,
    stages: NDArray[np.float64],
    tone_after: int,
    tone_update: NDArray[np.float64],
    tone_input: NDArray[np.float64],
    tone_rest: NDArray[np.float64],
    tone_output: int,
    power: NDArray[np.float64],
    supply: NDArray[np.float64],
) -> None:
    """Replace a signal in volts by what comes out: minutes of it, oversampled, fill memory once."""
    count = stages.shape[0]
    state = np.zeros((count, STATES))
    nodes = np.zeros(NODES)
    transformer = np.zeros(POWER_STATES)
    tone = np.zeros(tone_rest.size)
    tone_next = np.zeros(tone_rest.size)
    drawn = 0.0
    power_drawn = 0.0
    tone_source = 0.0
    volts = 0.0
    rest_supply(supply, nodes, 0.0, 0.0)
    for _ in range(REST_ROUNDS):  # the currents set the voltages and these the currents
        volts = 0.0
        total = 0.0
        for index in range(count):
            rest_stage(stages[index], state[index], nodes[PREAMP_NODE], volts, sample_rate)
            volts = state[index, PLATE_VOLTAGE]
            total += (nodes[PREAMP_NODE] - volts) / stages[index, 2]
            if index == tone_after:
                tone_source = volts
                tone[:] = tone_rest * volts
                volts = tone[tone_output]
        drawn += 0.5 * (total - drawn)
        _, now = push_pull(power, 0.0, nodes[POWER_NODE])
        power_drawn += 0.5 * (now - power_drawn)
        rest_supply(supply, nodes, power_drawn, drawn)
    quiet = volts
    for frame in range(signal.size):
        volts = signal[frame]
        total = 0.0
        for index in range(count):
            total += step_stage(stages[index], state[index], nodes[PREAMP_NODE], volts, sample_rate)
            volts = state[index, PLATE_VOLTAGE]
            if index == tone_after:
                for node in range(tone.size):
                    value = tone_input[node] * (volts + tone_source)
                    for other in range(tone.size):
                        value += tone_update[node, other] * tone[other]
                    tone_next[node] = value
                tone[:] = tone_next
                tone_source = volts
                volts = tone[tone_output]
        given, power_drawn = push_pull(power, volts - quiet, nodes[POWER_NODE])
        step_supply(supply, nodes, power_drawn, total, sample_rate)
        signal[frame] = transform(power, transformer, given, sample_rate)


@dataclass(frozen=True)
class Amplifier:
    """A valve amplifier.

    Attributes
    ----------
    name : str
        What it is called.
    stages : tuple of TriodeStage
        The preamplifier; a volume control is the `drive` of the stage behind it.
    tone_stack : ToneStack
        With its knobs.
    tone_after : int
        Index of the stage that drives the tone stack.
    power : PowerStage
        Its gain holds at the home position of the master volume.
    supply : PowerSupply
        Feeds all of them.
    volts : float
        Input voltage at digital full scale.
    output_gain : float
        From volts at the power stage's load to digital full scale.
    tone_load : float
        In ohm, behind the tone stack.
    volume : float
        Knob of the master volume, 0 to 1, an audio potentiometer before the power stage; the power stage's gain is the
        one at 0.7.
    """

    name: str
    stages: tuple[TriodeStage, ...]
    tone_stack: ToneStack
    tone_after: int
    power: PowerStage
    supply: PowerSupply
    volts: float
    output_gain: float
    tone_load: float = 1e6
    volume: float = HOME_VOLUME

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Gain (the second stage's volume), volume (the power stage's), treble, middle and bass."""
        return read_dials(self, self._dials)

    def with_knobs(self, **values: float) -> "Amplifier":
        """See `device.Device.with_knobs`."""
        return turn_dials(self, self._dials, values)

    @property
    def _dials(self) -> tuple[Dial, ...]:
        return DIALS if len(self.stages) > 1 else DIALS[1:]

    def process(self, audio: ArrayLike, sample_rate: float) -> NDArray[np.float64]:
        """See `device.Device.process`."""
        network = self.tone_stack.network(source_resistance=PLATE_SOURCE, load=self.tone_load)
        master = AUDIO.part(self.volume) / AUDIO.part(HOME_VOLUME)
        stages = np.stack([stage.constants for stage in self.stages])

        def circuit(signal: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
            update, source = network.discrete(rate)
            output = network.nodes.index(network.output)
            power = replace(self.power, gain=self.power.gain * master).constants(self.supply.volts)
            signal *= self.volts
            _amplify(
                signal,
                rate,
                stages,
                self.tone_after,
                update,
                source,
                network.rest(1.0),
                output,
                power,
                self.supply.constants,
            )
            signal *= self.output_gain
            return signal

        return simulate(circuit, audio, sample_rate)
