"""All checks, in the order in which they are made."""

from collections.abc import Sequence
from typing import Final

from ....models.errors import ParameterError
from ..capture import NEVER_IGNORED, Finding
from . import levels, noise, pairing, steadiness
from .evidence import Check, Evidence

CHECKS: Final = (
    Check("not-finite", "values that are no numbers", levels.finite, decisive=True),
    Check("silence", "an output without sound, or a very quiet one", levels.silence, decisive=True),
    Check("clipping", "a recording that was cut off at full scale", levels.clipping),
    Check("rate", "an output at another sample rate", pairing.rate, decisive=True),
    Check("swapped", "input and output taken for one another", pairing.swapped, decisive=True),
    Check("unrelated", "an output of some other input", pairing.related, decisive=True),
    Check("bypassed", "the dry signal in place of the device's", pairing.bypassed, decisive=True),
    Check("length", "an output that starts late or ends early", levels.length),
    Check("blips", "blips that are missing", pairing.blips),
    Check("latency", "blips and cross-correlation that disagree", pairing.latency),
    Check("polarity", "an output upside down", pairing.polarity),
    Check("noise", "noise when nothing is played", noise.noise_floor),
    Check("hum", "mains hum", noise.hum),
    Check("drift", "two clocks", steadiness.drift),
    Check("varying", "a device that does not repeat itself", steadiness.varying),
    Check("tail", "delay or reverb", steadiness.tail),
)

NAMES: Final = tuple(check.name for check in CHECKS)
IGNORABLE: Final = tuple(name for name in NAMES if name not in NEVER_IGNORED)
ALL: Final = "all"


def chosen_checks(names: Sequence[str]) -> tuple[str, ...]:
    """Names of checks that a user wrote, ``all`` for all that can be ignored, in the order of the table.

    Raises
    ------
    ParameterError
        When there is no such check, or its error cannot be ignored.
    """
    unknown = [name for name in names if name not in (*NAMES, ALL)]
    if unknown:
        raise ParameterError(f"no check is called {unknown[0]!r}: use {', '.join(IGNORABLE)}, or {ALL}")
    never = [name for name in names if name in NEVER_IGNORED]
    if never:
        raise ParameterError(f"{never[0]} cannot be ignored: what is no number teaches nothing; export again")
    return IGNORABLE if ALL in names else tuple(name for name in NAMES if name in names)


def run_checks(evidence: Evidence, *, take: str, ignored: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Make all checks; after a decisive error that is not ignored, no other makes sense and none is made."""
    findings: list[Finding] = []
    for check in CHECKS:
        verdict = check.look(evidence)
        if verdict is None:
            continue
        findings.append(verdict.finding(check.name, take))
        if check.decisive and verdict.severity == "error" and check.name not in ignored:
            break
    return tuple(findings)
