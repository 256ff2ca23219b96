"""Where a number stopped being finite: searched once, after a step has failed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from striate.nn import Network


def first_nonfinite(network: Network, images_NCHW: Tensor) -> str:
    """In words, the first row whose output is not finite for a batch, else the last parameter whose gradient is not."""
    nonfinite: list[str] = []

    def check_output(path: str) -> None:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            if not output.isfinite().all():
                nonfinite.append(path)

        handles.append(network.get_submodule(path).register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    try:
        for step in network.plan.flat:
            check_output(step.path)
        with torch.no_grad():
            network(images_NCHW)
    finally:
        for handle in handles:
            handle.remove()
    if nonfinite:
        return f"the output of row {nonfinite[0]} is not finite first"
    for name, parameter in reversed(list(network.named_parameters())):  # the backward pass begins at the output
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            return f"the gradient of {name} is not finite first"
    return "the loss itself is not finite first"
