"""A recurrent layer over a window of several streams, as one differentiable operation.

The products of the inputs with their weights, and the gradients of all weights, are matrix products over the whole
window, which torch does; what has to go frame by frame is compiled (`cells`). torch's own layers call a dozen
operations for every frame: an LSTM-40 on 4 streams of 512 frames takes a sixth of their time, a GRU-40 less still.
"""

from functools import cache
from typing import Any, Final

import torch
from numba import njit, types
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from ....models.kernels.code_version import code_version
from ....models.kernels.floating_point import flush_denormals, restore_mode
from .cells import CELLS, SLOTS, STREAMS, WIDTH, tile_backward, tile_forward, tile_through_weights

KINDS: Final = {cell.kind: number for number, cell in enumerate(CELLS)}


@cache
def _window_functions(kind: int) -> tuple[Any, Any]:
    """Compile the loops over a window, or take them from the disk cache."""
    version = code_version(__file__)
    width, slots, at_once = WIDTH, SLOTS, STREAMS
    rows = len(CELLS[kind].recurrent)

    @njit(types.void(*[types.int64] * 8), cache=True, nogil=True)
    def forward(frames, streams, units, padded, gates, weights, hidden, cell):  # type: ignore[no-untyped-def]
        _ = version
        mode = flush_denormals()
        frame, block_weights = 4 * streams * padded, 4 * units * rows * width
        stream = 0
        while stream < streams:
            several = streams - stream >= at_once
            offset = 4 * stream * padded
            for t in range(frames):
                known_hidden, known_cell = hidden + t * frame + offset, cell + t * frame + offset
                sums = gates + slots * (t * frame + offset)
                for block in range(padded // width):
                    place, own = 4 * width * block, weights + block * block_weights
                    if several:
                        tile_forward(
                            kind, at_once, units, padded, sums + place, own, known_hidden, known_hidden + place,
                            known_cell + place, known_hidden + frame + place, known_cell + frame + place,
                        )  # fmt: skip
                    else:
                        tile_forward(
                            kind, 1, units, padded, sums + place, own, known_hidden, known_hidden + place,
                            known_cell + place, known_hidden + frame + place, known_cell + frame + place,
                        )  # fmt: skip
            stream += at_once if several else 1
        restore_mode(mode)

    @njit(types.void(*[types.int64] * 11), cache=True, nogil=True)
    def backward(frames, streams, units, padded, gates, weights, hidden, cell, heard, slope, cell_slope):  # type: ignore[no-untyped-def]
        _ = version
        mode = flush_denormals()
        frame, block_weights = 4 * streams * padded, 4 * units * rows * width
        stream = 0
        while stream < streams:
            several = streams - stream >= at_once
            offset = 4 * stream * padded
            for t in range(frames - 1, -1, -1):
                before = t * frame + offset
                sums = gates + slots * before
                for block in range(padded // width):
                    place = 4 * width * block
                    at = before + place
                    if several:
                        tile_backward(
                            kind, at_once, units, padded, sums + place, hidden + at, cell + at, cell + frame + at,
                            heard + at, slope + offset + place, cell_slope + offset + place,
                        )  # fmt: skip
                    else:
                        tile_backward(
                            kind, 1, units, padded, sums + place, hidden + at, cell + at, cell + frame + at,
                            heard + at, slope + offset + place, cell_slope + offset + place,
                        )  # fmt: skip
                for block in range(padded // width):
                    place, own = 4 * width * block, weights + block * block_weights
                    if several:
                        tile_through_weights(kind, at_once, units, padded, sums, own, slope + offset + place)
                    else:
                        tile_through_weights(kind, 1, units, padded, sums, own, slope + offset + place)
            stream += at_once if several else 1
        restore_mode(mode)

    return forward, backward


class _Window(Function):
    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        kind: int,
        inputs: Tensor,
        input_weight: Tensor,
        recurrent_weight: Tensor,
        bias: Tensor,
        hidden: Tensor,
        cell: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        form, units = CELLS[kind], hidden.shape[1]
        frames, streams, width = inputs.shape
        padded = -(-units // WIDTH) * WIDTH
        flat = inputs.reshape(frames * streams, width)
        own = _in_slots(input_weight, form.inputs, units, padded).view(SLOTS * padded, width)
        slots = torch.addmm(_in_slots(bias[:, None], tuple(range(SLOTS)), units, padded).flatten(), flat, own.T)
        states = torch.empty(2, frames + 1, streams, padded)
        states[:, 0, :, units:] = 0
        states[0, 0, :, :units], states[1, 0, :, :units] = hidden, cell
        weights = recurrent_weight.view(-1, units, units)
        packed = torch.nn.functional.pad(weights, (0, 0, 0, padded - units))
        packed = packed.view(-1, padded // WIDTH, WIDTH, units).permute(1, 3, 0, 2).contiguous()
        _window_functions(kind)[0](
            frames, streams, units, padded, slots.data_ptr(), packed.data_ptr(), *(s.data_ptr() for s in states)
        )
        ctx.save_for_backward(flat, own, weights, slots, states)
        ctx.kind, ctx.units, ctx.inputs_shape = kind, units, inputs.shape
        after_hidden, after_cell = (state[-1, :, :units].clone() for state in states)
        ctx.mark_non_differentiable(after_hidden, after_cell)
        return states[0, 1:, :, :units], after_hidden, after_cell

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, heard: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        flat, own, weights, slots, states = ctx.saved_tensors
        form, units = CELLS[ctx.kind], ctx.units
        frames, streams, padded = states.shape[1] - 1, states.shape[2], states.shape[3]
        heard = torch.nn.functional.pad(heard, (0, padded - units)).contiguous()
        packed = torch.nn.functional.pad(weights, (0, padded - units))
        packed = packed.view(-1, units, padded // WIDTH, WIDTH).permute(2, 1, 0, 3).contiguous()
        slope = torch.zeros(2, streams, padded)
        _window_functions(ctx.kind)[1](
            frames, streams, units, padded, slots.data_ptr(), packed.data_ptr(), states[0].data_ptr(),
            states[1].data_ptr(), heard.data_ptr(), slope[0].data_ptr(), slope[1].data_ptr(),
        )  # fmt: skip
        before = states[0, :-1].reshape(frames * streams, padded)
        wide = slots.view(frames * streams, SLOTS, padded)
        recurrent = (slots.T @ before).view(SLOTS, padded, padded)[list(form.recurrent), :units, :units]
        ins = (slots.T @ flat).view(SLOTS, padded, -1)[list(form.inputs), :units]
        bias = wide.sum(0)[:, :units]
        inputs = None
        if ctx.needs_input_grad[1]:
            inputs = (slots @ own).view(ctx.inputs_shape)
        return None, inputs, ins.flatten(0, 1), recurrent.flatten(0, 1), bias.flatten(), None, None


def _in_slots(weight: Tensor, slots: tuple[int, ...], units: int, padded: int) -> Tensor:
    """Rows of a weight, shape (len(slots) * units, columns), as (4, padded, columns); the others are zero."""
    columns = weight.shape[1]
    if len(slots) == SLOTS and units == padded:
        return weight.view(SLOTS, padded, columns)
    spread = torch.zeros(SLOTS, padded, columns)
    spread[list(slots), :units] = weight.view(len(slots), units, columns)
    return spread


def recurrence(
    kind: str,
    inputs: Tensor,
    input_weight: Tensor,
    recurrent_weight: Tensor,
    bias: Tensor,
    hidden: Tensor,
    cell: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Run a recurrent layer over a window.

    Parameters
    ----------
    kind : {"lstm", "gru"}
        Which.
    inputs : Tensor, shape (frames, streams, inputs)
        What the layer hears.
    input_weight, recurrent_weight : Tensor, shape (gates * units, inputs) and (gates * units, units)
        Gates in torch's order: i f g o; r z n.
    bias : Tensor, shape (4 * units,)
        LSTM: of the gates. GRU: of r, z and n, then of what the state adds to the candidate (torch's ``b_hn``).
    hidden, cell : Tensor, shape (streams, units)
        State before the window; a GRU passes its cell on unused.

    Returns
    -------
    (Tensor, Tensor, Tensor)
        Hidden states of shape (frames, streams, units), and the state after the window, detached. Differentiable once,
        in the inputs, weights and bias. float32 on the processor runs compiled, anything else through torch's layers.
    """
    if inputs.dtype == torch.float32 and inputs.device.type == "cpu":
        return _Window.apply(KINDS[kind], inputs, input_weight, recurrent_weight, bias, hidden, cell)  # type: ignore[no-any-return]
    own = bias[: input_weight.shape[0]]
    added = torch.zeros_like(own)
    if kind == "lstm":
        parameters = [input_weight, recurrent_weight, own, added]
        out, h, c = torch.lstm(inputs, [hidden[None], cell[None]], parameters, True, 1, 0.0, False, False, False)
        return out, h[0].detach(), c[0].detach()
    units = hidden.shape[1]
    added = torch.cat([added[: 2 * units], bias[3 * units :]])
    out, h = torch.gru(
        inputs, hidden[None], [input_weight, recurrent_weight, own, added], True, 1, 0.0, False, False, False
    )
    return out, h[0].detach(), cell
