"""relu_after_pooling: the same outputs and gradients, and the network as it was afterwards."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from striate.nn.network import build
from striate.nn.relu_pooling import relu_after_pooling
from striate.tables import Dense, Head, load_table

NAMES = ["lenet5:modern", "minivggnet:tiny", "alexnet:tiny", "googlenet:tiny"]


def passes(network):
    """Outputs, gradients, and how many maps each ReLU saw."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, *network.table.input, generator=generator)
    network.zero_grad()
    torch.manual_seed(0)  # dropout
    outputs = network(x)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    sum(out.square().sum() for out in outputs).backward()
    return [*outputs, *(parameter.grad.clone() for parameter in network.parameters())]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_function(name):
    network = build(name, seed=0)
    expected = passes(network)
    with relu_after_pooling(network):
        fast = passes(network)
    for mine, plain in zip(fast, expected, strict=True):
        torch.testing.assert_close(mine, plain)
    assert all(torch.equal(again, plain) for again, plain in zip(passes(network), expected, strict=True))


def test_the_activation_moves_behind_the_pool_and_back():
    network = build("lenet5:modern", seed=0)
    with relu_after_pooling(network):
        assert isinstance(network.C1.activation, nn.Identity)
        assert isinstance(network.S2.activation, nn.ReLU)
    assert isinstance(network.C1.activation, nn.ReLU)
    assert isinstance(network.S2.activation, nn.Identity)


def test_a_row_that_a_head_reads_keeps_its_activation():
    table = load_table("lenet5:modern")
    head = Head("aux", after="C1", rows=(Dense("out", units=10),), weight=0.3)
    network = build(replace(table, heads=(head,)), seed=0)
    expected = passes(network)
    with relu_after_pooling(network):
        assert isinstance(network.C1.activation, nn.ReLU)
        assert isinstance(network.C3.activation, nn.Identity)
        fast = passes(network)
    for mine, plain in zip(fast, expected, strict=True):
        torch.testing.assert_close(mine, plain)


def test_back_after_an_error():
    network = build("lenet5:modern", seed=0)
    with pytest.raises(RuntimeError, match="stopped"), relu_after_pooling(network):
        raise RuntimeError("stopped")
    assert isinstance(network.C1.activation, nn.ReLU)


def test_average_pooling_and_tanh_stay():
    network = build("lenet5:notes", seed=0)
    before = [module.activation for module in network.modules() if hasattr(module, "activation")]
    with relu_after_pooling(network):
        assert [module.activation for module in network.modules() if hasattr(module, "activation")] == before
