"""The table of pedalboard's processors, against the processors themselves."""

import math

import numpy as np
import pytest

from ampboard.presets.builtins import builtin_arguments, builtin_classes, builtin_parameters, plugin_problem

NAMES = sorted(builtin_classes())


def test_the_processors_of_the_guitarist_are_there() -> None:
    assert {"Chorus", "Compressor", "Delay", "Gain", "LadderFilter", "NoiseGate", "Phaser", "Reverb"} <= set(NAMES)


@pytest.mark.parametrize("plugin", NAMES)
def test_defaults_are_those_of_the_processor(plugin: str) -> None:
    made = builtin_classes()[plugin]()
    for name, parameter in builtin_parameters(plugin).items():
        value = getattr(made, name)
        expected = parameter.default if parameter.choices else pytest.approx(parameter.default, rel=1e-6)
        assert (value.name if parameter.choices else value) == expected


@pytest.mark.parametrize("plugin", NAMES)
def test_every_number_has_a_range_whose_ends_the_processor_takes_and_survives(plugin: str) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 480)).astype(np.float32)
    for name, parameter in builtin_parameters(plugin).items():
        if parameter.choices or parameter.is_switch:
            continue
        assert parameter.range
        for value in parameter.range:
            made = builtin_classes()[plugin](**{name: value})
            assert getattr(made, name) == pytest.approx(value, rel=1e-5)
            assert np.isfinite(made(noise, 48_000)).all()
        assert parameter.problem(parameter.range[1] * 2 + 1)
        assert parameter.problem(math.nan)
        assert parameter.problem("1")
        assert parameter.problem(True)


@pytest.mark.parametrize("plugin", ["LadderFilter", "Resample", "GSMFullRateCompressor"])
def test_choices_are_given_by_name(plugin: str) -> None:
    [choice] = [p for p in builtin_parameters(plugin).values() if p.choices]
    for name in choice.choices:
        made = builtin_classes()[plugin](**builtin_arguments(plugin, {choice.name: name}))
        assert getattr(made, choice.name).name == name
    assert choice.problem("Nothing")
    assert choice.problem(1.0)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("reverb", "did you mean Reverb?"),
        ("NoiseGat", "did you mean NoiseGate?"),
        ("Convolution", 'use type = "cabinet"'),
        ("VST3Plugin", 'use type = "vst3"'),
        ("Mix", 'use type = "parallel"'),
        ("load_plugin", "has no processor"),
        ("Plugin", "has no processor"),
        ("__class__", "has no processor"),
    ],
)
def test_other_names_are_refused_with_a_remedy(name: str, remedy: str) -> None:
    assert remedy in (plugin_problem(name) or "")
