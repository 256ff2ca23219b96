"""Measurements: small networks built from tables, at initialization.

Everything is computed in double precision, for several seeds where a figure depends on them, and printed with few
digits (`about`, `spread`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import floor, log10
from statistics import geometric_mean

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data import load_named, validation_batches
from striate.nn import Conv2D, build
from striate.tables import Add, BatchNorm, Conv, Gaussian, He, Initialization, Row, Table, load_table
from striate.tables.resnet import basic_unit

SEED = 0
SEEDS = range(16)
NEAR_ZERO = Gaussian(std=0.01)
IMAGES = 8
_UNIT_MAPS, _UNIT_SIZE = 16, 16


def about(number: float) -> str:
    """A measured number in stable digits: two significant digits, or its power of ten if it is far from 1.

    >>> about(0.3854), about(14.9), about(2246.7), about(7e-51)
    ('0.39', '15', '2,200', '10<sup>-50</sup>')
    """
    if number and not 0.01 <= abs(number) < 1e6:
        return f"10<sup>{floor(log10(abs(number)) + 0.5)}</sup>"
    return f"{float(f'{number:.2g}'):,.0f}" if abs(number) >= 100 else f"{number:.2g}"


def spread(numbers: Sequence[float]) -> str:
    """The geometric mean of numbers above 0, one for each seed, and their range; once if all print the same.

    >>> spread([0.5, 2.0, 8.0]), spread([7e-51, 8e-51])
    ('2 (0.5 to 8)', '10<sup>-50</sup>')
    """
    mean, least, most = (about(number) for number in (geometric_mean(numbers), min(numbers), max(numbers)))
    return mean if least == most else f"{mean} ({least} to {most})"


def without_batch_norm(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The same rows without batch normalization; the convolution before it gets its activation."""
    kept: list[Row] = []
    for row in rows:
        match row:
            case BatchNorm(activation=activation) if isinstance(kept[-1], Conv):
                kept[-1] = replace(kept[-1], activation=activation)
            case Add(body=body, shortcut=shortcut):
                kept.append(replace(row, body=without_batch_norm(body), shortcut=without_batch_norm(shortcut)))
            case _:
                kept.append(row)
    return tuple(kept)


def random_normal(*shape: int, seed: int = SEED) -> Tensor:
    """Random numbers from the normal distribution, the same in every run."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network(table: Table, seed: int = SEED) -> nn.Module:
    """The table built with the initial weights of a seed, in double precision."""
    return build(table, seed=seed).double()


@dataclass(frozen=True)
class Gradients:
    """One backward pass: norms of the gradient by each 3x3 convolution's output and by its weights, first to last."""

    by_output: tuple[float, ...]
    by_weights: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The first convolution's norm over the last's, by output: below 1 the gradient shrinks towards the input."""
        return self.by_output[0] / self.by_output[-1]

    @property
    def weights_ratio(self) -> float:
        """The same by weights."""
        return self.by_weights[0] / self.by_weights[-1]


def gradients(name: str, initialization: Initialization, *, batch_norm: bool, seed: int) -> Gradients:
    """Norms of the gradient in a network for 32x32 pictures, on a batch of random pictures with labels in turn."""
    table = load_table(name)
    rows = table.rows if batch_norm else without_batch_norm(table.rows)
    net = network(replace(table, rows=rows, initialization=initialization, expected=None), seed).train()
    convolutions = [module for module in net.modules() if isinstance(module, Conv2D)]
    outputs: list[Tensor] = []

    def keep(_module: nn.Module, _input: tuple[Tensor, ...], output: Tensor) -> None:
        outputs.append(output)

    for convolution in convolutions:
        convolution.register_forward_hook(keep)
    loss = F.cross_entropy(net(random_normal(IMAGES, *table.input, seed=seed)), torch.arange(IMAGES) % table.classes)
    weights = [convolution.weight for convolution in convolutions]
    norms = [gradient.norm().item() for gradient in torch.autograd.grad(loss, [*outputs, *weights])]
    return Gradients(tuple(norms[: len(outputs)]), tuple(norms[len(outputs) :]))


@dataclass(frozen=True)
class Unit:
    """Two 3x3 convolutions on 16 maps: the norm of the output without a shortcut, and of output minus input with one.

    Both are relative to the norm of the input, one for each seed.
    """

    plain_output: tuple[float, ...]
    residual_change: tuple[float, ...]


@cache
def unit(initialization: Initialization, *, batch_norm: bool) -> Unit:
    """A unit of ResNet-20's first stage at initialization, on an input after a ReLU."""
    changes = [_unit(initialization, batch_norm, seed) for seed in SEEDS]
    return Unit(*zip(*changes, strict=True))


def _unit(initialization: Initialization, batch_norm: bool, seed: int) -> tuple[float, float]:
    residual = basic_unit("unit", _UNIT_MAPS, _UNIT_MAPS)
    if not batch_norm:
        residual = replace(residual, body=without_batch_norm(residual.body))
    last = residual.body[-1]
    assert isinstance(last, Conv | BatchNorm)
    plain = (*residual.body[:-1], replace(last, activation="relu"))
    shape = (_UNIT_MAPS, _UNIT_SIZE, _UNIT_SIZE)
    x = random_normal(IMAGES, *shape, seed=seed).relu()
    outputs = [
        network(Table("unit", shape, rows, initialization=initialization), seed)(x) for rows in (plain, (residual,))
    ]
    return _share(outputs[0], x), _share(outputs[1] - x, x)


def identity_path() -> float:
    """The relative difference of a residual unit's gradient from (gradient through the body) + (incoming gradient).

    The activation of the sum is omitted: it would multiply both.
    """
    residual = replace(basic_unit("unit", _UNIT_MAPS, _UNIT_MAPS), activation=None)
    shape = (_UNIT_MAPS, _UNIT_SIZE, _UNIT_SIZE)
    x, incoming = random_normal(IMAGES, *shape), random_normal(IMAGES, *shape).flip(0)
    both, body = (
        _pulled_back(network(Table("unit", shape, rows, initialization=He())), x, incoming)
        for rows in ((residual,), residual.body)
    )
    return _share(both - body - incoming, both)


def _pulled_back(net: nn.Module, x: Tensor, incoming: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(net(x), x, incoming)[0]


def add_is_sum() -> bool:
    """Whether a residual unit gives exactly relu(body(x) + x)."""
    shape = (_UNIT_MAPS, _UNIT_SIZE, _UNIT_SIZE)
    x = random_normal(IMAGES, *shape)
    net = network(Table("unit", shape, (basic_unit("unit", _UNIT_MAPS, _UNIT_MAPS),), initialization=He()))
    body = net.get_submodule("unit.body")
    return torch.equal(net(x), (body(x) + x).relu())


@cache
def shift(pixels: int) -> dict[str, tuple[float, ...]]:
    """For each seed the changes of `_shift`."""
    table = load_table("lenet5:modern")
    images = next(validation_batches(load_named("digits").validation, table))[:64].double()
    changes = [_shift(table, images, pixels, seed) for seed in SEEDS]
    return {name: tuple(change[name] for change in changes) for name in changes[0]}


def _shift(table: Table, images: Tensor, pixels: int, seed: int) -> dict[str, float]:
    """The relative change of C1's maps, and of maps computed from them, when 64 validation digits are shifted right.

    Each is the norm of the difference over the norm. "moved along" is the remaining difference of the pooled maps
    after these are shifted by pixels / 2 cells, without the border.
    """
    moved = images.roll(pixels, dims=3)
    net = network(table, seed)
    max_pooling = net.get_submodule("S2")
    stages: dict[str, Callable[[Tensor], Tensor]] = {
        "convolution": lambda maps: maps,
        "every second value": lambda maps: maps[:, :, ::2, ::2],
        "average pooling": lambda maps: F.avg_pool2d(maps, 2),
        "max pooling": max_pooling,
    }
    with torch.no_grad():
        before, after = (net.get_submodule("C1")(pictures) for pictures in (images, moved))
        changes = {name: _share(stage(after) - stage(before), stage(before)) for name, stage in stages.items()}
        cells = pixels // 2
        pooled, pooled_moved = max_pooling(before), max_pooling(after)
        changes["moved along"] = _share(pooled_moved[..., cells:] - pooled[..., : -cells or None], pooled)
    return changes


def _share(part: Tensor, whole: Tensor) -> float:
    return float(part.detach().norm() / whole.detach().norm())
