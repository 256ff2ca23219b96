"""The gradient on its way from the loss to the input, with switches: depth, shortcut, initialization, normalization.

Measured is the norm of the loss's gradient by the maps between the layers, not by the weights: without normalization
the weights' gradient is the same size in every layer even where the maps' gradient vanishes, for it is the product of
what comes from the input and what comes from the loss. Sources: Glorot and Bengio 2010, section 4.2 and figure 7; He et
al. 2015, section 2.2, "Backward Propagation Case".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.errors import StriateError
from striate.inspection.gradient_flow import GRADIENT_IMAGES, layer_depths, random_loss
from striate.nn import build
from striate.tables import Add, BatchNorm, Conv, Gaussian, He, Initialization, Plan, Row, Table, Xavier, as_plan, cifar

BenchInitialization = Literal["he", "glorot", "small", "large", "huge"]
BENCH_INITIALIZATIONS: dict[BenchInitialization, Initialization] = {
    "he": He(),
    "glorot": Xavier(),
    "small": Gaussian(std=0.01),
    "large": Gaussian(std=0.1),
    "huge": Gaussian(std=0.2),
}
"""Normal with variance 2 / fan-in; uniform with variance 1 / fan-in, which is Glorot's where a layer has as many maps
in as out; normal with a standard deviation of 0.01, 0.1, 0.2."""
BENCH_DEPTHS = (8, 14, 20, 32, 44, 56)
"""6n + 2, as of He et al. 2016, section 4.2."""
BENCH_SEEDS = 3
SMALLEST_FLOAT32 = 2.0**-149
"""What is less than half of it is 0 in float32, in which networks are trained."""
_INPUT = (3, 16, 16)
_ROUGHLY, _FAR = 1e2, 1e4

Course = Literal["vanishes", "shrinks", "keeps", "grows", "explodes"]


@dataclass(frozen=True, kw_only=True)
class BenchSetting:
    """A network of He et al. 2016, section 4.2, by its switches, on small pictures.

    Without batch normalization each convolution has a bias and is followed by its activation.

        >>> BenchSetting(depth=56, shortcut=False, initialization="small", batch_norm=False).table().name
        'plain56, small, no batch normalization'
    """

    depth: int = 56
    shortcut: bool = True
    initialization: BenchInitialization = "he"
    batch_norm: bool = True

    def __post_init__(self) -> None:
        if self.depth not in BENCH_DEPTHS:
            raise StriateError(f"depth: expected one of {', '.join(map(str, BENCH_DEPTHS))}, got {self.depth}")
        if self.initialization not in BENCH_INITIALIZATIONS:
            names = ", ".join(BENCH_INITIALIZATIONS)
            raise StriateError(f"initialization: expected one of {names}, got {self.initialization!r}")

    def table(self) -> Table:
        """The network's table."""
        base = cifar(self.depth, "A" if self.shortcut else None)
        normalized = "" if self.batch_norm else ", no batch normalization"
        return replace(
            base,
            name=f"{base.name}, {self.initialization}{normalized}",
            input=_INPUT,
            rows=base.rows if self.batch_norm else without_batch_norm(base.rows),
            initialization=BENCH_INITIALIZATIONS[self.initialization],
        )


@dataclass(frozen=True)
class GradientCourse:
    """The norm of the loss's gradient by the maps after each row of a table's top level, by several seeds.

    `depths` (P,) counts the layers from the input up to there; `gradients` is (seeds, P), in double precision.
    """

    plan: Plan
    paths: tuple[str, ...]
    depths: tuple[int, ...]
    gradients: NDArray[np.float64]

    @property
    def ratios(self) -> NDArray[np.float64]:
        """The gradient at the first maps divided by that at the last, for each seed."""
        return self.gradients[:, 0] / self.gradients[:, -1]

    @property
    def course(self) -> Course:
        """What becomes of the gradient on its way to the input, by the median of `ratios`: within a factor of 100 it
        roughly keeps its size, beyond 10,000 it vanishes or explodes."""
        ratio = float(np.median(self.ratios))
        if 1 / _ROUGHLY <= ratio <= _ROUGHLY:
            return "keeps"
        if ratio < 1:
            return "vanishes" if ratio < 1 / _FAR else "shrinks"
        return "explodes" if ratio > _FAR else "grows"


def gradient_course(
    network: Plan | Table | str, *, seeds: Sequence[int] = range(BENCH_SEEDS), images: int = GRADIENT_IMAGES
) -> GradientCourse:
    """The gradient of the table's loss by the maps after its convolutions and units, in training mode, at
    initialization.

    Batch and labels as of `gradient_flow`; another network and another batch for each seed. In double precision, so
    that what float32 would make 0 can still be compared.

        >>> gradient_course(BenchSetting(depth=8).table(), seeds=[0]).depths
        (1, 3, 5, 7)
    """
    plan = as_plan(network)
    places = _places(plan)
    gradients = np.array([_gradients(plan, list(places), seed, images) for seed in seeds])
    return GradientCourse(plan, tuple(places), tuple(places.values()), gradients)


def without_batch_norm(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """These rows, and those inside units, without batch normalization: the convolution before it has its activation.

    >>> without_batch_norm((Conv("conv", maps=1, kernel=1, bias=False), BatchNorm("bn", activation="relu")))
    (Conv(name='conv', maps=1, kernel=1, stride=1, padding='valid', dilation=1, groups=1, connections=None, bias=True, \
activation='relu'),)
    """
    kept: list[Row] = []
    for row in rows:
        match row:
            case BatchNorm(activation=activation) if kept and isinstance(before := kept[-1], Conv):
                kept[-1] = replace(before, bias=True, activation=activation)
            case Add(body=body, shortcut=shortcut):
                kept.append(replace(row, body=without_batch_norm(body), shortcut=without_batch_norm(shortcut)))
            case _:
                kept.append(row)
    return tuple(kept)


def _places(plan: Plan) -> dict[str, int]:
    """The rows of the top level after which the gradient is measured, with the layers up to there: of a convolution and
    its normalization the second."""
    depths = layer_depths(plan)
    places: dict[int, str] = {}
    depth = 0
    for row in plan.table.rows:
        inside = [one for path, one in depths.items() if path.split(".")[0] == row.name]
        depth = max(inside, default=depth)
        if isinstance(row, Conv | Add | BatchNorm):
            places[depth] = row.name
    return {path: depth for depth, path in places.items()}


def _gradients(plan: Plan, paths: Sequence[str], seed: int, images: int) -> list[float]:
    """The norms at these rows' outputs."""
    network = build(plan, seed=seed).double().train()
    outputs: dict[str, Tensor] = {}
    hooks = [network.get_submodule(path).register_forward_hook(partial(_keep, outputs, path)) for path in paths]
    try:
        loss = random_loss(network, images, seed)
    finally:
        for hook in hooks:
            hook.remove()
    gradients = torch.autograd.grad(loss, [outputs[path] for path in paths])
    return [gradient.norm().item() for gradient in gradients]


def _keep(outputs: dict[str, Tensor], path: str, _module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> None:
    outputs[path] = output
