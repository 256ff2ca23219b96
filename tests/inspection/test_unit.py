"""The arithmetic of a unit equals the network's value, for units of every layer of every kind of network."""

import numpy as np
import pytest
import torch
from every_unit import WITHIN, largest_difference
from networks import with_statistics
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.sample import sample_of
from striate.inspection.unit import strongest_unit, unit_arithmetic
from striate.inspection.unit_view import unit_figure
from striate.nn import build
from striate.tables import (
    LRN,
    AdaptiveAveragePool,
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Identity,
    MaxPool,
    Table,
    load_table,
)

NETWORKS = (
    "lenet5", "lenet5:notes", "lenet5:modern", "lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny",
    "resnet50:tiny", "resnet20", "plain20", "minivggnet:tiny",
)  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_units_of_every_layer(name):
    network = with_statistics(build(name, seed=0))
    with untouched(network):
        assert largest_difference(network, units=3) < WITHIN


def odd_table():
    """What the families do not have: dilation, uneven strides, paddings and groups, ceil, adaptive windows that overlap."""
    return Table(
        "odd",
        (4, 23, 19),
        (
            Conv("dilated", maps=6, kernel=(3, 2), stride=(2, 1), padding=((2, 1), (0, 3)), dilation=(2, 3), groups=2, activation="tanh"),
            LRN("norm", size=4, convention="torch", alpha=0.5, groups=2),
            AveragePool("average", kernel=3, stride=2, padding=((1, 0), (0, 1)), ceil=True, activation="relu"),
            BatchNorm("bn", activation="scaled_tanh"),
            MaxPool("max", kernel=2, stride=1, padding=1),
            Identity("identity", maps=9, stride=2),
            AdaptiveAveragePool("adaptive", size=(2, 3)),
            LRN("tensorflow", size=1, convention="tensorflow"),
            Dense("Out", units=3, bias=False, activation="softmax"),
        ),
    )  # fmt: skip


def test_units_of_odd_rows():
    assert largest_difference(with_statistics(build(odd_table(), seed=0)), units=8) < WITHIN


def test_a_convolution_is_the_notes_sum():
    """z = b + sum of x w, with the picture's own numbers: recomputed here cell by cell."""
    network = with_statistics(build("lenet5", seed=0))
    x = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    result = unit_arithmetic(network, x, "C1", (4, 7, 20))
    window, weight = x[0, 0, 7:12, 20:25].double().numpy(), network.C1.weight[4, 0].detach().double().numpy()
    assert np.array_equal(result.trace.window[0], window)
    assert np.array_equal(result.trace.weights[0], weight)
    assert np.array_equal(result.trace.products[0], window * weight)
    assert result.trace.corner == (7, 20)
    total = sum(float(window[u, v]) * float(weight[u, v]) for u in range(5) for v in range(5))
    bias = network.C1.bias[4].item()
    assert [step.value for step in result.trace.steps] == pytest.approx(
        [total, total + bias, 1.7159 * np.tanh(2 / 3 * (total + bias))]
    )
    assert result.value == pytest.approx(result.network_value, abs=1e-5)


def test_a_sparse_map_has_only_its_input_maps():
    network = build("lenet5", seed=0)
    result = unit_arithmetic(network, torch.randn(1, 1, 32, 32), "C3", (6, 0, 0))
    assert result.trace.maps == load_table("lenet5").rows[2].connections[6]
    assert result.trace.weights.shape == (4, 5, 5)


def test_padding_is_zero_for_sums_and_absent_for_the_largest():
    network = build(odd_table(), seed=0)
    x = torch.randn(1, 4, 23, 19)
    assert unit_arithmetic(network, x, "dilated", (0, 0, 0)).trace.window[0, 0].tolist() == [0, 0]
    pooled = unit_arithmetic(network, x, "max", (0, 0, 0)).trace
    assert np.isnan(pooled.window).sum() == 3
    assert pooled.steps[0].description == "largest of 1 cells"


def test_the_strongest_unit():
    output = torch.zeros(2, 3, 4, 5)
    output[0, 2, 1, 3] = 1
    output[1, 0, 0, 0] = 9  # of another image
    assert strongest_unit(output) == (2, 1, 3)


@pytest.mark.parametrize(
    ("path", "unit", "message"),
    [
        ("C1", (6, 0, 0), r"row C1: there is no unit \[6, 0, 0\]; expected map, row and column from 0 to 5, 27, 27"),
        ("C1", (0, 0), r"row C1: there is no unit \[0, 0\]; expected map, row and column"),
        ("F6", (-1,), r"row F6: there is no unit \[-1\]; expected number from 0 to 83"),
    ],
)
def test_errors(path, unit, message):
    with pytest.raises(StriateError, match=message):
        unit_arithmetic(build("lenet5", seed=0), torch.zeros(1, 1, 32, 32), path, unit)


@pytest.mark.parametrize(
    ("name", "path", "term"),
    [
        ("lenet5", "Out", "squared difference"),
        ("lenet5:notes", "Out", "squared difference"),
        ("lenet5", "F6", "product"),
        ("lenet5:modern", "Out", "product"),
        ("alexnet:tiny", "D8", "value"),
    ],
)
def test_the_terms_of_a_flat_unit_are_named(name, path, term):
    """An RBF adds squared differences, a Dense row products; a row without weights passes a value on."""
    network = build(name, seed=0).eval()
    sample = sample_of("gray", torch.full(network.table.input, 200, dtype=torch.uint8), network.table)
    unit = unit_arithmetic(network, sample.input_NCHW, path, (0,))
    _, bars = unit_figure(sample, network.plan, unit).axes
    assert bars.get_ylabel() == term
    assert bars.get_title() in (f"the {term}s", f"the 24 largest of {len(unit.trace.window):,} {term}s")
