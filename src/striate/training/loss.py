"""The losses: cross entropy, and the two of LeCun et al. 1998 for an RBF output."""

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
    """The recipe's loss for validation: no label smoothing, no class weights."""
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
    """The recipe's loss for training: with label smoothing and class weights where the recipe has them.

    `counts` (classes,) are the training images of each class; "balanced" gives class c the weight images / (classes *
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
    """The total loss, the network's own part of it, and the network's logits (N, classes), all float32.

    `outputs` are a network's in training mode: logits, or a tuple of its logits and those of its auxiliary heads, whose
    losses are added with `weights` (Szegedy et al. 2015, section 5).
    """
    logits, *heads = (part.float() for part in ((outputs,) if isinstance(outputs, Tensor) else outputs))
    total = own = loss(logits, labels)
    for head, weight in zip(heads, weights, strict=True):
        total = total + weight * loss(head, labels)
    return total, own, logits
