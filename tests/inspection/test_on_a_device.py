"""Looking inside on a device that is not the CPU: a stand-in with the CPU's numbers (`devices`). No GPU is needed, and none was there when these were written."""

from functools import cache, partial

import devices
import numpy as np
import pytest
import torch

from striate.data import load_dataset
from striate.inspection import (
    ATTRIBUTION_METHODS,
    accuracy_under,
    activation_statistics,
    at_initialization,
    attribute,
    completeness_gap,
    feature_space,
    gradient_flow,
    measure_learning,
    measure_tuning,
    orientation_sweep,
    receptive_field_map,
    shortcut_flow,
    top_patches,
    unit_arithmetic,
    untrained_selectivity,
)
from striate.nn import build, device_of
from striate.tables import load_table

TABLE = "lenet5"
IMAGE_NCHW = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
INSPECTIONS = {
    "statistics": lambda network: activation_statistics(network, IMAGE_NCHW).layers[0].mean,
    "receptive field": lambda network: receptive_field_map(network, IMAGE_NCHW, "C3", (2, 2)).gradient_HW,
    "unit": lambda network: unit_arithmetic(network, IMAGE_NCHW, "C3", (1, 2, 3)).value,
    "tuning": lambda network: measure_tuning(network, ["C1"])["C1"].selectivity,
    "sweep": lambda network: orientation_sweep(network, "C1", width=2).responses,
    "patches": lambda network: top_patches(network, _digits().validation.subsample(20), "C1").peaks,
    "space": lambda network: feature_space(network, _digits(), max_images=40).projection.explained_variance,
    "robustness": lambda network: accuracy_under(network, _digits().validation.subsample(5))[0].accuracy,
    "untrained": lambda network: untrained_selectivity(network.plan, ["C1"], device=device_of(network))["C1"],
    "gap": lambda network: completeness_gap(
        network, IMAGE_NCHW, attribute(network, IMAGE_NCHW, 3, "integrated_gradients")
    ),
    **{
        method: partial(lambda method, network: attribute(network, IMAGE_NCHW, 3, method).values_CHW, method)
        for method in ATTRIBUTION_METHODS
    },
}


@cache
def _digits():
    return load_dataset("digits", load_table(TABLE))


@pytest.mark.parametrize("name", INSPECTIONS)
def test_looking_inside_needs_no_float64(device, name):
    here_, there = (build(TABLE, seed=0).eval() for _ in range(2))
    there.to(devices.NAME)
    device.lacks = {torch.float64}
    found, expected = INSPECTIONS[name](there), INSPECTIONS[name](here_)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("device")
def test_the_gradient_on_another_device():
    there, here_ = (gradient_flow("alexnet:tiny", device=name) for name in (None, "cpu"))
    np.testing.assert_allclose(
        [layer.gradient for layer in there.layers], [layer.gradient for layer in here_.layers], rtol=1e-5
    )
    network, images_NCHW = build("resnet18:tiny", seed=0), torch.randn(4, 3, 64, 64)
    expected = shortcut_flow(network, images_NCHW, torch.arange(4))
    found = shortcut_flow(network.to(devices.NAME), images_NCHW, torch.arange(4))
    np.testing.assert_allclose([unit.body for unit in found], [unit.body for unit in expected], rtol=1e-5)
    untrained = at_initialization(load_table("resnet18:tiny"), images_NCHW, device=devices.NAME)
    assert device_of(untrained) == torch.device(devices.NAME, 0)


@pytest.mark.usefixtures("device")
def test_learning_on_another_device():
    there, here_ = (measure_learning(load_table(TABLE), _digits(), steps=(0, 1), device=name) for name in (None, "cpu"))
    np.testing.assert_array_equal(there.losses, here_.losses)
    assert device_of(there.network) == torch.device(devices.NAME, 0)
