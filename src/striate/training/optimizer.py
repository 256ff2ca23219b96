"""SGD and AdamW: torch's own functions over a network's parameters, without the class `torch.optim.Optimizer`.

That class imports torch's compiler at its first use: two seconds of every start, to no use where nothing is compiled.
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

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # AdamW's usual ones, torch's defaults


@dataclass
class Group:
    """Parameters that decay alike, and what is remembered of their gradients: one tensor each, for AdamW two."""

    parameters: list[nn.Parameter]
    weight_decay: float
    moments: list[list[Tensor]]
    steps: list[Tensor] = field(default_factory=list)  # AdamW's count of its steps, as torch wants it

    def with_gradients(self) -> list[int]:
        """The places of the parameters that have a gradient."""
        return [place for place, parameter in enumerate(self.parameters) if parameter.grad is not None]


class Optimizer:
    """The recipe's optimizer over a network's parameters; the learning rate is given at each step.

    By `decayed="weights"` weight decay acts on parameters of two dimensions and more: not on biases and batch
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
        of_others = recipe.weight_decay if recipe.decayed == "all" else 0.0
        self.groups = [self._group(weights, recipe.weight_decay), self._group(others, of_others)]

    def _group(self, parameters: list[nn.Parameter], weight_decay: float) -> Group:
        kept = 2 if isinstance(self.kind, AdamW) else 1
        moments = [[torch.zeros_like(parameter) for parameter in parameters] for _ in range(kept)]
        return Group(parameters, weight_decay, moments, [torch.zeros((), device=p.device) for p in parameters])

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for group in self.groups:
            for parameter in group.parameters:
                parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the parameters that have a gradient, at this learning rate."""
        for group in self.groups:
            if places := group.with_gradients():
                _step(self.kind, group, places, rate)

    def state_dict(self) -> dict[str, Any]:
        """What is remembered of the gradients, for a checkpoint."""
        return {"groups": [{"moments": group.moments, "steps": group.steps} for group in self.groups]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Remember what the checkpoint did."""
        with torch.no_grad():
            for group, saved in zip(self.groups, state["groups"], strict=True):
                _copy([*group.moments, group.steps], [*saved["moments"], saved["steps"]])


def _step(kind: SGD | AdamW, group: Group, places: Sequence[int], rate: float) -> None:
    parameters: list[Tensor] = [group.parameters[place] for place in places]
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    moments = [[kept[place] for place in places] for kept in group.moments]
    match kind:
        case SGD(momentum=momentum, nesterov=nesterov):
            sgd(
                parameters, gradients, [*moments[0]], fused=True, weight_decay=group.weight_decay, momentum=momentum,
                lr=rate, dampening=0.0, nesterov=nesterov, maximize=False,
            )  # fmt: skip
        case AdamW():
            adamw(
                parameters, gradients, moments[0], moments[1], [], [group.steps[place] for place in places],
                fused=True, amsgrad=False, beta1=_BETA1, beta2=_BETA2, lr=rate, weight_decay=group.weight_decay,
                eps=_EPSILON, maximize=False,
            )  # fmt: skip
        case _:
            assert_never(kind)


def _copy(to: Sequence[Sequence[Tensor]], those: Sequence[Sequence[Tensor]]) -> None:
    for tensors, saved in zip(to, those, strict=True):
        for tensor, kept in zip(tensors, saved, strict=True):
            tensor.copy_(kept)
