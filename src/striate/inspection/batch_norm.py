"""The statistics of batch normalization in a network that was never trained."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from striate.nn import Network, device_of


def batch_norms(network: Network) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
    """The batch normalizations of a network, in order."""
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]


def update_batch_norms(network: Network, batches: Iterable[Tensor]) -> None:
    """Give an untrained network's batch normalizations the mean and variance of these normalized images.

    Each takes the mean over all batches (N, channels, height, width); without it, it would return its input. Unlike
    by `torch.optim.swa_utils.update_bn`, dropout stays off. The network is in evaluation mode afterwards.
    """
    network.eval()
    norms = batch_norms(network)
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train()
        norm.momentum = None  # the mean over all batches
    with torch.no_grad():
        for images_NCHW in batches:
            network(images_NCHW.to(device_of(network)))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
