"""The scores of a model on images of a data set, by any engine, with one crop of each image or ten."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data import Dataset, Part, ProgressCallback, eval_batch_size, preprocess, preprocessed_batches, ten_crops
from striate.errors import ModelError
from striate.runtime import ProcessGroup
from striate.tables import Table
from striate.training import Bin, Scores, TrainedOn, calibration, eval_loss, score, worst_mistakes

Forward = Callable[[Tensor], Tensor]
"""Preprocessed images uint8 (N, channels, height, width) to logits (N, classes)."""


@dataclass(frozen=True)
class Mistake:
    """An image that is misclassified, by its index in the part that is evaluated and, from a folder, its path: its
    class, the predicted one and the probability of that."""

    image: int
    path: str | None
    true: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """Scores; bins of probability and the expected calibration error that they add up to; all mistakes, the highest
    probability first.

    `part` is the part of the data set that is evaluated; `trained_on` is how many of its images the model was trained
    on, None if that cannot be known. `predicted` int64 (N,) is the class of each image, `probabilities` (N,) is what
    the model gives it.
    """

    crops: int
    scores: Scores
    bins: tuple[Bin, ...]
    calibration_error: float
    mistakes: tuple[Mistake, ...]
    predicted: Tensor
    probabilities: Tensor
    part: Part = "validation"
    trained_on: int | None = None

    @property
    def leak(self) -> bool:
        """Whether the scores flatter: images were trained on that are not asked for as such."""
        return bool(self.trained_on) and self.part != "train"


def evaluate(
    forward: Forward,
    table: Table,
    dataset: Dataset,
    *,
    part: Part = "validation",
    trained_on: TrainedOn | None = None,
    crops: int = 1,
    temperature: float = 1.0,
    group: ProcessGroup = ProcessGroup(),
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> Evaluation:
    """Evaluate on a part of a data set; each process has a share of it, and all get the same result.

    With ten crops the probabilities are the mean of those of the crops (Krizhevsky et al. 2012, section 4.1), and the
    loss is that of the mean. Probabilities are the softmax of the logits divided by `temperature`, the model's
    (`Model.temperature`); the loss is that of the logits as they are, which training lowered. DataError if the part is
    empty, TableError if the table has no ten crops, ModelError if a logit is not finite.
    """
    images = dataset.part(part)
    batches = preprocessed_batches(
        images, table, group.rank, group.world_size, view=preprocess if crops == 1 else ten_crops
    )
    done, means, shares = 0, [torch.empty(0, table.classes)], [torch.empty(0, table.classes)]
    for batch in batches:
        logits_NKC = _logits_of_crops(forward, batch if crops > 1 else batch[:, None], eval_batch_size(table))
        means.append(logits_NKC[:, 0] if crops == 1 else _mean_of_crops(logits_NKC))
        shares.append((logits_NKC / temperature).softmax(dim=2).mean(dim=1))
        done += len(batch)
        on_progress(done, -(-len(images) // group.world_size))
    logits, probabilities = group.all_gather(torch.cat(means)), group.all_gather(torch.cat(shares))
    if not logits.isfinite().all():
        raise ModelError(f"the model's logits for {int((~logits.isfinite().all(dim=1)).sum())} images are not finite")
    labels = images.labels
    bins, error = calibration(probabilities, labels)
    highest, predicted = probabilities.max(dim=1)
    mistakes = tuple(
        Mistake(
            index,
            None if images.names is None else images.names[index],
            dataset.classes[int(labels[index])],
            dataset.classes[int(predicted[index])],
            float(highest[index]),
        )
        for index in worst_mistakes(probabilities, labels, len(labels))
    )
    known = None if trained_on is None else trained_on.count(images, dataset)
    scores = score(logits, labels, eval_loss(table.recipe))
    return Evaluation(crops, scores, tuple(bins), error, mistakes, predicted, highest, part, known)


def default_part(dataset: Dataset, trained_on: TrainedOn) -> Part:
    """The part to evaluate a model on where none is named: the test images, where there are any; the validation images
    of a named set, and of the data that it was trained on; else all images."""
    if dataset.test is not None:
        return "test"
    return "validation" if dataset.is_named or trained_on.is_own(dataset) else "all"


def _logits_of_crops(forward: Forward, crops_NKCHW: Tensor, batch: int) -> Tensor:
    """The logits (N, crops, classes), `batch` crops at a time."""
    logits = torch.cat([forward(part).float() for part in torch.split(crops_NKCHW.flatten(0, 1), batch)])
    return logits.view(*crops_NKCHW.shape[:2], -1)


def _mean_of_crops(logits_NKC: Tensor) -> Tensor:
    """The logarithm of the mean of the crops' probabilities: logits (N, classes) whose softmax is that mean."""
    return torch.logsumexp(logits_NKC.log_softmax(dim=2), dim=1) - math.log(logits_NKC.shape[1])
