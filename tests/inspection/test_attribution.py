"""Attributions equal captum's, by its public API, for every family; and they find the pixels of a known rule."""

from pathlib import Path

import numpy as np
import pytest
import torch
from captums import captums
from networks import with_statistics
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.attribution import (
    ATTRIBUTION_METHODS,
    attribute,
    baseline_input,
    completeness_gap,
    default_layer,
    evident_pixels,
)
from striate.nn import build, load_model
from striate.tables import ARCHITECTURES, Conv, Dense, Table, load_table

FAMILIES = ("lenet5", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny", "minivggnet:tiny")


@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
@pytest.mark.parametrize("name", FAMILIES)
def test_attributions_are_captums(name, method):
    network = with_statistics(build(name, seed=0)).train()
    x = torch.randn(1, *network.table.input, generator=torch.Generator().manual_seed(0))
    with untouched(network):
        attribution = attribute(network, x, 1, method)
    expected = captums(network, x.clone().requires_grad_(), 1, method).detach()[0].numpy()
    assert attribution.values_CHW.shape == (
        1 if method == "grad_cam" else network.table.input[0],
        *network.table.input[1:],
    )
    assert np.abs(attribution.values_CHW - expected).max() <= 1e-4 * max(1, np.abs(expected).max())
    assert attribution.summed == pytest.approx(attribution.values_CHW.sum(axis=0))


@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
def test_they_find_the_pixels_that_a_prediction_depends_on(method):
    """Class 1 is the brightness of the lower right quarter, by construction."""
    table = Table("one", (1, 24, 24), (Conv("C1", maps=2, kernel=3, padding=1), Dense("Out", units=2)))
    network = build(table, seed=0)
    with torch.no_grad():
        network.C1.weight.zero_()
        network.C1.weight[:, :, 1, 1] = 1
        network.C1.bias.zero_()
        weight = torch.zeros(2, 2, 24, 24)
        weight[1, 0, 12:, 12:] = 1
        network.Out.weight.copy_(weight.flatten(1))
    x = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(0)) + 0.5
    values = attribute(network, x, 1, method).summed
    assert values[12:, 12:].sum() > 0
    if method != "grad_cam":  # which weights whole maps
        assert np.abs(values[:8, :8]).max() < 1e-4 * values.max()


def test_integrated_gradients_are_complete():
    network = build("lenet5", seed=0)
    x = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    assert abs(completeness_gap(network, x, attribute(network, x, 3, "integrated_gradients"))) < 1e-3


def test_the_default_layer_of_every_network_has_maps():
    layers = {name: default_layer(table.plan()) for name, table in ARCHITECTURES.items()}
    assert layers["alexnet"] == "C7"
    assert layers["googlenet"] == "inception_5b"
    assert layers["resnet50:torchvision"] == "conv5_3"
    assert layers["plain34"] == "bn5_3b"
    assert layers["minivggnet"] == "bn2_2"


def test_the_baseline_is_black_or_the_mean():
    assert baseline_input(load_model(Path("lenet5")).network.table).item() == pytest.approx(-0.1, abs=1e-6)
    assert baseline_input(load_table("resnet18")).tolist() == [[[[0.0]]] * 3]


@pytest.mark.parametrize("name", FAMILIES)
def test_evident_pixels_are_around_what_differs_from_the_baseline(name):
    network = with_statistics(build(name, seed=0)).train()
    channels, height, width = network.table.input
    picture = baseline_input(network.table).expand(1, channels, height, width).clone()
    with untouched(network):
        assert not evident_pixels(network, picture).any()
    picture[..., height // 2, width // 2] += 1
    evident = evident_pixels(network, picture)
    assert evident.shape == (height, width)
    assert evident[height // 2, width // 2]


def test_evident_pixels_end_where_a_rows_windows_do():
    """C3 of LeNet-5 has 10 x 10 cells, of 3.2 pixels in Grad-CAM's map; 14 x 14 pixels, 4 apart, reach one."""
    network = build("lenet5", seed=0)
    picture = baseline_input(network.table).expand(1, 1, 32, 32).clone()
    picture[0, 0, 0, 0] = 1.175  # only the window of the first cell has it
    evident = evident_pixels(network, picture)
    assert evident[:3, :3].all()
    assert evident.sum() <= 16


def test_errors():
    network = build("lenet5", seed=0)
    with pytest.raises(StriateError, match="row F6: its units have no row and column, which Grad-CAM needs"):
        attribute(network, torch.zeros(1, 1, 32, 32), 0, "grad_cam", path="F6")
    with pytest.raises(StriateError, match="has no maps of more than one cell"):
        default_layer(Table("flat", (1, 4, 4), (Dense("Out", units=2),)).plan())
