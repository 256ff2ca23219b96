"""The losses are the papers' equations."""

import pytest
import torch

from striate import reference
from striate.training.loss import LOSSES, RUBBISH_PENALTY, rbf_map, rbf_mse

Y = torch.rand(5, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 20
LABELS = torch.tensor([0, 3, 9, 3, 1])


def test_equation_8():
    assert rbf_mse(-Y, LABELS).item() == pytest.approx(reference.rbf_mse_loss(Y.numpy(), LABELS.tolist()))


def test_equation_9():
    expected = reference.rbf_map_loss(Y.numpy(), LABELS.tolist(), RUBBISH_PENALTY)
    assert rbf_map(-Y, LABELS).item() == pytest.approx(expected)


def test_equation_9_is_cross_entropy_with_one_class_more():
    rubbish = torch.full((5, 1), -RUBBISH_PENALTY, dtype=torch.float64)
    theirs = torch.nn.functional.cross_entropy(torch.cat([-Y, rubbish], dim=1), LABELS)
    assert rbf_map(-Y, LABELS).item() == pytest.approx(theirs.item())


@pytest.mark.parametrize("name", LOSSES)
def test_gradients(name):
    logits = (-Y).requires_grad_()
    assert torch.autograd.gradcheck(lambda logits: LOSSES[name](logits, LABELS), (logits,))
