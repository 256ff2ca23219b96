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
    """Scores on a set of images of so many classes: rates from 0 to 1.

    `pairs` int64 (N, 3) are the entries of the confusion matrix that are not 0, by rows: true class, predicted class,
    images. They take little memory however many classes there are.
    """

    images: int
    loss: float
    top1: float
    top5: float
    classes: int
    pairs: Tensor

    @property
    def confusion(self) -> Tensor:
        """The confusion matrix int64 (classes, classes), of 800 MB for 10,000 classes: entry i, j counts images of
        class i predicted as class j."""
        return self.binned_confusion(self.classes)

    def binned_confusion(self, most: int) -> Tensor:
        """The confusion matrix with neighbouring classes added up, so that it has at most `most` rows and columns.

        >>> Scores(4, 0.0, 0.75, 1.0, 4, torch.tensor([[0, 0, 2], [2, 1, 1], [3, 3, 1]])).binned_confusion(2)
        tensor([[2, 0],
                [1, 1]])
        """
        size = -(-self.classes // most)
        matrix = torch.zeros(-(-self.classes // size), -(-self.classes // size), dtype=torch.int64)
        true, predicted, images = self.pairs.unbind(1)
        return matrix.index_put_((true // size, predicted // size), images, accumulate=True)

    @property
    def precision(self) -> list[float]:
        """For each class: of the images predicted as it, the share that is of it (0 if there are none)."""
        return _ratios(self._correct(), self._sum_by(1))

    @property
    def recall(self) -> list[float]:
        """For each class: of its images, the share that is predicted as it (0 if it has none)."""
        return _ratios(self._correct(), self._sum_by(0))

    @property
    def support(self) -> list[int]:
        """For each class: its number of images."""
        return self._sum_by(0).tolist()

    def _correct(self) -> Tensor:
        right = self.pairs[self.pairs[:, 0] == self.pairs[:, 1]]
        return torch.zeros(self.classes, dtype=torch.int64).index_put_((right[:, 0],), right[:, 2])

    def _sum_by(self, column: int) -> Tensor:
        """The images of each class, true (0) or predicted (1)."""
        return torch.zeros(self.classes, dtype=torch.int64).index_add_(0, self.pairs[:, column], self.pairs[:, 2])


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
    pairs, counts = (labels * classes + ranked[:, 0]).unique(return_counts=True)  # type: ignore[no-untyped-call]
    return Scores(
        images=len(labels),
        loss=loss(logits, labels).item(),
        top1=(ranked[:, 0] == labels).double().mean().item(),
        top5=(ranked == labels.unsqueeze(1)).any(dim=1).double().mean().item(),
        classes=classes,
        pairs=torch.stack((pairs // classes, pairs % classes, counts), dim=1),
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
    highest, predicted = probabilities.max(dim=1)
    certainty, correct = highest.double(), (predicted == labels).double()
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
