"""One residual unit with its weights multiplied by a factor, beside the same convolutions without a shortcut.

A unit is relu(F(x) + x), F(x) = W2 relu(W1 x). With all weights 0 it is relu(x): x itself wherever x is not negative,
as it is after a ReLU; the plain block relu(F(x)) is 0 whatever x is. Source: He et al. 2016, equation 1 and figure 2;
options A, B and C where the size changes are of section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from striate.inspection.shortcuts import ShortcutFlow, UnitTensors, run_unit, unit_flow
from striate.nn import build, layers
from striate.tables import Add, Conv, He, Table, basic_unit

ShortcutOption = Literal["A", "B", "C"]
SHORTCUT_OPTIONS: tuple[ShortcutOption, ...] = ("A", "B", "C")
_INNER = 16
"""Maps between the two convolutions."""


@dataclass(frozen=True)
class BlockResult:
    """What a block makes of maps: `output_CHW`, and how it passes a gradient on.

    `difference` is the norm of output - input over that of the input, 0 if that is 0; `largest` the largest difference
    of two cells. The gradient is that of a random direction of norm 1 at the output, through a plain block 0 by the
    shortcut.
    """

    output_CHW: Tensor
    difference: float
    largest: float
    gradient: ShortcutFlow


@dataclass(frozen=True)
class SizeChange:
    """A unit that halves height and width and doubles the maps, its body's weights 0: what its shortcut passes on.

    `same` and `changed` are the shortcut's weights in a unit that keeps the maps, and in this one, without batch
    normalization's.
    """

    option: ShortcutOption
    output_CHW: Tensor
    same: int
    changed: int


def residual_block(maps_CHW: Tensor, weight: float, *, plain: bool = False, seed: int = 0) -> BlockResult:
    """What two 3x3 convolutions with a shortcut, or without, make of float32 maps (channels, height, width).

    He's initialization times `weight`, 16 maps between the convolutions, biases 0; the same seed gives a plain block
    the same weights.

        >>> maps = torch.rand(1, 8, 8)
        >>> torch.equal(residual_block(maps, 0.0).output_CHW, maps), residual_block(maps, 0.0, plain=True).difference
        (True, 1.0)
    """
    channels = maps_CHW.shape[0]
    body = (
        Conv("conv1", maps=_INNER, kernel=3, padding=1, activation="relu"),
        Conv("conv2", maps=channels, kernel=3, padding=1),
    )
    unit = _build_unit(maps_CHW, Add("unit", body=body, activation="relu"), weight, seed)
    x_NCHW = maps_CHW.unsqueeze(0).requires_grad_()
    tensors = run_unit(unit, x_NCHW)
    if plain:
        nothing = 0 * x_NCHW
        tensors = UnitTensors(x_NCHW, tensors.body, nothing, tensors.body + nothing)
    output_NCHW = unit.activation(tensors.sum)
    direction_NCHW = torch.randn(output_NCHW.shape, generator=torch.Generator().manual_seed(seed))
    direction_NCHW /= direction_NCHW.norm()
    at_sum, at_input = torch.autograd.grad(output_NCHW, [tensors.sum, x_NCHW], direction_NCHW, retain_graph=True)
    output_CHW = output_NCHW[0].detach()
    change_CHW, size = output_CHW - maps_CHW, maps_CHW.norm().item()
    return BlockResult(
        output_CHW,
        change_CHW.norm().item() / size if size else 0.0,
        change_CHW.abs().max().item(),
        unit_flow("unit", tensors, at_sum, at_input, identity=not plain),
    )


def chain_of_blocks(
    maps_CHW: Tensor, weight: float, blocks: int, *, plain: bool = False, seed: int = 0
) -> list[Tensor]:
    """The maps after each of so many blocks as of `residual_block`, one after the other, each with weights of its own.

    >>> [len(maps) for maps in chain_of_blocks(torch.rand(1, 8, 8), 0.5, 3)]
    [1, 1, 1]
    """
    outputs: list[Tensor] = []
    for number in range(blocks):
        maps_CHW = residual_block(maps_CHW, weight, plain=plain, seed=seed + number).output_CHW
        outputs.append(maps_CHW)
    return outputs


def size_change(maps_CHW: Tensor, option: ShortcutOption, *, seed: int = 0) -> SizeChange:
    """What the shortcut of a unit passes on where the size halves and the maps double, in evaluation mode at
    initialization: with its body's weights 0 the unit is relu(s(x)).

    >>> size_change(torch.rand(2, 8, 8), "A").output_CHW.shape, size_change(torch.rand(2, 8, 8), "B").changed
    (torch.Size([4, 4, 4]), 8)
    """
    channels = maps_CHW.shape[0]
    row = basic_unit("unit", channels, 2 * channels, stride=2, option=option)
    unit = _build_unit(maps_CHW, row, 0.0, seed)
    same = basic_unit("unit", channels, channels, option=option)
    with torch.no_grad():
        output_CHW = unit.eval()(maps_CHW.unsqueeze(0))[0]
    return SizeChange(option, output_CHW, _shortcut_weights(same, channels), _shortcut_weights(row, channels))


def _build_unit(maps_CHW: Tensor, row: Add, weight: float, seed: int) -> layers.Add:
    """The module of a unit over such maps, by He's initialization, the weights of its body's convolutions times
    `weight`."""
    channels, height, width = maps_CHW.shape
    table = Table("unit", source="", input=(channels, height, width), rows=(row,), initialization=He())
    unit = build(table, seed=seed).get_submodule(row.name)
    assert isinstance(unit, layers.Add)
    for module in unit.body.modules():
        if isinstance(module, layers.Conv2D):
            module.weight.data.mul_(weight)
    return unit


def _shortcut_weights(row: Add, channels: int) -> int:
    return sum(conv.kernels(channels) for conv in row.shortcut if isinstance(conv, Conv))  # of 1x1
