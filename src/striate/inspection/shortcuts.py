"""The gradient through the two paths of each residual unit: its shortcut, and its convolutions.

A unit is y = relu(F(x) + s(x)), so that dE/dx = F'(x)^T g + s'(x)^T g, where g is the gradient at the sum. The second
term is g itself where the shortcut is the identity: no weight multiplies it. Source: He et al. 2016, equation 1.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.nn import Network, device_of, layers
from striate.runtime import Device
from striate.tables import Add
from striate.training import eval_loss


@dataclass(frozen=True)
class ShortcutFlow:
    """Norms of the loss's gradient in a residual unit: at its sum; at its input by each path, and of both together.

    `identity`: the shortcut is the identity; else it strides, pads with zeros, or projects. `together` is the norm of
    the sum of both gradients, not the sum of their norms: gradients in opposite directions cancel.
    """

    path: str
    identity: bool
    at_sum: float
    shortcut: float
    body: float
    together: float


@dataclass(frozen=True)
class UnitTensors:
    """A unit's input, the outputs of its two paths, and their sum, with the graph between them."""

    input: Tensor
    body: Tensor
    shortcut: Tensor
    sum: Tensor


def shortcut_flow(network: Network, images_NCHW: Tensor, labels: Tensor) -> tuple[ShortcutFlow, ...]:
    """The gradient at the input of each residual unit of the table's top level, by its two paths.

    The gradient is of the table's loss for normalized images (N, channels, height, width) and labels (N,), in training
    mode, with the batch's own statistics in batch normalization. A copy of the network is used. StriateError if there
    is no residual unit.

        >>> from striate.nn import build
        >>> network = build("resnet18:tiny", seed=0)
        >>> [unit.path for unit in shortcut_flow(network, torch.randn(4, 3, 64, 64), torch.arange(4))]
        ['conv2_1', 'conv3_1', 'conv4_1', 'conv5_1']
    """
    table = network.table
    units = [row for row in table.rows if isinstance(row, Add)]
    if not units:
        raise StriateError(f"table {table.name}: has no residual unit (a row Add at its top level)")
    copied = copy.deepcopy(network).train()
    for parameter in copied.parameters():
        parameter.requires_grad_(False)
    units_tensors = []
    device = Device(device_of(network), "float32")
    x = images_NCHW.detach().to(device.device).requires_grad_()
    with torch.random.fork_rng(devices=[]):
        device.manual_seed(0)  # for dropout
        for row in table.rows:
            module = copied.get_submodule(row.name)
            if isinstance(module, layers.Add):
                units_tensors.append(run_unit(module, x))
                x = module.activation(units_tensors[-1].sum)
            else:
                x = module(x)
    loss = eval_loss(table.recipe)(x, labels.to(device.device))
    inputs = [tensor for tensors in units_tensors for tensor in (tensors.sum, tensors.input)]
    gradients = torch.autograd.grad(loss, inputs, retain_graph=True)
    return tuple(
        unit_flow(row.name, tensors, at_sum, at_input, identity=not row.shortcut)
        for row, tensors, at_sum, at_input in zip(units, units_tensors, gradients[::2], gradients[1::2], strict=True)
    )


def run_unit(unit: layers.Add, x: Tensor) -> UnitTensors:
    """A unit up to its sum."""
    body, shortcut = unit.body(x), unit.shortcut(x)
    return UnitTensors(x, body, shortcut, body + shortcut)


def unit_flow(path: str, tensors: UnitTensors, at_sum: Tensor, at_input: Tensor, *, identity: bool) -> ShortcutFlow:
    """The norms in a unit for the gradients at its sum and at its input."""
    body, shortcut = (
        torch.autograd.grad(part, tensors.input, at_sum, retain_graph=True)[0].norm().item()
        for part in (tensors.body, tensors.shortcut)
    )
    return ShortcutFlow(path, identity, at_sum.norm().item(), shortcut, body, at_input.norm().item())
