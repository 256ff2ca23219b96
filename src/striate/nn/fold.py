"""A trained network made one of fewer rows that gives the same logits: what every engine runs.

Folding happens here and nowhere else, as one table made another. Each step is exact up to rounding:

- batch normalization is scaled into the convolution or fully connected row before it;
- a convolution with a connection table becomes an ordinary one, with zeros where there is no connection;
- LeNet-5's subsampling becomes a convolution of each map by itself, whose cells are all the coefficient;
- dropout and auxiliary heads, which act in training only, are gone.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from striate.nn.layers import SparseConv2D
from striate.nn.network import Network
from striate.tables import Add, BatchNorm, ByActivation, Concat, Conv, Dense, Dropout, Row, Subsample, pair

State = dict[str, Tensor]


def fold(network: Network) -> Network:
    """The folded network, on the CPU, in evaluation mode, with weights of its own; `network` stays as it is.

    >>> from striate.nn import build
    >>> resnet = build("resnet18:tiny")
    >>> len(list(resnet.modules())), len(list(fold(resnet).modules()))
    (70, 43)
    """
    state: State = {}
    rows = _chain(network, network.table.rows, "", state)
    table = replace(network.table, rows=rows, heads=(), towers=1, initialization=ByActivation(), expected=None)
    folded = Network(table.plan())
    folded.load_state_dict(state, assign=True)
    return folded.eval().requires_grad_(False)


def _chain(network: Network, rows: tuple[Row, ...], prefix: str, state: State) -> tuple[Row, ...]:
    """The rows folded; their weights go into `state` under the folded rows' names."""
    kept: list[Row] = []
    for row in rows:
        path = prefix + row.name
        before = kept[-1] if kept else None
        match row:
            case Dropout() if len(rows) > 1:
                pass
            case BatchNorm() if isinstance(before, Conv | Dense) and before.activation is None:
                _scale(network, path, prefix + before.name, state)
                kept[-1] = replace(before, bias=True, activation=row.activation)
            case Concat(branches=branches):
                inner = (
                    _chain(network, branch, f"{path}.branch{number}.", state)
                    for number, branch in enumerate(branches, 1)
                )
                kept.append(replace(row, branches=tuple(inner)))
            case Add(body=body, shortcut=shortcut):
                body = _chain(network, body, f"{path}.body.", state)
                kept.append(replace(row, body=body, shortcut=_chain(network, shortcut, f"{path}.shortcut.", state)))
            case _:  # right for any row: it is kept, and so are its weights
                kept.append(_row(network, row, path, state))
    return tuple(kept)


def _row(network: Network, row: Row, path: str, state: State) -> Row:
    module = network.get_submodule(path)
    own = {name: tensor.detach().clone().cpu() for name, tensor in module.state_dict().items()}
    if isinstance(module, SparseConv2D) and isinstance(row, Conv):
        own["weight"] = module.dense_weight().detach().cpu()
        row = replace(row, connections=None)
    elif isinstance(row, Subsample):
        maps, kernel = len(own["weight"]), pair(row.kernel)
        own["weight"] = own["weight"].view(-1, 1, 1, 1).repeat(1, 1, *kernel)
        row = Conv(row.name, maps=maps, kernel=row.kernel, stride=row.stride, groups=maps, activation=row.activation)
    state |= {f"{path}.{name}": tensor for name, tensor in own.items()}
    return row


def _scale(network: Network, norm_path: str, path: str, state: State) -> None:
    """w' = w g / sqrt(v + e), b' = (b - m) g / sqrt(v + e) + beta, in double precision, which the CPU has."""
    norm = network.get_submodule(norm_path).norm
    assert isinstance(norm, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d)
    numbers = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    gain, shift, mean, variance = (part.detach().cpu().double() for part in numbers if part is not None)
    factor = gain / (variance + norm.eps).sqrt()
    weight, bias = state[f"{path}.weight"].double(), state.get(f"{path}.bias", torch.zeros_like(mean)).double()
    scaled = weight * factor.view(-1, *[1] * (weight.ndim - 1))
    state[f"{path}.weight"] = scaled.to(norm.weight.dtype)
    state[f"{path}.bias"] = ((bias - mean) * factor + shift).to(norm.weight.dtype)
