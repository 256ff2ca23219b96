"""First weights have the spread that their paper gives them."""

import math

import pytest
import torch

from striate.nn.build import build
from striate.nn.layers import Conv2D, Dense
from striate.tables import ARCHITECTURES, BatchNorm, Conv, Subsample, Table


def test_lenet_is_uniform_within_2_4_over_fan_in():
    network = build("lenet5", seed=0)
    assert 0.9 * 2.4 / 25 < network.C1.weight.abs().max() <= 2.4 / 25
    assert 0.99 * 2.4 / 400 < network.C5.weight.abs().max() <= 2.4 / 400
    assert network.S2.weight.abs().max() <= 2.4 / 4
    sparse = network.C3.weight  # the first map sees 3 inputs, the last 6
    assert 0.9 * 2.4 / 75 < sparse[:3].abs().max() <= 2.4 / 75
    assert 0.9 * 2.4 / 150 < sparse[-6:].abs().max() <= 2.4 / 150


@pytest.mark.parametrize(("activation", "gain"), [("relu", 2), ("tanh", 1), ("scaled_tanh", 1), (None, 1)])
def test_by_activation_the_variance_is_gain_over_fan_in(activation, gain):
    rows = (Conv("c", maps=64, kernel=3, activation=activation), Subsample("s", kernel=3, stride=3))
    network = build(Table("t", (64, 9, 9), rows), seed=0)
    assert network.c.weight.std().item() == pytest.approx(math.sqrt(gain / 576), rel=0.05)
    assert network.s.weight.unique().tolist() == pytest.approx([1 / 9])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_weight_is_set_and_biases_are_zero(name):
    network = build(ARCHITECTURES[name], seed=0)
    for parameter in network.parameters():
        parameter.data.fill_(math.nan)
    from striate.nn.initialize import initialize

    initialize(network, ARCHITECTURES[name].initialization, torch.Generator().manual_seed(0))
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    for module in network.modules():
        if isinstance(module, (Conv2D, Dense)):
            assert not module.bias.any()


def test_batch_norm_starts_as_the_identity():
    network = build(Table("t", (3, 4, 4), (BatchNorm("b"),))).eval()
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(network(x), x, atol=1e-4, rtol=1e-4)
