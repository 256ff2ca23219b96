"""Statistics of activations against literal NumPy; dead and saturated units where they must be."""

from pathlib import Path

import numpy as np
import pytest
import torch
from untouched import untouched

from striate.errors import StriateError
from striate.inspection import activity as module
from striate.inspection.activity import QUANTILES, SATURATED, activity, at_initialization
from striate.inspection.hooks import record_activations
from striate.inspection.views.activity import activity_view
from striate.nn import build, load_model
from striate.tables import BatchNorm, Conv, Dense, Table, load_table


def pictures(table, count):
    return torch.randn(count, *table.input, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "name", ["lenet5:notes", "lenet5:modern", "resnet18:tiny", "minivggnet:tiny", "googlenet:tiny"]
)
@pytest.mark.parametrize("at_once", [2**25, 1])
def test_they_are_numpys(name, at_once, monkeypatch):
    monkeypatch.setattr(module, "_VALUES", at_once)  # all pictures together, or one after the other
    network = build(name, seed=0)
    x = pictures(network.table, 5)
    with untouched(network):
        found = activity(network, x)
    named = {"relu": 0.0, "tanh": 1.0, "scaled_tanh": 1.7159}
    rows = {step.path: step.row for step in network.plan.flat}
    wanted = [path for path, row in rows.items() if getattr(row, "activation", None) in named]
    assert [layer.path for layer in found.layers] == wanted
    assert found.pictures == 5
    passed = record_activations(network, x, wanted)
    for layer in found.layers:
        values = passed[layer.path].output.double().numpy()
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
    x = pictures(network.table, 400)
    values = record_activations(network, x, ["C1"])["C1"].output.numpy()
    found = activity(network, x).layers[0].quantiles
    below = [(values <= quantile).mean() for quantile in found[np.array(QUANTILES) > (values == 0).mean()]]
    np.testing.assert_allclose(below, [q for q in QUANTILES if q > (values == 0).mean()], atol=0.01)
    np.testing.assert_array_equal(activity(network, x).layers[0].quantiles, found)


def test_a_bias_far_below_zero_kills_all_units():
    network = build("lenet5:modern", seed=0)
    with torch.no_grad():
        network.C3.bias.fill_(-1e9)
        network.F6.bias[3] = -1e9
    layers = {layer.path: layer for layer in activity(network, pictures(network.table, 20)).layers}
    dead, one = layers["C3"], layers["F6"]
    assert dead.dead_units == dead.units == 1600
    assert dead.dead_maps == dead.maps == 16
    assert (dead.zeros, dead.std) == (1, 0)
    assert one.dead_maps == one.dead_units >= 1
    words = " ".join(activity_view(activity(network, pictures(network.table, 20))).words)
    assert "the largest share in C3 (100.0%)" in words


def test_weights_a_thousand_times_as_large_saturate_a_tanh():
    network = build("lenet5:notes", seed=0)
    x = pictures(network.table, 20)
    assert activity(network, x).layers[0].saturated < 0.1
    with torch.no_grad():
        network.C1.weight.mul_(1000)
    first = activity(network, x).layers[0]
    assert first.saturated > 0.99
    assert first.dead_units == 0


def test_beyond_the_threshold_less_than_a_sixteenth_of_the_gradient_goes_through():
    a = torch.tensor(SATURATED).atanh().requires_grad_()
    a.tanh().backward()
    assert a.grad.item() < 1 / 16


def test_first_weights_have_the_pictures_batch_statistics():
    """In evaluation mode it then gives what it does in training mode, but for the variance's N - 1."""
    table = Table(
        "one",
        (1, 8, 8),
        (Conv("c", maps=4, kernel=3, bias=False), BatchNorm("b", activation="relu"), Dense("o", units=2)),
    )
    x = pictures(table, 300)  # two batches
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


def test_what_cannot_be_looked_at():
    with pytest.raises(StriateError, match="no row has a ReLU or a tanh"):
        activity(build(Table("one", (1, 4, 4), (Dense("out", units=2),)), seed=0), torch.zeros(1, 1, 4, 4))
    with pytest.raises(StriateError, match="no picture"):
        activity(build("lenet5", seed=0), torch.zeros(0, 1, 32, 32))


def test_the_shipped_lenet_beside_its_first_weights():
    network = load_model(Path("lenet5")).network
    x = pictures(network.table, 20)
    trained = activity(network, x)
    with untouched(network):
        view = activity_view(trained, activity(at_initialization(network.table, x), x))
    assert [line[0] for line in view.lines] == ["C1", "S2", "C3", "S4", "C5", "F6"]
    c5 = trained.layers[4]
    assert f"C5 {c5.saturated:.1%}" in view.words[-1]
    assert view.words[-1].endswith("% at most.")
    assert view.numbers["trained"][4]["saturated"] == c5.saturated
    assert not any("ReLU" in word for word in view.words)


def test_a_picture_of_many_layers_names_some():
    network = build(load_table("googlenet:tiny"), seed=0)
    found = activity(network, pictures(network.table, 2))
    shares = activity_view(found).figure.axes[1]
    assert len(found.layers) > 32 >= len(shares.get_xticks())
