"""How good a classifier is on images it has not seen: top-1, top-5, loss, confusion, precision and recall."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.data.datasets import ImageSet
from striate.data.preprocess import normalize
from striate.tables import Preprocessing
from striate.training.loss import LossFunction

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


def score(logits: Tensor, labels: Tensor, loss: LossFunction) -> Scores:
    """Scores of logits (N, classes) against labels (N,).

    >>> import torch
    >>> score(torch.tensor([[2.0, 1.0], [2.0, 1.0]]), torch.tensor([0, 1]), torch.nn.functional.cross_entropy).top1
    0.5
    """
    classes = logits.shape[1]
    ranked = logits.topk(min(5, classes), dim=1).indices
    hits = ranked == labels.unsqueeze(1)
    pairs = labels * classes + ranked[:, 0]
    return Scores(
        images=len(labels),
        loss=loss(logits, labels).item(),
        top1=int(hits[:, 0].sum()) / len(labels),
        top5=int(hits.any(dim=1).sum()) / len(labels),
        confusion=torch.bincount(pairs, minlength=classes**2).view(classes, classes),
    )


def _shares(parts: Tensor, wholes: Tensor) -> list[float]:
    return [part / whole if whole else 0.0 for part, whole in zip(parts.tolist(), wholes.tolist(), strict=True)]


def evaluate(network: nn.Module, images: ImageSet, preprocessing: Preprocessing, loss: LossFunction) -> Scores:
    """Scores of a network on a set whose images already have the input's size."""
    return score(logits_of(network, images.images_NCHW, preprocessing), images.labels, loss)
