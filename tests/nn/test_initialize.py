"""First weights have the spread that their paper gives them."""

import math
from dataclasses import replace

import pytest
import torch
from networks import SMALL

from striate.nn.layers import Conv2D, Dense
from striate.nn.network import build
from striate.tables import ARCHITECTURES, BatchNorm, Conv, He, Subsample, Table, Xavier, load_table


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


@pytest.mark.parametrize("name", SMALL)
def test_every_weight_is_set_and_biases_are_zero(name):
    network = build(ARCHITECTURES[name], seed=0)
    for parameter in network.parameters():
        parameter.data.fill_(math.nan)
    from striate.nn.initialize import initialize

    initialize(network, network.plan, torch.Generator().manual_seed(0))
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    for module in network.modules():
        if isinstance(module, (Conv2D, Dense)):
            assert module.bias is None or not module.bias.any()


def test_batch_norm_starts_as_the_identity():
    network = build(Table("t", (3, 4, 4), (BatchNorm("b"),))).eval()
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(network(x), x, atol=1e-4, rtol=1e-4)


def test_alexnet_is_gaussian_with_ones_where_the_paper_has_them():
    network = build(replace(load_table("alexnet:tiny"), initialization=load_table("alexnet").initialization), seed=0)
    assert network.F8.weight.std().item() == pytest.approx(0.01, rel=0.05)
    means = {
        row.name: network.get_submodule(row.name).bias.mean().item()
        for row in (network.table.rows[i] for i in (0, 3, 6, 7, 8, 10, 12, 14))
    }
    assert means == {"C1": 0, "C3": 1, "C5": 0, "C6": 1, "C7": 1, "F8": 1, "F9": 1, "Out": 0}


def test_he_does_not_ask_what_follows():
    network = build(Table("t", (64, 9, 9), (Conv("c", maps=64, kernel=3), BatchNorm("b")), initialization=He()), seed=0)
    assert network.c.weight.std().item() == pytest.approx(math.sqrt(2 / 576), rel=0.05)


def test_xavier_is_uniform_of_variance_one_over_fan_in():
    rows = (Conv("c", maps=64, kernel=3, activation="relu"),)
    network = build(Table("t", (64, 9, 9), rows, initialization=Xavier(bias=0.2)), seed=0)
    assert network.c.weight.std().item() == pytest.approx(math.sqrt(1 / 576), rel=0.05)
    assert network.c.weight.abs().max().item() <= math.sqrt(3 / 576)
    assert network.c.bias.unique().tolist() == pytest.approx([0.2])
