"""SGD and AdamW: torch's own functions over a network's parameters, without the class `torch.optim.Optimizer`.

That class imports torch's compiler at its first use, which takes two seconds of every start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from striate.tables import SGD, AdamW, Recipe

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # torch's defaults for AdamW


@dataclass
class ParameterGroup:
    """Parameters with one weight decay, and their moments: for SGD the momentum, for AdamW the two moments."""

    parameters: list[nn.Parameter]
    weight_decay: float
    moments: list[list[Tensor]]
    steps: list[Tensor] = field(default_factory=list)  # AdamW's step counts, one tensor for each parameter

    def with_gradients(self) -> list[int]:
        """The indices of the parameters that have a gradient."""
        return [index for index, parameter in enumerate(self.parameters) if parameter.grad is not None]


class Optimizer:
    """The recipe's optimizer over a network's parameters; the learning rate is given at each step.

    With `decayed="weights"` weight decay acts on parameters of two dimensions or more: not on biases and batch
    normalization.

    >>> from striate.nn import build
    >>> from striate.tables import load_table
    >>> network = build("lenet5", seed=0)
    >>> [len(group.parameters) for group in Optimizer(network, load_table("lenet5").recipe).groups]
    [4, 8]
    """

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        self.kind = recipe.optimizer
        parameters = list(network.parameters())
        weights, others = [p for p in parameters if p.dim() > 1], [p for p in parameters if p.dim() <= 1]
        decay_of_others = recipe.weight_decay if recipe.decayed == "all" else 0.0
        self.groups = [self._group(weights, recipe.weight_decay), self._group(others, decay_of_others)]

    def _group(self, parameters: list[nn.Parameter], weight_decay: float) -> ParameterGroup:
        count = 2 if isinstance(self.kind, AdamW) else 1
        moments = [[torch.zeros_like(parameter) for parameter in parameters] for _ in range(count)]
        steps = [torch.zeros((), device=parameter.device) for parameter in parameters]
        return ParameterGroup(parameters, weight_decay, moments, steps)

    def zero_grad(self) -> None:
        """Set all gradients to None."""
        for group in self.groups:
            for parameter in group.parameters:
                parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float, *, unless: Tensor | None = None) -> None:
        """Update the parameters that have a gradient; none where `unless`, a number on their device, is 1."""
        for group in self.groups:
            if indices := group.with_gradients():
                _update(self.kind, group, indices, learning_rate, unless)

    def state_dict(self) -> dict[str, Any]:
        """The moments and step counts, for a checkpoint."""
        return {"groups": [{"moments": group.moments, "steps": group.steps} for group in self.groups]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the moments and step counts of a checkpoint. ValueError if they are of other parameters."""
        with torch.no_grad():
            for group, saved in zip(self.groups, state["groups"], strict=True):
                _copy([*group.moments, group.steps], [*saved["moments"], saved["steps"]])


def _update(
    kind: SGD | AdamW, group: ParameterGroup, indices: Sequence[int], learning_rate: float, unless: Tensor | None
) -> None:
    parameters: list[Tensor] = [group.parameters[index] for index in indices]
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    moments = [[moment[index] for index in indices] for moment in group.moments]
    match kind:
        case SGD(momentum=momentum, nesterov=nesterov):
            sgd(
                parameters, gradients, [*moments[0]], fused=True, weight_decay=group.weight_decay, momentum=momentum,
                lr=learning_rate, dampening=0.0, nesterov=nesterov, maximize=False,
                found_inf=unless,
            )  # fmt: skip
        case AdamW():
            adamw(
                parameters, gradients, moments[0], moments[1], [], [group.steps[index] for index in indices],
                fused=True, amsgrad=False, beta1=_BETA1, beta2=_BETA2, lr=learning_rate,
                weight_decay=group.weight_decay, eps=_EPSILON, maximize=False, found_inf=unless,
            )  # fmt: skip
        case _:
            assert_never(kind)


def _copy(targets: Sequence[Sequence[Tensor]], sources: Sequence[Sequence[Tensor]]) -> None:
    for some_targets, some_sources in zip(targets, sources, strict=True):
        for target, source in zip(some_targets, some_sources, strict=True):
            target.copy_(source)
