"""A WaveNet over a window of several streams, as one differentiable operation."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from .wavenet_plan import WindowPlan


class WaveNetWindow(Function):
    """``apply(plan, inputs, memory, *parameters)``: sound before the head's scale, and the memory after the window."""

    @staticmethod
    def forward(ctx: Any, plan: WindowPlan, inputs: Tensor, memory: Tensor, *parameters: Tensor) -> Any:  # type: ignore[override]
        """Run the window; what the way back needs stays in the arena."""
        work, new_memory = plan.take(), torch.empty_like(memory)
        plan.work.view(work, plan.inputs, inputs.shape[1], plan.frames).copy_(inputs)
        plan.run(plan.forward_jobs, (work, memory, new_memory, None, *parameters))
        sound = plan.work.view(work, plan.output, 1, plan.frames)[:, 0].clone()
        ctx.mark_non_differentiable(new_memory)
        ctx.plan, ctx.work = plan, None
        if any(ctx.needs_input_grad):
            ctx.work = work
            ctx.save_for_backward(*parameters)
        else:
            plan.give_back(work)
        return sound, new_memory

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, heard: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Give the slopes of the parameters; memory and inputs have none."""
        plan, parameters = ctx.plan, ctx.saved_tensors
        slopes = [torch.empty_like(parameter) for parameter in parameters]
        plan.back.view(plan.back_memory, plan.heard, 1, plan.frames)[:, 0] = heard
        plan.run(plan.backward_jobs, (ctx.work, None, None, plan.back_memory, *parameters, *slopes))
        plan.give_back(ctx.work)
        ctx.work = None
        return None, None, None, *slopes
