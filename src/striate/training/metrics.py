"""Metrics of a classifier: top-1, top-5, loss, confusion, precision, recall, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data import ImageSet, validation_batches
from striate.nn import Network
from striate.runtime import Device, ProcessGroup, read_behind, run_in_parts
from striate.training.loss import LossFunction


@dataclass(frozen=True)
class Scores:
    """Scores on a set of images: rates from 0 to 1; `confusion[i, j]` counts images of class i predicted as class j."""

    images: int
    loss: float
    top1: float
    top5: float
    confusion: Tensor

    @property
    def precision(self) -> list[float]:
        """For each class: of the images predicted as it, the share that is of it (0 if there are none)."""
        return _ratios(self.confusion.diag(), self.confusion.sum(dim=0))

    @property
    def recall(self) -> list[float]:
        """For each class: of its images, the share that is predicted as it (0 if it has none)."""
        return _ratios(self.confusion.diag(), self.confusion.sum(dim=1))

    @property
    def support(self) -> list[int]:
        """For each class: its number of images."""
        return self.confusion.sum(dim=1).tolist()


def predict_logits(
    network: Network, images: ImageSet, device: Device, group: ProcessGroup = ProcessGroup(), workers: int = 0
) -> Tensor:
    """Logits float32 (N, classes) of a set of pictures, in their order, on the CPU, the same on every process.

    Each picture goes through the network once, on one of the processes, in evaluation mode; the mode is restored. For a
    device other than the CPU `workers` threads prepare the pictures ahead; they are sent as bytes.
    """

    def forward(images_NCHW: Tensor) -> Tensor:
        logits: Tensor = network(images_NCHW)
        return logits.float()

    training = network.training
    network.eval()
    parts = [torch.empty(0, network.table.classes)]
    try:
        with torch.inference_mode(), device.autocast():
            batches = validation_batches(
                images, network.table, group.rank, group.world_size, device=device.device, workers=workers
            )
            parts += read_behind(run_in_parts(forward, batch, device.device) for batch in batches)
    finally:
        network.train(training)
    return group.all_gather(torch.cat(parts))


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
    """The images whose highest probability is in one interval: its mean, their accuracy, their number."""

    certainty: float
    accuracy: float
    images: int


def calibration(probabilities: Tensor, labels: Tensor, bins: int = 15) -> tuple[list[Bin], float]:
    """The bins of the highest probability that have images, and the expected calibration error: the mean gap between
    probability and accuracy, weighted by images.

    Probabilities (N, classes), labels (N,).

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.

    >>> import torch
    >>> calibration(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 1]))[1]
    0.25
    """
    certainty, predicted = probabilities.double().max(dim=1)
    correct = (predicted == labels).double()
    numbers = (certainty * bins).long().clamp(max=bins - 1)
    filled = []
    for number in sorted(set(numbers.tolist())):
        inside = numbers == number
        filled.append(Bin(certainty[inside].mean().item(), correct[inside].mean().item(), int(inside.sum())))
    return filled, sum(part.images * abs(part.certainty - part.accuracy) for part in filled) / len(labels)


def worst_mistakes(probabilities: Tensor, labels: Tensor, number: int) -> list[int]:
    """The indices of the images with the highest probability for a wrong class, the highest first.

    >>> import torch
    >>> worst_mistakes(torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), torch.tensor([1, 1, 1]), 5)
    [0, 2]
    """
    certainty, predicted = probabilities.max(dim=1)
    wrong = (predicted != labels).nonzero().flatten()
    return wrong[certainty[wrong].argsort(descending=True, stable=True)][:number].tolist()


def _ratios(counts: Tensor, totals: Tensor) -> list[float]:
    return [count / total if total else 0.0 for count, total in zip(counts.tolist(), totals.tolist(), strict=True)]
