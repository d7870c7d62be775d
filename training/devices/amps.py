"""The factory amplifiers: clean, crunch and lead."""

from dataclasses import replace
from typing import Final

from .amplifier import Amplifier
from .circuits.power_stage import PowerStage
from .circuits.power_supply import PowerSupply
from .circuits.tone_stack import AMERICAN, BASSMAN
from .circuits.triode import TriodeStage
from .device import Device, Rig
from .diode_clipper import DiodeClipper

CLEAN: Final = Amplifier(
    name="clean",
    stages=(TriodeStage(), TriodeStage(drive=0.2, source_resistance=100e3)),
    tone_stack=replace(AMERICAN, treble=0.6, middle=0.5, bass=0.45),
    tone_after=0,
    power=PowerStage(idle=16.0, knee=3.0, gain=0.45, high_hz=12_000.0),
    supply=PowerSupply(volts=360.0, resistance=60.0, reservoir=100e-6),
    volts=1.0,
    output_gain=1 / 500,
)

CRUNCH: Final = Amplifier(
    name="crunch",
    stages=(
        TriodeStage(cathode_resistor=2.7e3, cathode_capacitor=0.68e-6),
        TriodeStage(cathode_resistor=820.0, cathode_capacitor=25e-6, drive=0.16, source_resistance=220e3),
    ),
    tone_stack=replace(BASSMAN, treble=0.65, middle=0.6, bass=0.4),
    tone_after=1,
    power=PowerStage(gain=1.0),
    supply=PowerSupply(volts=340.0, resistance=330.0, reservoir=32e-6),
    volts=2.0,
    output_gain=1 / 400,
)

LEAD: Final = Rig(
    name="lead",
    devices=(
        DiodeClipper(drive=0.2, tone=0.5, level=0.4),
        Amplifier(
            name="amplifier",
            stages=(
                TriodeStage(cathode_resistor=2.7e3, cathode_capacitor=0.68e-6),
                TriodeStage(drive=0.25, source_resistance=220e3, coupling_capacitor=4.7e-9, cathode_capacitor=1e-6),
                TriodeStage(cathode_resistor=820.0, drive=0.15, source_resistance=470e3, stray_capacitor=500e-12),
            ),
            tone_stack=replace(BASSMAN, treble=0.6, middle=0.55, bass=0.5),
            tone_after=2,
            power=PowerStage(gain=0.4),
            supply=PowerSupply(volts=340.0, resistance=220.0, reservoir=32e-6),
            volts=2.0,
            output_gain=1 / 400,
        ),
    ),
)

AMPS: Final[dict[str, Device]] = {device.name: device for device in (CLEAN, CRUNCH, LEAD)}
