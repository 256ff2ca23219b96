"""How good a classifier is on images it has not seen: top-1, top-5, loss, confusion, precision and recall."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data import ImageSet, validation_batches
from striate.nn import Network
from striate.runtime import Device, ProcessGroup
from striate.training.loss import LossFunction


@dataclass(frozen=True)
class Scores:
    """Rates between 0 and 1; `confusion[i, j]` counts images of class i that were taken for class j."""

    images: int
    loss: float
    top1: float
    top5: float
    confusion: Tensor

    @property
    def precision(self) -> list[float]:
        """For each class: of the images taken for it, the share that is of it (0 if none was)."""
        return _shares(self.confusion.diag(), self.confusion.sum(dim=0))

    @property
    def recall(self) -> list[float]:
        """For each class: of its images, the share that was recognised (0 if it has none)."""
        return _shares(self.confusion.diag(), self.confusion.sum(dim=1))

    @property
    def support(self) -> list[int]:
        """For each class: how many images it has."""
        return self.confusion.sum(dim=1).tolist()


def predict_logits(network: Network, images: ImageSet, device: Device, group: ProcessGroup = ProcessGroup()) -> Tensor:
    """Logits float32 (N, classes) of a set of pictures, in their order, on the CPU, the same on every process.

    Each picture goes through the network once, on whichever process, in evaluation mode; the mode is restored.
    """
    training = network.training
    network.eval()
    parts = [torch.empty(0, network.table.classes)]
    try:
        with torch.inference_mode(), device.autocast():
            batches = validation_batches(images, network.table, rank=group.rank, world_size=group.world_size)
            parts += [network(batch.to(device.device)).float().cpu() for batch in batches]
    finally:
        network.train(training)
    return group.gather(torch.cat(parts))


def score(logits: Tensor, labels: Tensor, loss: LossFunction) -> Scores:
    """Scores of logits (N, classes) against labels (N,).

    >>> import torch
    >>> score(torch.tensor([[2.0, 1.0], [2.0, 1.0]]), torch.tensor([0, 1]), torch.nn.functional.cross_entropy).top1
    0.5
    """
    classes = logits.shape[1]
    ranked = logits.topk(min(5, classes), dim=1).indices
    pairs = labels * classes + ranked[:, 0]
    return Scores(
        images=len(labels),
        loss=loss(logits, labels).item(),
        top1=(ranked[:, 0] == labels).double().mean().item(),
        top5=(ranked == labels.unsqueeze(1)).any(dim=1).double().mean().item(),
        confusion=torch.bincount(pairs, minlength=classes**2).view(classes, classes),
    )


@dataclass(frozen=True)
class Bin:
    """The images whose surest class had a probability in one interval: how sure, how often right, how many."""

    certainty: float
    accuracy: float
    images: int


def calibration(probabilities: Tensor, labels: Tensor, bins: int = 15) -> tuple[list[Bin], float]:
    """Bins of certainty that hold images, and the expected calibration error: the mean gap, weighted by images.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.

    >>> import torch
    >>> calibration(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 1]))[1]
    0.25
    """
    certainty, taken = probabilities.double().max(dim=1)
    right = (taken == labels).double()
    number = (certainty * bins).long().clamp(max=bins - 1)
    found = []
    for index in sorted(set(number.tolist())):
        inside = number == index
        found.append(Bin(certainty[inside].mean().item(), right[inside].mean().item(), int(inside.sum())))
    return found, sum(b.images * abs(b.certainty - b.accuracy) for b in found) / len(labels)


def worst_mistakes(probabilities: Tensor, labels: Tensor, number: int) -> list[int]:
    """The indices of the images taken for a wrong class with the greatest certainty, that first.

    >>> import torch
    >>> worst_mistakes(torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), torch.tensor([1, 1, 1]), 5)
    [0, 2]
    """
    certainty, taken = probabilities.max(dim=1)
    wrong = (taken != labels).nonzero().flatten()
    return wrong[certainty[wrong].argsort(descending=True, stable=True)][:number].tolist()


def _shares(parts: Tensor, wholes: Tensor) -> list[float]:
    return [part / whole if whole else 0.0 for part, whole in zip(parts.tolist(), wholes.tolist(), strict=True)]
