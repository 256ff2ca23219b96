"""The same function, computed faster by torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import nn

from striate.nn.pooling import Pool2D


@contextlib.contextmanager
def relu_after_pooling(network: nn.Module, heads_read: tuple[str, ...] = ()) -> Iterator[None]:
    """A context in which ReLUs are placed as by `move_relus`."""
    moved = move_relus(network, heads_read)
    try:
        yield
    finally:
        for first, second in moved:
            _swap(first, second)


def move_relus(network: nn.Module, heads_read: tuple[str, ...] = ()) -> list[tuple[nn.Module, Pool2D]]:
    """Apply each ReLU right before max pooling after it, to a fraction of the values; the rows that were changed.

    max(relu(x)) = relu(max(x)), and the gradients are equal too; only the row before the pool then returns its values
    without the ReLU, so that rows that a head reads (`heads_read`) are left alone.
    """
    moved: list[tuple[nn.Module, Pool2D]] = []
    for chain in network.modules():
        for (name, first), second in zip(chain.named_children(), list(chain.children())[1:], strict=False):
            if (
                isinstance(second, Pool2D)
                and second.kind == "max"
                and isinstance(second.activation, nn.Identity)
                and isinstance(getattr(first, "activation", None), nn.ReLU)
                and not (chain is network and name in heads_read)
            ):
                moved.append((first, second))
    for first, second in moved:
        _swap(first, second)
    return moved


def _swap(first: nn.Module, second: nn.Module) -> None:
    first.activation, second.activation = second.activation, first.activation
