"""What a network makes of pictures that are shifted, scaled, rotated, blurred, made noisy.

For one picture the probability of each class, for a set the accuracy, over the amounts of each change, as LeCun's page
showed it for LeNet-5 (LeCun et al. 1998, section III.E and figure 13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import Bytes, ImageSet, eval_batch_size, normalize, preprocessed_batches
from striate.errors import DataError
from striate.inspection.hooks import eval_without_grad
from striate.inspection.perturbations import PERTURBATIONS, Perturbation, fill_mode
from striate.nn import Network

Progress = Callable[[int, int], None]
"""Is told how many of how many pictures, each changed by each amount counted for itself, are done."""


@dataclass(frozen=True)
class SweepResult:
    """One picture changed by each of `amounts`: uint8 (amounts, channels, height, width), and what it is taken for.

    `probabilities` is (amounts, classes).
    """

    change: Perturbation
    amounts: tuple[float, ...]
    pictures_NCHW: Bytes
    probabilities: NDArray[np.float64]

    def stable_range(self, index: int) -> tuple[float, float] | None:
        """The least and the most of the amounts about the neutral one through which this class is the likeliest.

        None if it is not so even for the amount that is nearest to the neutral one.
        """
        likeliest = self.probabilities.argmax(axis=1) == index
        nearest = int(np.abs(np.array(self.amounts) - self.change.neutral).argmin())
        if not likeliest[nearest]:
            return None
        first = last = nearest
        while first > 0 and likeliest[first - 1]:
            first -= 1
        while last + 1 < len(likeliest) and likeliest[last + 1]:
            last += 1
        return self.amounts[first], self.amounts[last]


@dataclass(frozen=True)
class Robustness:
    """The share of `images` that is recognised after a change by each of `amounts`, (amounts,).

    `example_NCHW` is the first of them, changed, uint8 (amounts, channels, height, width).
    """

    change: Perturbation
    amounts: tuple[float, ...]
    accuracy: NDArray[np.float64]
    images: int
    example_NCHW: Bytes


def probabilities_under(
    network: Network, fitted_CHW: Tensor, change: Perturbation, amounts: Sequence[float] | None = None
) -> SweepResult:
    """What the network takes a fitted picture uint8 (channels, height, width) for, changed by each amount.

    >>> from striate.nn import build
    >>> black = torch.zeros(1, 32, 32, dtype=torch.uint8)
    >>> probabilities_under(build("lenet5", seed=0), black, PERTURBATIONS["shift"]).probabilities.shape
    (9, 10)
    """
    table = network.table
    amounts = change.amounts(table) if amounts is None else tuple(amounts)
    ground, at_once = fill_mode(table.preprocessing), eval_batch_size(table)
    changed_NCHW = torch.cat([change.apply(fitted_CHW.unsqueeze(0), amount, ground) for amount in amounts])
    with forwarding(network) as answer:
        logits = torch.cat([answer(part) for part in torch.split(changed_NCHW, at_once)])
    return SweepResult(change, amounts, changed_NCHW.numpy(), logits.double().softmax(dim=1).numpy())


def accuracy_under(
    network: Network,
    images: ImageSet,
    changes: Sequence[Perturbation] = tuple(PERTURBATIONS.values()),
    *,
    limit: int = 1000,
    on_progress: Progress = lambda _done, _total: None,
) -> tuple[Robustness, ...]:
    """The share of a set's images that the network recognises, changed by each amount of each change.

    Of more than `limit` images, `limit` are taken, evenly through the set. DataError if there are none. LeNet-5 takes
    about 6 s on one core for 1,000 images and the five changes: 45,000 pictures.
    """
    if len(images) == 0:
        raise DataError("there is no image to change")
    table = network.table
    images = images.subsample(limit)
    ground, trials = fill_mode(table.preprocessing), [(c, amount) for c in changes for amount in c.amounts(table)]
    correct, done = np.zeros(len(trials)), 0
    examples: list[Bytes] = []
    with forwarding(network) as answer:
        labels = torch.split(images.labels, eval_batch_size(table))
        for fitted_NCHW, true in zip(preprocessed_batches(images, table), labels, strict=True):
            for number, (change, amount) in enumerate(trials):
                changed_NCHW = change.apply(fitted_NCHW, amount, ground)
                correct[number] += (answer(changed_NCHW).argmax(dim=1) == true).sum().item()
                if len(examples) < len(trials):
                    examples.append(changed_NCHW[0].numpy())
                done += len(true)
                on_progress(done, len(images) * len(trials))
    found = []
    for change in changes:
        own = [number for number, (other, _) in enumerate(trials) if other is change]
        example_NCHW = np.stack([examples[number] for number in own])
        accuracy = correct[own] / len(images)
        found.append(Robustness(change, change.amounts(table), accuracy, len(images), example_NCHW))
    return tuple(found)


@contextmanager
def forwarding(network: Network) -> Iterator[Callable[[Tensor], Tensor]]:
    """A function from fitted pictures uint8 (N, channels, height, width) to logits float32 (N, classes) while this is
    entered; the network is as it was afterwards."""
    preprocessing = network.table.preprocessing
    with eval_without_grad(network), torch.inference_mode():
        yield lambda fitted_NCHW: network(normalize(fitted_NCHW, preprocessing))
