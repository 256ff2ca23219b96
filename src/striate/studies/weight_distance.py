"""How far the weights of two networks are from one another, tensor by tensor."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from striate.nn import Network


@dataclass(frozen=True)
class TensorDistance:
    """The weights of one name and shape in both networks: the largest difference of two numbers, the norm of all
    differences, and the norm of the first network's weights."""

    name: str
    largest: float
    norm: float
    first_norm: float

    @property
    def relative(self) -> float | None:
        """The norm of the differences over that of the first's weights; None over zero."""
        return self.norm / self.first_norm if self.first_norm else None


@dataclass(frozen=True)
class WeightDistance:
    """The tensors that both networks have, and the names of those that one alone has in this shape."""

    shared: tuple[TensorDistance, ...]
    alone: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether both networks have the same weights, to the bit."""
        return not self.alone and all(tensor.largest == 0 for tensor in self.shared)

    @property
    def relative(self) -> float | None:
        """The norm of the differences of all shared weights over that of the first's; None over zero."""
        first = sum(tensor.first_norm**2 for tensor in self.shared)
        return (sum(tensor.norm**2 for tensor in self.shared) / first) ** 0.5 if first else None


def weight_distance(first: Network, second: Network) -> WeightDistance:
    """The distance of two networks' weights, and of batch normalization's means and variances.

    >>> from striate.nn import build
    >>> same = weight_distance(build("lenet5", seed=0), build("lenet5", seed=0))
    >>> same.equal, same.relative
    (True, 0.0)
    >>> weight_distance(build("lenet5", seed=0), build("lenet5", seed=1)).equal
    False
    """
    states = [_weights(network) for network in (first, second)]
    shared = [
        name for name, tensor in states[0].items() if states[1].get(name, tensor[..., None]).shape == tensor.shape
    ]
    alone = dict.fromkeys(name for state in states for name in state if name not in shared)
    return WeightDistance(tuple(_distance(name, *(state[name] for state in states)) for name in shared), tuple(alone))


def _weights(network: Network) -> dict[str, Tensor]:
    """What is not a whole number: batch normalization counts its batches."""
    state = network.state_dict()
    return {name: tensor.detach().cpu().double() for name, tensor in state.items() if tensor.is_floating_point()}


def _distance(name: str, first: Tensor, second: Tensor) -> TensorDistance:
    difference = second - first
    return TensorDistance(name, float(difference.abs().max()), float(difference.norm()), float(first.norm()))
