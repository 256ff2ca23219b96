"""The losses are the papers' equations."""

from typing import get_args

import numpy as np
import pytest
import torch

from striate import reference
from striate.tables import Loss, Recipe
from striate.training.loss import eval_loss, make_loss, rbf_map, rbf_mse

Y = torch.rand(5, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 20
J = 2.5
LABELS = torch.tensor([0, 3, 9, 3, 1])
COUNTS = torch.tensor([5, 1, 2, 9, 4, 3, 8, 6, 7, 0])  # of the training images; none is of the last class


def test_equation_8():
    assert rbf_mse(-Y, LABELS).item() == pytest.approx(reference.rbf_mse_loss(Y.numpy(), LABELS.tolist()))


def test_equation_9():
    expected = reference.rbf_map_loss(Y.numpy(), LABELS.tolist(), J)
    assert rbf_map(-Y, LABELS, J).item() == pytest.approx(expected)


def test_equation_9_is_cross_entropy_with_one_class_more():
    rubbish = torch.full((5, 1), -J, dtype=torch.float64)
    theirs = torch.nn.functional.cross_entropy(torch.cat([-Y, rubbish], dim=1), LABELS)
    assert rbf_map(-Y, LABELS, J).item() == pytest.approx(theirs.item())


@pytest.mark.parametrize("name", get_args(Loss))
def test_gradients(name):
    logits, loss = (-Y).requires_grad_(), eval_loss(Recipe(loss=name))
    assert torch.autograd.gradcheck(lambda logits: loss(logits, LABELS), (logits,))


def cross_entropy(logits, labels, smoothing, weights):
    """Written out: the sum over classes of smoothed label times log probability, averaged with the labels' weights."""
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    total = 0.0
    for share, label in zip(shares, labels, strict=True):
        for c in range(len(share)):
            target = (1 - smoothing) * (c == label) + smoothing / len(share)
            total -= weights[c] * target * np.log(share[c])
    return total / sum(weights[label] for label in labels)


@pytest.mark.parametrize("smoothing", [None, 0.1, 0.4])
@pytest.mark.parametrize("class_weights", ["equal", "balanced"])
def test_smoothed_labels_and_class_weights(smoothing, class_weights):
    recipe = Recipe(label_smoothing=smoothing, class_weights=class_weights)
    weights = [45 / (10 * max(1, count)) if class_weights == "balanced" else 1.0 for count in COUNTS.tolist()]
    expected = cross_entropy(Y.numpy(), LABELS.tolist(), smoothing or 0.0, weights)
    assert make_loss(recipe, COUNTS)(Y.float(), LABELS).item() == pytest.approx(expected, rel=1e-5)


def test_the_mean_of_balanced_weights_over_the_images_is_1():
    """So a recipe's learning rate suits both kinds of weights."""
    weights = make_loss(Recipe(class_weights="balanced"), COUNTS).keywords["weight"]
    assert (weights * COUNTS).sum().item() / COUNTS.sum().item() == pytest.approx(9 / 10)  # a class has no image
    assert (weights[:9] * COUNTS[:9]).tolist() == pytest.approx([4.5] * 9)


@pytest.mark.parametrize("name", ["rbf_mse", "rbf_map"])
def test_the_losses_of_an_rbf_ignore_both(name):
    recipe = Recipe(loss=name)
    assert make_loss(recipe, COUNTS)(-Y, LABELS) == eval_loss(recipe)(-Y, LABELS)


def test_the_recipe_states_the_rubbish_class_s_penalty():
    recipe = Recipe(loss="rbf_map", rubbish=J)
    assert eval_loss(recipe)(-Y, LABELS) == make_loss(recipe, torch.ones(10))(-Y, LABELS) == rbf_map(-Y, LABELS, J)
