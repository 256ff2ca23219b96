"""How a network's predictions change when pictures are shifted, scaled, rotated, blurred, or noisy.

For one picture the probability of each class, for a set the accuracy, over the amounts of each perturbation, as LeCun's
page showed it for LeNet-5 (LeCun et al. 1998, section III.E and figure 13).
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
from striate.nn import Network, check_logits, device_of

Progress = Callable[[int, int], None]
"""Called with the number of pictures that are done and their total; every amount of a picture counts."""


@dataclass(frozen=True)
class SweepResult:
    """One picture perturbed by each of `amounts`: uint8 (amounts, channels, height, width), and its predictions.

    `probabilities` is (amounts, classes).
    """

    perturbation: Perturbation
    amounts: tuple[float, ...]
    images_NCHW: Bytes
    probabilities: NDArray[np.float64]

    def stable_range(self, index: int) -> tuple[float, float] | None:
        """The smallest and the largest amount around the neutral one between which this class stays the prediction.

        None if it is not the prediction for the amount nearest to the neutral one.
        """
        is_prediction = self.probabilities.argmax(axis=1) == index
        nearest = int(np.abs(np.array(self.amounts) - self.perturbation.neutral).argmin())
        if not is_prediction[nearest]:
            return None
        first = last = nearest
        while first > 0 and is_prediction[first - 1]:
            first -= 1
        while last + 1 < len(is_prediction) and is_prediction[last + 1]:
            last += 1
        return self.amounts[first], self.amounts[last]


@dataclass(frozen=True)
class Robustness:
    """The accuracy over `images` images that are perturbed by each of `amounts`, (amounts,).

    `example_NCHW` is the first image, perturbed, uint8 (amounts, channels, height, width).
    """

    perturbation: Perturbation
    amounts: tuple[float, ...]
    accuracy: NDArray[np.float64]
    images: int
    example_NCHW: Bytes


def probabilities_under(
    network: Network,
    fitted_CHW: Tensor,
    perturbation: Perturbation,
    amounts: Sequence[float] | None = None,
    *,
    temperature: float = 1.0,
) -> SweepResult:
    """The predictions for a fitted picture uint8 (channels, height, width) that is perturbed by each amount.

    `amounts` are those of the perturbation for the table's input if none are given. `temperature` is that of the model
    (`Model.temperature`).

    >>> from striate.nn import build
    >>> black = torch.zeros(1, 32, 32, dtype=torch.uint8)
    >>> probabilities_under(build("lenet5", seed=0), black, PERTURBATIONS["shift"]).probabilities.shape
    (9, 10)
    """
    table = network.table
    amounts = perturbation.amounts(table) if amounts is None else tuple(amounts)
    fill, batch_size = fill_mode(table.preprocessing), eval_batch_size(table)
    perturbed_NCHW = torch.cat([perturbation.apply(fitted_CHW.unsqueeze(0), amount, fill) for amount in amounts])
    with evaluation_forward(network) as forward:
        logits = torch.cat([forward(batch) for batch in torch.split(perturbed_NCHW, batch_size)])
    probabilities = (logits.double() / temperature).softmax(dim=1)
    return SweepResult(perturbation, amounts, perturbed_NCHW.numpy(), probabilities.numpy())


def accuracy_under(
    network: Network,
    images: ImageSet,
    perturbations: Sequence[Perturbation] = tuple(PERTURBATIONS.values()),
    *,
    limit: int = 1000,
    on_progress: Progress = lambda _done, _total: None,
) -> tuple[Robustness, ...]:
    """The accuracy on a set of images, perturbed by each amount of each perturbation.

    Of more than `limit` images, `limit` are taken, evenly spaced. DataError if there are none. LeNet-5 takes about 6 s
    on one core for 1,000 images and the five perturbations: 45,000 pictures.
    """
    if len(images) == 0:
        raise DataError("there are no images to perturb")
    table = network.table
    images = images.subsample(limit)
    fill, trials = fill_mode(table.preprocessing), [(c, amount) for c in perturbations for amount in c.amounts(table)]
    correct, done = np.zeros(len(trials)), 0
    examples: list[Bytes] = []
    with evaluation_forward(network) as forward:
        labels = torch.split(images.labels, eval_batch_size(table))
        for fitted_NCHW, true in zip(preprocessed_batches(images, table), labels, strict=True):
            for number, (perturbation, amount) in enumerate(trials):
                perturbed_NCHW = perturbation.apply(fitted_NCHW, amount, fill)
                correct[number] += (forward(perturbed_NCHW).argmax(dim=1) == true).sum().item()
                if len(examples) < len(trials):
                    examples.append(perturbed_NCHW[0].numpy())
                done += len(true)
                on_progress(done, len(images) * len(trials))
    results = []
    for perturbation in perturbations:
        own = [number for number, (other, _) in enumerate(trials) if other is perturbation]
        example_NCHW = np.stack([examples[number] for number in own])
        accuracy = correct[own] / len(images)
        results.append(Robustness(perturbation, perturbation.amounts(table), accuracy, len(images), example_NCHW))
    return tuple(results)


@contextmanager
def evaluation_forward(network: Network) -> Iterator[Callable[[Tensor], Tensor]]:
    """A function from fitted pictures uint8 (N, channels, height, width) to logits float32 (N, classes), on the CPU.

    Within the context the network is in evaluation mode; its modes are restored afterwards. The function raises
    ModelError if a logit is not finite.
    """
    preprocessing, device = network.table.preprocessing, device_of(network)
    with eval_without_grad(network), torch.inference_mode():
        yield lambda fitted_NCHW: check_logits(network(normalize(fitted_NCHW, preprocessing).to(device)).cpu())
