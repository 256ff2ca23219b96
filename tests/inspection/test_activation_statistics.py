"""Statistics of activations compared with literal NumPy; dead and saturated units where they must be."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.activation_statistics import QUANTILES, SATURATED, activation_statistics, at_initialization
from striate.inspection.activation_statistics_view import activation_statistics_view
from striate.inspection.hooks import record_activations
from striate.nn import build, load_model
from striate.tables import BatchNorm, Conv, Dense, Table, load_table


def noise(table, count):
    return torch.randn(count, *table.input, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "name", ["lenet5:notes", "lenet5:modern", "resnet18:tiny", "minivggnet:tiny", "googlenet:tiny"]
)
@pytest.mark.parametrize("max_values", [2**25, 1])
def test_statistics_are_numpys(name, max_values, monkeypatch):
    monkeypatch.setattr(
        sys.modules["striate.inspection.activation_statistics"], "_MAX_VALUES", max_values
    )  # all pictures together, or one after the other
    network = build(name, seed=0)
    x = noise(network.table, 5)
    with untouched(network):
        statistics = activation_statistics(network, x)
    named = {"relu": 0.0, "tanh": 1.0, "scaled_tanh": 1.7159}
    rows = {step.path: step.row for step in network.plan.flat}
    paths = [path for path, row in rows.items() if getattr(row, "activation", None) in named]
    assert [layer.path for layer in statistics.layers] == paths
    assert statistics.images == 5
    activations = record_activations(network, x, paths)
    for layer in statistics.layers:
        values = activations[layer.path].output.double().numpy()
        assert layer.activation == rows[layer.path].activation
        assert layer.mean == pytest.approx(values.mean(), abs=1e-6)
        assert layer.std == pytest.approx(values.std(), rel=1e-5)
        assert layer.zeros == np.mean(values == 0)
        assert (layer.units, layer.maps) == (values[0].size, values.shape[1])
        dead = (values == 0).all(axis=0) & (layer.activation == "relu")
        assert layer.dead_units == dead.sum()
        assert layer.dead_maps == dead.reshape(len(dead), -1).all(axis=1).sum()
        limit = named[layer.activation]
        assert layer.saturated == (np.mean(np.abs(values) > 0.97 * limit) if limit else 0)


def test_quantiles_are_near_those_of_all_values():
    network = build("lenet5:modern", seed=0)
    x = noise(network.table, 400)
    values = record_activations(network, x, ["C1"])["C1"].output.numpy()
    statistics = activation_statistics(network, x).layers[0].quantiles
    below = [(values <= quantile).mean() for quantile in statistics[np.array(QUANTILES) > (values == 0).mean()]]
    np.testing.assert_allclose(below, [q for q in QUANTILES if q > (values == 0).mean()], atol=0.01)
    np.testing.assert_array_equal(activation_statistics(network, x).layers[0].quantiles, statistics)


def test_a_bias_far_below_zero_kills_all_units():
    network = build("lenet5:modern", seed=0)
    with torch.no_grad():
        network.C3.bias.fill_(-1e9)
        network.F6.bias[3] = -1e9
    layers = {layer.path: layer for layer in activation_statistics(network, noise(network.table, 20)).layers}
    dead, one = layers["C3"], layers["F6"]
    assert dead.dead_units == dead.units == 1600
    assert dead.dead_maps == dead.maps == 16
    assert (dead.zeros, dead.std) == (1, 0)
    assert one.dead_maps == one.dead_units >= 1
    words = " ".join(activation_statistics_view(activation_statistics(network, noise(network.table, 20))).paragraphs)
    assert "the largest share in C3 (100.0%)" in words


def test_weights_a_thousand_times_as_large_saturate_a_tanh():
    network = build("lenet5:notes", seed=0)
    x = noise(network.table, 20)
    assert activation_statistics(network, x).layers[0].saturated < 0.1
    with torch.no_grad():
        network.C1.weight.mul_(1000)
    first = activation_statistics(network, x).layers[0]
    assert first.saturated > 0.99
    assert first.dead_units == 0


def test_beyond_the_threshold_less_than_a_sixteenth_of_the_gradient_goes_through():
    a = torch.tensor(SATURATED).atanh().requires_grad_()
    a.tanh().backward()
    assert a.grad.item() < 1 / 16


def test_at_initialization_batch_normalization_has_the_pictures_statistics():
    """Its output in evaluation mode is then that in training mode, except for the variance's N - 1."""
    table = Table(
        "one",
        (1, 8, 8),
        (Conv("c", maps=4, kernel=3, bias=False), BatchNorm("b", activation="relu"), Dense("o", units=2)),
    )
    x = noise(table, 300)  # two batches
    network = at_initialization(table, x, seed=1)
    expected = build(table, seed=1)
    assert torch.equal(network.c.weight, expected.c.weight)
    before = record_activations(expected, x, ["c"])["c"].output.detach().double().numpy()
    np.testing.assert_allclose(network.b.norm.running_mean, before.mean(axis=(0, 2, 3)), atol=1e-5)
    np.testing.assert_allclose(network.b.norm.running_var, before.var(axis=(0, 2, 3)), rtol=1e-2)
    assert not network.training
    assert network.b.norm.momentum == expected.b.norm.momentum
    with pytest.raises(StriateError, match="needs at least 2 pictures"):
        at_initialization(table, x[:1])


def test_errors():
    with pytest.raises(StriateError, match="no row has a ReLU or a tanh"):
        activation_statistics(build(Table("one", (1, 4, 4), (Dense("out", units=2),)), seed=0), torch.zeros(1, 1, 4, 4))
    with pytest.raises(StriateError, match="there are no images"):
        activation_statistics(build("lenet5", seed=0), torch.zeros(0, 1, 32, 32))


def test_the_shipped_lenet_beside_its_initialization():
    network = load_model(Path("lenet5")).network
    x = noise(network.table, 20)
    trained = activation_statistics(network, x)
    with untouched(network):
        view = activation_statistics_view(trained, activation_statistics(at_initialization(network.table, x), x))
    assert [row[0] for row in view.rows] == ["C1", "S2", "C3", "S4", "C5", "F6"]
    c5 = trained.layers[4]
    assert f"C5 {c5.saturated:.1%}" in view.paragraphs[-1]
    assert view.paragraphs[-1].endswith("% at most.")
    assert view.numbers["trained"][4]["saturated"] == c5.saturated
    assert not any("ReLU" in text for text in view.paragraphs)


def test_of_many_layers_some_are_named():
    network = build(load_table("googlenet:tiny"), seed=0)
    statistics = activation_statistics(network, noise(network.table, 2))
    shares = activation_statistics_view(statistics).figure.axes[1]
    assert len(statistics.layers) > 32 >= len(shares.get_xticks())
