"""The operations of a layer with anything that a convolution alone cannot do: modulation, blending, head1x1."""

from dataclasses import replace

import numpy as np

from .layers import Layer, LinearMap
from .operations import BLENDED, GATED, IGNORE, NOTHING
from .program import Convolution, ProgramWriter, Rows


def heard_rows(linear_map: LinearMap) -> tuple[int, int]:
    """From which row of the condition to before which a map hears: with groups, not all."""
    columns = np.flatnonzero(linear_map.weights.any(axis=0))
    return (int(columns[0]), int(columns[-1]) + 1) if columns.size else (0, 1)


class Scratch:
    """Signals that a layer needs for itself only: layers one behind the other share them, and so stay in the cache."""

    def __init__(self, writer: ProgramWriter) -> None:
        self._writer = writer
        self._signals = dict[tuple[str, int], int]()

    def __call__(self, purpose: str, rows: int) -> int:
        """Return the number of the signal of so many rows for a purpose."""
        if (purpose, rows) not in self._signals:
            self._signals[purpose, rows] = self._writer.signal(rows)
        return self._signals[purpose, rows]


class GeneralLayer:
    """Writes the operations of one layer, from its input signal `x` and the condition.

    All modulations are maps of the condition: one convolution makes their scales and shifts.
    """

    def __init__(self, writer: ProgramWriter, scratch: Scratch, layer: Layer, x: int, condition: int) -> None:
        self.writer, self.scratch, self.layer, self.x, self.condition = writer, scratch, layer, x, condition
        self.hidden = scratch("hidden", layer.width)
        self.gate = scratch("gate", layer.width) if layer.gating != "none" else NOTHING
        self.scale, self.shift = dict[str, int](), dict[str, int]()

    def write_outputs(self, sums: int, mode: int, *, heard: bool) -> None:
        """Write what makes the layer's outputs and adds them to the sums; `heard`: `write_step` will follow."""
        self._modulations(heard=heard)
        linear, scale, shift = self._before_activation()
        self._activation(linear, scale, shift, sums, mode, heard=heard)
        if self.layer.head:
            self._head(self.layer.head, sums, mode)

    def write_step(self, target: int) -> None:
        """Write the 1x1 from the outputs to the next layer's input."""
        one = self.layer.one
        assert one
        step = Convolution(source=self.hidden, weights=one.weights[None], bias=one.bias, target=target)
        if "layer1x1_post_film" not in self.scale:
            self.writer.convolve(replace(step, residual=self.x))
            return
        rows = one.bias.size
        plain = self.scratch("plain", rows)
        self.writer.convolve(replace(step, target=plain))
        modulated = self._modulated("layer1x1_post_film", plain, rows)
        self.writer.each_row(replace(modulated, shift2=self.x, target=target))

    # ---- modulation

    def _modulations(self, *, heard: bool) -> None:
        """Write the scales and shifts of the layer."""
        maps = dict[tuple[str, str], LinearMap]()
        for site, film in self.layer.films.items():
            if site == "layer1x1_post_film" and not heard:
                continue
            maps[site, "scale"] = film.scale
            if film.shift:
                maps[site, "shift"] = film.shift
        before, behind = ("conv_post_film", "shift"), ("input_mixin_post_film", "shift")
        if before in maps and ("input_mixin_post_film", "scale") in maps:  # both are added to the same sum
            shift = maps.pop(before)
            maps[behind] = shift + maps[behind] if behind in maps else shift
        together = dict[tuple[int, int], list[tuple[str, str]]]()
        for key, linear_map in maps.items():
            together.setdefault(heard_rows(linear_map), []).append(key)
        for rows, keys in together.items():
            self._linear_maps({key: maps[key] for key in keys}, rows)

    def _linear_maps(self, maps: dict[tuple[str, str], LinearMap], heard: tuple[int, int]) -> None:
        """Write scales and shifts that are maps of the same rows of the condition."""
        weights = np.concatenate([m.weights[:, slice(*heard)] for m in maps.values()])
        bias = np.concatenate([m.bias for m in maps.values()])
        rows = self.scratch(f"modulations of {heard}", bias.size)
        source = self.condition
        if weights.shape[1] < self.layer.mixin.shape[1]:
            source = self.writer.view(source, heard[0], weights.shape[1])
        self.writer.convolve(Convolution(source=source, weights=weights[None], bias=bias, target=rows))
        first = 0
        for (site, part), linear_map in maps.items():
            (self.scale if part == "scale" else self.shift)[site] = self.writer.view(rows, first, linear_map.bias.size)
            first += linear_map.bias.size

    def _modulated(self, site: str, source: int, rows: int) -> Rows:
        scale, shift = self.scale.get(site, NOTHING), self.shift.get(site, NOTHING)
        return Rows(source=source, rows=rows, scale=scale, shift=shift)

    def _write_modulated(self, site: str, source: int, rows: int, *, look_back: int = 0) -> int:
        if site not in self.scale:
            return source
        target = self.writer.signal(rows, look_back=look_back) if look_back else self.scratch(site, rows)
        self.writer.each_row(replace(self._modulated(site, source, rows), target=target))
        return target

    # ---- the parts of the layer

    def _before_activation(self) -> tuple[int, int, int]:
        """Write convolution and mixin; return them as a signal, and a scale and a shift still to be applied to it."""
        layer, writer, rows = self.layer, self.writer, self.layer.bias.size
        inputs = layer.weights.shape[2]
        source = self._write_modulated("conv_pre_film", self.x, inputs, look_back=layer.look_back)
        mixed = self._write_modulated("input_mixin_pre_film", self.condition, layer.mixin.shape[1])
        linear = self.scratch("linear", rows)
        convolution = Convolution(
            source=source, weights=layer.weights, bias=layer.bias, dilation=layer.dilation, target=linear
        )
        post, mixin_post = "conv_post_film", "input_mixin_post_film"
        if post not in self.scale and mixin_post not in self.scale:
            writer.convolve(replace(convolution, condition=mixed, condition_weights=layer.mixin))
            return linear, NOTHING, NOTHING
        mixin = self.scratch("mixin", rows)
        mixing = Convolution(source=mixed, weights=layer.mixin[None], bias=np.zeros(rows), target=mixin)
        if post in self.shift:  # of the convolution, which the mixin is added to
            writer.convolve(replace(mixing, residual=self.shift[post]))
        else:
            writer.convolve(mixing)
        if mixin_post in self.scale:
            writer.each_row(replace(self._modulated(mixin_post, mixin, rows), target=mixin))
        if post in self.scale:
            writer.convolve(convolution)
            return linear, self.scale[post], mixin
        writer.convolve(replace(convolution, residual=mixin))
        return linear, NOTHING, NOTHING

    def _activation(self, linear: int, scale: int, shift: int, sums: int, mode: int, *, heard: bool) -> None:
        layer, rows = self.layer, self.layer.width
        pre, post = "activation_pre_film", "activation_post_film"
        signals = (linear, scale, shift, self.scale.get(pre, NOTHING), self.shift.get(pre, NOTHING))
        if layer.gating != "none":
            gates = Rows(**self._taken(signals, rows), rows=rows, activation=layer.secondary, target=self.gate)
            self.writer.each_row(gates)
        keeps = layer.head is not None or (heard and layer.one is not None)
        self.writer.each_row(
            Rows(
                **self._taken(signals, 0),
                rows=rows,
                activation=layer.activation,
                mixing=BLENDED if layer.gating == "blended" else GATED,
                gate=self.gate if layer.gating != "none" else NOTHING,
                scale3=self.scale.get(post, NOTHING),
                shift3=self.shift.get(post, NOTHING),
                target=self.hidden if keeps else NOTHING,
                head=NOTHING if layer.head else sums,
                head_mode=IGNORE if layer.head else mode,
            )
        )

    def _taken(self, signals: tuple[int, ...], first: int) -> dict[str, int]:
        """The filter rows (from 0) or the gate rows of the signals before an activation, by what they are for."""
        names = ("source", "scale", "shift", "scale2", "shift2")
        rows = self.layer.width
        return {
            name: self.writer.view(signal, first, rows) if signal and first else signal
            for name, signal in zip(names, signals, strict=True)
        }

    def _head(self, head: LinearMap, sums: int, mode: int) -> None:
        rows = head.bias.size
        projected = Convolution(source=self.hidden, weights=head.weights[None], bias=head.bias)
        if "head1x1_post_film" not in self.scale:
            self.writer.convolve(replace(projected, head=sums, head_mode=mode))
            return
        plain = self.scratch("plain", rows)
        self.writer.convolve(replace(projected, target=plain))
        modulated = self._modulated("head1x1_post_film", plain, rows)
        self.writer.each_row(replace(modulated, head=sums, head_mode=mode))
