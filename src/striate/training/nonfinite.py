"""Where a number stopped being finite: asked once, after a step has gone wrong."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from striate.nn import Network


def first_nonfinite(network: Network, images_NCHW: Tensor) -> str:
    """The first row whose output is not finite for this batch, else the last one whose gradient is not; in words."""
    faults: list[str] = []

    def watch(path: str) -> None:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            if not output.isfinite().all():
                faults.append(path)

        handles.append(network.get_submodule(path).register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    try:
        for step in network.plan.flat:
            watch(step.path)
        with torch.no_grad():
            network(images_NCHW)
    finally:
        for handle in handles:
            handle.remove()
    if faults:
        return f"the output of row {faults[0]} is not finite first"
    for name, parameter in reversed(list(network.named_parameters())):  # the way back begins at the output
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            return f"the gradient of {name} is not finite first"
    return "the loss itself is not finite first"
