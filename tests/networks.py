"""The networks that tests run over: all where counting is enough, the small ones elsewhere.

`benchmarks/every_network.py` runs the rest through the same checks.
"""

import torch

from striate.analysis import total_cost
from striate.nn import build
from striate.tables import ARCHITECTURES
from striate.training import eval_loss, total_loss

SMALL = [name for name, table in ARCHITECTURES.items() if total_cost(table.plan()).macs < 30e6]
"""At least one network of every family."""


def images(table, number=2):
    """Noise as a table's network takes it (number, channels, height, width)."""
    return torch.randn(number, *table.input, generator=torch.Generator().manual_seed(0))


def learn_one_batch(table, number=4, steps=5, learning_rate=1e-3):
    """Losses on one batch of noise before each of some steps, and after the last."""
    network, loss = build(table, seed=0), eval_loss(table.recipe)
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate)
    x = images(table, number)
    weights, labels, losses = [head.weight for head in table.heads], torch.arange(number), []
    for _step in range(steps + 1):
        torch.manual_seed(0)  # the same units drop out
        loss_now, *_ = total_loss(loss, network(x), labels, weights)
        losses.append(loss_now.item())
        optimizer.zero_grad()
        loss_now.backward()
        optimizer.step()
    return losses


def with_statistics(network):
    """The network with drawn biases, and running statistics of batch normalization that are not 0 and 1."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            module.running_mean.normal_(generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            torch.nn.init.uniform_(module.weight, 0.5, 2, generator=generator)
        if isinstance(bias := getattr(module, "bias", None), torch.nn.Parameter):
            torch.nn.init.normal_(bias, generator=generator)
    return network
