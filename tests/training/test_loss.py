"""The losses are the papers' equations."""

from typing import get_args

import pytest
import torch

from striate import reference
from striate.tables.recipe import Loss, Recipe
from striate.training.loss import make_loss, plain_loss, rbf_map, rbf_mse

Y = torch.rand(5, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 20
J = 2.5
LABELS = torch.tensor([0, 3, 9, 3, 1])


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
    logits, loss = (-Y).requires_grad_(), plain_loss(Recipe(loss=name))
    assert torch.autograd.gradcheck(lambda logits: loss(logits, LABELS), (logits,))


def test_the_recipe_states_the_rubbish_class_s_penalty():
    recipe = Recipe(loss="rbf_map", rubbish=J)
    assert plain_loss(recipe)(-Y, LABELS) == make_loss(recipe, torch.ones(10))(-Y, LABELS) == rbf_map(-Y, LABELS, J)
