"""The folded network gives the same logits, has the rows that are left to compute, and leaves the other as it was."""

import pytest
import torch
from drawn import tables
from hypothesis import given, settings
from networks import SMALL, with_statistics

from striate.nn.fold import fold
from striate.nn.network import build
from striate.tables import RBF, BatchNorm, Conv, Dropout, Subsample, load_table


def check_equal(table):
    network = with_statistics(build(table, seed=0).eval()).double()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    folded = fold(network)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    x = torch.randn(3, *table.input, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(folded.double()(x), network(x), rtol=1e-6, atol=1e-7)
    assert all(own.data_ptr() not in {p.data_ptr() for p in network.parameters()} for own in folded.parameters())
    return folded


@pytest.mark.parametrize("name", SMALL)
def test_networks(name):
    folded = check_equal(load_table(name))
    assert folded.table.heads == ()
    for step in folded.plan.flat:
        assert not isinstance(step.row, Dropout | Subsample)
        assert not (isinstance(step.row, Conv) and step.row.connections)


@settings(max_examples=60, deadline=None)
@given(tables())
def test_drawn_tables(table):
    check_equal(table)


def test_batch_normalization_after_a_convolution_is_gone():
    left = [step for step in fold(build("resnet18:tiny")).plan.flat if isinstance(step.row, BatchNorm)]
    assert left == []


def test_what_cannot_be_folded_stays():
    """MiniVGGNet normalizes after the ReLU: no scaling of the convolution does the same."""
    table = load_table("minivggnet:tiny")
    norms = [[type(step.row) for step in t.plan().flat].count(BatchNorm) for t in (table, fold(build(table)).table)]
    assert norms[0] == norms[1] > 0


def test_the_prototypes_are_there():
    folded = fold(build("lenet5"))
    assert isinstance(folded.table.rows[-1], RBF)
    assert folded.Out.prototypes.shape == (10, 84)
