"""Thinned networks and their means against NumPy: what is exact is exact, over all masks of a small network too."""

from itertools import product

import numpy as np
import pytest
import torch
from untouched import untouched

from striate.errors import StriateError
from striate.inspection import dropout_ensemble, dropout_rows
from striate.nn import build
from striate.tables import Dense, Dropout, Table, load_plan

RATE = 0.3


def table(*rows):
    return Table("small", source="", input=(1, 2, 3), rows=rows)


HIDDEN, OUT = Dense("hidden", units=5, activation="relu"), Dense("out", units=3, activation="softmax")
DEEP = (Dense("first", units=6, activation="relu"), Dropout("D1", rate=0.5), HIDDEN, Dropout("D2", rate=0.25), OUT)


def with_biases(network):
    torch.manual_seed(3)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_()
    return network


def picture():
    return torch.randn(1, 1, 2, 3, generator=torch.Generator().manual_seed(1))


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def weights_of(network, name):
    layer = network.get_submodule(name)
    return layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()


def test_each_thinned_network_is_the_whole_one_without_its_dropped_units():
    network = with_biases(build(table(HIDDEN, OUT), seed=0))
    with untouched(network):
        ensemble = dropout_ensemble(network, picture(), rate=RATE, draws=64, seed=2)
    (w1, b1), (w2, b2) = weights_of(network, "hidden"), weights_of(network, "out")
    hidden = np.maximum(0, w1 @ picture().double().numpy().ravel() + b1)
    kept = ensemble.kept["hidden"].numpy()
    assert kept.shape == (64, 5)
    assert 0.5 < kept.mean() < 0.9
    expected = softmax((kept * hidden / (1 - RATE)) @ w2.T + b2)
    np.testing.assert_allclose(ensemble.thinned.numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(ensemble.whole.numpy(), softmax(w2 @ hidden + b2), atol=1e-6)
    np.testing.assert_allclose(ensemble.values["hidden"].numpy(), hidden, rtol=1e-5)
    np.testing.assert_allclose(ensemble.arithmetic.numpy(), expected.mean(axis=0), atol=1e-6)
    powers = np.exp(np.log(expected).mean(axis=0))
    np.testing.assert_allclose(ensemble.geometric.numpy(), powers / powers.sum(), atol=1e-6)


def test_a_seed_drops_the_same_units_on_every_machine():
    """Those whose uniform number of torch's generator, which is the same everywhere, is below the rate."""
    kept = dropout_ensemble(build(table(HIDDEN, OUT), seed=0), picture(), rate=RATE, draws=3, seed=7).kept["hidden"]
    uniform = torch.rand(3, 5, generator=torch.Generator().manual_seed(7))
    assert kept.tolist() == (uniform >= RATE).tolist()


def test_over_all_masks_the_geometric_mean_is_the_whole_network_and_the_arithmetic_is_not():
    """The claim of Hinton et al. 2012, by all 32 masks of five units, each weighted by its probability."""
    network = with_biases(build(table(HIDDEN, OUT), seed=0))
    whole = dropout_ensemble(network, picture(), rate=RATE, draws=1).whole.numpy()
    (w1, b1), (w2, b2) = weights_of(network, "hidden"), weights_of(network, "out")
    hidden = np.maximum(0, w1 @ picture().double().numpy().ravel() + b1)
    masks = np.array(list(product([0, 1], repeat=5)))
    chances = np.prod(np.where(masks, 1 - RATE, RATE), axis=1)
    answers = softmax((masks * hidden / (1 - RATE)) @ w2.T + b2)
    powers = np.exp(chances @ np.log(answers))
    np.testing.assert_allclose(powers / powers.sum(), whole, atol=1e-6)
    assert np.abs(chances @ answers - whole).max() > 1e-3


@pytest.mark.parametrize(
    ("rows", "is_exact"), [((HIDDEN, OUT), True), ((HIDDEN, Dropout("D", rate=0.5), OUT), True), (DEEP, False)]
)
def test_one_softmax_layer_behind_the_units_is_what_makes_the_geometric_mean_exact(rows, is_exact):
    """Of a sample: the network with the mean of the sample's masks, which gives the geometric mean of their answers."""
    ensemble = dropout_ensemble(with_biases(build(table(*rows), seed=0)), picture(), draws=16)
    gap = (ensemble.geometric - ensemble.mean_mask).abs().max().item()
    assert ensemble.is_exact is is_exact
    assert (gap < 1e-6) is is_exact


def test_rows_of_dropout_have_their_own_rates_and_another_is_put_in_their_place():
    network = build(table(*DEEP), seed=0)
    assert dropout_rows(network.plan) == {"D1": 0.5, "D2": 0.25}
    assert dropout_ensemble(network, picture()).rates == {"D1": 0.5, "D2": 0.25}
    assert dropout_ensemble(network, picture(), rate=0.9).rates == {"D1": 0.9, "D2": 0.9}
    assert dropout_rows(load_plan("resnet20")) == {"pool": None}


def test_a_seed_repeats_and_another_draws_others():
    network = build("lenet5", seed=0)
    x = torch.randn(1, 1, 32, 32)
    state = torch.get_rng_state()
    first, again, other = (dropout_ensemble(network, x, rate=0.5, draws=4, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.thinned, again.thinned)
    assert not torch.equal(first.kept["F6"], other.kept["F6"])


def test_with_rate_0_every_network_is_the_whole_one():
    ensemble = dropout_ensemble(build("lenet5", seed=0), torch.randn(1, 1, 32, 32), rate=0.0, draws=3)
    assert ensemble.kept["F6"].all()
    torch.testing.assert_close(ensemble.thinned, ensemble.whole.expand(3, -1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("options", [{"rate": 1.0}, {"rate": -0.1}, {"draws": 0}, {"draws": 2000}])
def test_impossible_numbers_are_said(options):
    with pytest.raises(StriateError, match=f"{next(iter(options))}: expected"):
        dropout_ensemble(build(table(HIDDEN, OUT), seed=0), picture(), **options)
