"""The mean of the weights over the steps, which is evaluated and saved where a recipe has one (`Recipe.ema`)."""

from __future__ import annotations

from itertools import chain

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def make_average(network: nn.Module, decay: float) -> AveragedModel:
    """The exponential mean of a network's parameters and buffers, which begins with those of the first update."""
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=average, use_buffers=True)


@torch.no_grad()
def update_average(average: AveragedModel, network: nn.Module) -> None:
    """`average.update_parameters(network)`, which would copy its count of updates to a device, and wait for it."""
    if average.n_averaged == 0:
        average.update_parameters(network)
        return
    pairs = zip(
        chain(average.module.parameters(), average.module.buffers()),
        chain(network.parameters(), network.buffers()),
        strict=True,
    )
    by_kind: dict[torch.dtype, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}
    for mean, value in pairs:
        means, values = by_kind.setdefault(mean.dtype, ([], []))
        means.append(mean)
        values.append(value)
    for means, values in by_kind.values():
        average.multi_avg_fn(means, values, 0)  # type: ignore[misc]
    average.n_averaged += 1
