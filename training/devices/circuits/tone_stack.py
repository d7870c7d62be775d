"""The passive tone stack between two stages: treble, middle and bass as Fender and Marshall wire them.

Component values: the 1959 Bassman 5F6-A, as in Yeh and Smith, "Discretization of the '59 Fender Bassman tone stack",
DAFx-06; the American values are those of the AB763 circuit.
"""

from dataclasses import dataclass
from typing import Final

from .network import Network

END_STOP: Final = 1e-3  # a potentiometer's wiper never quite reaches its end


@dataclass(frozen=True)
class ToneStack:
    """Components in ohm and farad, and the knobs.

    Attributes
    ----------
    treble_capacitor, bass_capacitor, middle_capacitor : float
        The three capacitors.
    slope_resistor, treble_pot, bass_pot, middle_pot : float
        The resistors.
    treble, middle, bass : float
        Knobs, 0 to 1; the bass potentiometer is logarithmic.
    """

    treble_capacitor: float
    bass_capacitor: float
    middle_capacitor: float
    slope_resistor: float
    treble_pot: float
    bass_pot: float
    middle_pot: float
    treble: float = 0.5
    middle: float = 0.5
    bass: float = 0.5

    def network(self, *, source_resistance: float, load: float) -> Network:
        """The stack between a source and the load at its output, both in ohm."""
        treble, middle = (END_STOP + (1 - 2 * END_STOP) * knob for knob in (self.treble, self.middle))
        bass = END_STOP + (1 - END_STOP) * (10 ** (2 * self.bass) - 1) / 99
        return Network(
            resistors={
                ("in", "slope"): self.slope_resistor,
                ("top", "wiper"): (1 - treble) * self.treble_pot,
                ("wiper", "bass"): treble * self.treble_pot,
                ("bass", "middle"): bass * self.bass_pot,
                ("middle", "centre"): (1 - middle) * self.middle_pot,
                ("centre", "ground"): middle * self.middle_pot,
                ("wiper", "ground"): load,
            },
            capacitors={
                ("in", "top"): self.treble_capacitor,
                ("slope", "bass"): self.bass_capacitor,
                ("slope", "centre"): self.middle_capacitor,
            },
            input="in",
            output="wiper",
            source_resistance=source_resistance,
        )


BASSMAN: Final = ToneStack(250e-12, 20e-9, 20e-9, 56e3, 250e3, 1e6, 25e3)
AMERICAN: Final = ToneStack(250e-12, 100e-9, 47e-9, 100e3, 250e3, 250e3, 10e3)
