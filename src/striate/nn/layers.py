"""The layers that torch lacks or has in another form, each exactly as its paper or the notes define it.

Every layer applies its row's activation last, so that a row's module returns the row's output. Tensors are NCHW,
or NU (image, unit) after a Dense.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate import equations
from striate.nn.convolve import convolve
from striate.tables import Activation, LRNConvention, Sides, Window


class ScaledTanh(nn.Module):
    """A tanh(S a), A = 1.7159, S = 2/3. Source: LeCun et al. 1998, appendix A."""

    def forward(self, a: Tensor) -> Tensor:
        return equations.SCALED_TANH_A * torch.tanh(equations.SCALED_TANH_S * a)


def activation_module(activation: Activation | None) -> nn.Module:
    """The module of an activation; softmax is left to the loss and the predictor, so the network gives logits."""
    match activation:
        case "relu":
            return nn.ReLU()
        case "tanh":
            return nn.Tanh()
        case "scaled_tanh":
            return ScaledTanh()
        case "softmax" | None:
            return nn.Identity()


def symmetric_or_edges(padding: Sides) -> tuple[tuple[int, int], tuple[int, ...]]:
    """Padding as torch's layers take it where both sides agree, else as F.pad does (left, right, top, bottom)."""
    (top, bottom), (left, right) = padding
    if top == bottom and left == right:
        return (top, left), ()
    return (0, 0), (left, right, top, bottom)


class Conv2D(nn.Conv2d):
    """A convolution with the padding of its window, also where the sides differ (SAME at stride 2, even kernels).

    (N, maps_in, H, W) to (N, maps, H', W'). torch's own "same" refuses strides and cannot be exported.
    """

    def __init__(
        self,
        maps_in: int,
        maps: int,
        window: Window,
        *,
        groups: int = 1,
        bias: bool = True,
        activation: Activation | None = None,
    ) -> None:
        padding, self.edges = symmetric_or_edges(window.padding)
        super().__init__(
            maps_in, maps, window.kernel, window.stride, padding, window.dilation, groups=groups, bias=bias
        )
        self.activation = activation_module(activation)

    def reset_parameters(self) -> None:
        """Nothing: `initialize` sets every weight of a network."""

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        if self.edges:
            maps_NCHW = F.pad(maps_NCHW, self.edges)
        window = (self.stride, self.padding, self.dilation)
        return self.activation(convolve(maps_NCHW, self.weight, self.bias, *window, self.groups))  # type: ignore[no-any-return, arg-type]


class SparseConv2D(nn.Module):
    """A convolution whose output maps each read some of the input maps; one kernel for each connection.

    (N, maps_in, H, W) to (N, maps, H', W'). The weight is (connections, height, width), in the order of the
    connection table. Source: LeCun et al. 1998, section II.B, table I.
    """

    sources: Tensor
    targets: Tensor
    fan_ins: Tensor

    def __init__(
        self,
        maps_in: int,
        connections: tuple[tuple[int, ...], ...],
        window: Window,
        *,
        bias: bool = True,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        pairs = [(source, target) for target, sources in enumerate(connections) for source in sources]
        sources, targets = zip(*pairs, strict=True)
        self.register_buffer("sources", torch.tensor(sources), persistent=False)
        self.register_buffer("targets", torch.tensor(targets), persistent=False)
        self.dense_shape = (len(connections), maps_in, *window.kernel)
        fan_ins = torch.tensor([len(inputs) * window.area for inputs in connections])
        self.register_buffer("fan_ins", fan_ins, persistent=False)
        self.weight = nn.Parameter(torch.empty(len(pairs), *window.kernel))
        self.bias = nn.Parameter(torch.empty(len(connections))) if bias else None
        self.stride, self.dilation = window.stride, window.dilation
        self.padding, self.edges = symmetric_or_edges(window.padding)
        self.activation = activation_module(activation)

    def dense_weight(self) -> Tensor:
        """The kernels as an ordinary convolution's weight (maps, maps_in, height, width), zero where unconnected."""
        return self.weight.new_zeros(self.dense_shape).index_put((self.targets, self.sources), self.weight)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        if self.edges:
            maps_NCHW = F.pad(maps_NCHW, self.edges)
        maps_NCHW = convolve(maps_NCHW, self.dense_weight(), self.bias, self.stride, self.padding, self.dilation)
        return self.activation(maps_NCHW)  # type: ignore[no-any-return]


class LocalResponseNorm(nn.Module):
    """b_i = a_i / (k + alpha * sum of a_j^2 over neighbouring maps)^beta, as any of three libraries means it.

    (N, maps, H, W), unchanged; in groups, each over its own maps. Computed in single precision at least: beside k = 2
    bfloat16 would lose what a neighbour adds. Source: Krizhevsky et al. 2012, section 3.3;
    `equations.lrn_reach`.
    """

    def __init__(
        self, size: int, alpha: float, beta: float, k: float, convention: LRNConvention, groups: int = 1
    ) -> None:
        super().__init__()
        self.before, self.after = equations.lrn_reach(size, convention)
        self.alpha = alpha / size if convention == "torch" else alpha
        self.beta, self.k, self.groups = beta, k, groups

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        wide_NCHW = maps_NCHW.to(torch.promote_types(maps_NCHW.dtype, torch.float32))
        parts = [self._normalized(part) for part in wide_NCHW.chunk(self.groups, dim=1)]
        return (parts[0] if self.groups == 1 else torch.cat(parts, dim=1)).to(maps_NCHW.dtype)

    def _normalized(self, maps_NCHW: Tensor) -> Tensor:
        maps = maps_NCHW.shape[1]
        before, after = (min(reach, maps - 1) for reach in (self.before, self.after))  # there are no neighbours beyond
        squares = F.pad(maps_NCHW.square(), (0, 0, 0, 0, before, after))
        total = squares.narrow(1, 0, maps)
        for offset in range(1, before + after + 1):
            total = total + squares.narrow(1, offset, maps)
        return maps_NCHW * (self.k + self.alpha * total) ** -self.beta

    def extra_repr(self) -> str:
        return f"maps={self.before}+1+{self.after}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class BatchNorm(nn.Module):
    """Batch normalization of maps (N, maps, H, W), or of units (N, units), then the row's activation.

    torch's own module stands inside, so that what converts it (`nn.SyncBatchNorm`) leaves the activation alone.
    """

    def __init__(
        self, shape: tuple[int, ...], *, epsilon: float, momentum: float, activation: Activation | None = None
    ) -> None:
        super().__init__()
        kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
        self.norm = kind(shape[0], eps=epsilon, momentum=momentum)
        self.activation = activation_module(activation)

    def forward(self, input: Tensor) -> Tensor:
        return self.activation(self.norm(input))  # type: ignore[no-any-return]


class Dense(nn.Linear):
    """A fully connected layer; maps (N, C, H, W) are flattened first, map by map, row by row. To (N, units)."""

    def __init__(self, inputs: int, units: int, *, bias: bool = True, activation: Activation | None = None) -> None:
        super().__init__(inputs, units, bias=bias)
        self.activation = activation_module(activation)

    def reset_parameters(self) -> None:
        """Nothing: `initialize` sets every weight of a network."""

    def forward(self, input: Tensor) -> Tensor:
        return self.activation(super().forward(input.flatten(1)))  # type: ignore[no-any-return]


class RBF(nn.Module):
    """Euclidean radial basis functions around fixed prototypes: (N, units) to logits (N, classes).

    Returns -y, y the squared distance of equation 7, so that as everywhere the likeliest class has the largest
    logit. softmax(-y) is then the posterior given that the picture is of one of the classes: equation 9 also
    trains a "rubbish" class, which has no logit here. Source: LeCun et al. 1998, section II.B.
    """

    prototypes: Tensor

    def __init__(self, prototypes: tuple[tuple[str, ...], ...]) -> None:
        super().__init__()
        cells = [[1.0 if cell == "#" else -1.0 for cell in "".join(picture)] for picture in prototypes]
        self.register_buffer("prototypes", torch.tensor(cells), persistent=False)

    def forward(self, units: Tensor) -> Tensor:
        return -(units.unsqueeze(1) - self.prototypes).square().sum(dim=2)


class Concat(nn.Module):
    """Depth concatenation of branches with the same input: (N, C, H, W) to (N, sum of maps, H', W')."""

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        return torch.cat([branch(maps_NCHW) for branch in self.children()], dim=1)


class Add(nn.Module):
    """A shortcut: body(x) + shortcut(x), then the activation. An empty shortcut is the identity."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, *, activation: Activation | None = None) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut
        self.activation = activation_module(activation)

    def forward(self, input: Tensor) -> Tensor:
        return self.activation(self.body(input) + self.shortcut(input))  # type: ignore[no-any-return]
