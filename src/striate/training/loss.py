"""What training makes small: cross entropy, and the two losses of LeCun et al. 1998 for an RBF output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import assert_never

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.nn import Outputs
from striate.tables import Recipe

LossFunction = Callable[[Tensor, Tensor], Tensor]


def rbf_mse(logits: Tensor, labels: Tensor) -> Tensor:
    """E = mean of y[label], the squared distance from the right prototype (equation 8). The logits are -y."""
    return -logits.gather(1, labels.unsqueeze(1)).mean()


def rbf_map(logits: Tensor, labels: Tensor, j: float) -> Tensor:
    """E = mean of y[label] + log(exp(-j) + sum of exp(-y[i])), maximum a posteriori with a rubbish class (equation 9).

    Logits (N, classes), the RBF layer's -y; labels (N,); `j` the recipe's `rubbish`.
    """
    rubbish = logits.new_full((len(logits), 1), -j)
    return rbf_mse(logits, labels) + torch.cat([logits, rubbish], dim=1).logsumexp(dim=1).mean()


def eval_loss(recipe: Recipe) -> LossFunction:
    """The recipe's loss as held-out images are scored with it: labels as they are, every image counted alike."""
    match recipe.loss:
        case "cross_entropy":
            return F.cross_entropy
        case "rbf_mse":
            return rbf_mse
        case "rbf_map":
            return partial(rbf_map, j=recipe.rubbish)
        case _:
            assert_never(recipe.loss)


def make_loss(recipe: Recipe, counts: Tensor) -> LossFunction:
    """The recipe's loss for training: smoothed labels and class weights where it says so.

    `counts` (classes,) are the training images of each class; "balanced" weighs class c with images / (classes *
    counts[c]), so that the mean weight of an image is 1.
    """
    if recipe.loss != "cross_entropy":
        return eval_loss(recipe)
    weight = None
    if recipe.class_weights == "balanced":
        weight = counts.sum() / (len(counts) * counts.clamp(min=1)).float()
    return partial(F.cross_entropy, weight=weight, label_smoothing=recipe.label_smoothing or 0.0)


def total_loss(
    loss: LossFunction, outputs: Outputs, labels: Tensor, weights: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor]:
    """The loss to make small, the part of it that is the network's own, and its logits.

    `outputs` are a network's in training mode: logits, or with auxiliary heads a tuple of logits, whose losses
    count with `weights` beside the network's own (Szegedy et al. 2015, section 5). Losses are in single precision.
    """
    logits, *heads = (part.float() for part in ((outputs,) if isinstance(outputs, Tensor) else outputs))
    total = own = loss(logits, labels)
    for head, weight in zip(heads, weights, strict=True):
        total = total + weight * loss(head, labels)
    return total, own, logits
