"""How good a classifier is on images it has not seen: top-1, top-5, loss, confusion, precision and recall."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.data.batches import held_out_batches
from striate.data.pictures import ImageSet
from striate.data.preprocess import normalize
from striate.nn.build import Network
from striate.tables import Preprocessing
from striate.training.loss import LossFunction
from striate.training.machine import Machine
from striate.training.ranks import Ranks

_BATCH = 256


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


def logits_of(network: nn.Module, images_NCHW: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Logits (N, classes) for uint8 images of the input's size, in evaluation mode; the mode is restored."""
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            return torch.cat([network(normalize(batch, preprocessing)) for batch in torch.split(images_NCHW, _BATCH)])
    finally:
        network.train(training)


class Tally:
    """Counts over batches, and over processes, from which scores come."""

    def __init__(self, classes: int, loss: LossFunction) -> None:
        self._loss = loss
        self._counts = torch.zeros(classes * classes + 1, dtype=torch.int64)  # confusion, row by row; top-5 hits
        self._loss_sum = torch.zeros((), dtype=torch.float64)
        self._classes = classes

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Count a batch: logits (N, classes), labels (N,)."""
        ranked = logits.topk(min(5, self._classes), dim=1).indices
        pairs = labels * self._classes + ranked[:, 0]
        self._counts[:-1] += torch.bincount(pairs, minlength=self._classes**2).cpu()
        self._counts[-1] += int((ranked == labels.unsqueeze(1)).any(dim=1).sum())
        self._loss_sum += self._loss(logits, labels).double().cpu() * len(labels)

    def scores(self, ranks: Ranks = Ranks()) -> Scores:
        """The scores over everything counted, by all processes."""
        counts, loss = ranks.sum(self._counts.clone()), ranks.sum(self._loss_sum.clone())
        confusion = counts[:-1].view(self._classes, self._classes)
        images = int(confusion.sum())
        return Scores(
            images=images,
            loss=loss.item() / images,
            top1=int(confusion.diag().sum()) / images,
            top5=int(counts[-1]) / images,
            confusion=confusion,
        )


def score(logits: Tensor, labels: Tensor, loss: LossFunction) -> Scores:
    """Scores of logits (N, classes) against labels (N,).

    >>> import torch
    >>> score(torch.tensor([[2.0, 1.0], [2.0, 1.0]]), torch.tensor([0, 1]), torch.nn.functional.cross_entropy).top1
    0.5
    """
    tally = Tally(logits.shape[1], loss)
    tally.add(logits, labels)
    return tally.scores()


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
    for index in number.unique().tolist():
        inside = number == index
        found.append(Bin(certainty[inside].mean().item(), right[inside].mean().item(), int(inside.sum())))
    return found, sum(b.images * abs(b.certainty - b.accuracy) for b in found) / len(labels)


def _shares(parts: Tensor, wholes: Tensor) -> list[float]:
    return [part / whole if whole else 0.0 for part, whole in zip(parts.tolist(), wholes.tolist(), strict=True)]


def evaluate(
    network: Network, images: ImageSet, loss: LossFunction, machine: Machine, ranks: Ranks = Ranks()
) -> Scores:
    """Scores of a network on a set of pictures, each counted once by whichever process; the mode is restored."""
    training = network.training
    network.eval()
    tally = Tally(network.table.classes, loss)
    try:
        with torch.inference_mode():
            for batch, labels in held_out_batches(images, network.table, _BATCH, rank=ranks.rank, ranks=ranks.ranks):
                with machine.autocast():
                    logits = network(batch.to(machine.device))
                tally.add(logits.float(), labels.to(machine.device))
    finally:
        network.train(training)
    return tally.scores(ranks)
