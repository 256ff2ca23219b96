"""Receptive fields: the gradient is 0 outside the theoretical one, and fills it where no weight is 0."""

import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.receptive_field import Box, receptive_field_map, theoretical_field
from striate.nn import build
from striate.tables import Add, Concat, Conv, Dense, Table, load_plan


def places(step):
    """A corner, the middle and the last place of a row."""
    if len(step.output) == 1:
        return [None]
    _, height, width = step.output
    return sorted({(0, 0), (height // 2, width // 2), (height - 1, width - 1)})


@pytest.mark.parametrize(
    "name", ["lenet5", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny", "resnet50:tiny", "minivggnet:tiny"]
)
def test_the_theoretical_field_contains_the_effective_one(name):
    """For every row, those inside Inception branches, bodies and shortcuts too."""
    network = with_statistics(build(name, seed=0))
    steps = network.plan.flat
    chosen = steps if len(steps) < 40 else steps[:: len(steps) // 20]
    images = torch.randn(2, *network.table.input, generator=torch.Generator().manual_seed(0))
    nonzero_gradients = []
    with untouched(network):
        for step in chosen:
            for place in places(step)[:2]:
                field = receptive_field_map(network, images, step.path, place)
                assert field.theoretical.contains(field.nonzero), (step.path, place)
                assert field.nonzero.contains(field.effective)
                nonzero_gradients.append(field.gradient_HW.any())
    assert np.mean(nonzero_gradients) > 0.8  # few ReLUs are off for all of the images


@pytest.mark.parametrize(
    ("row", "box"),
    [
        (Conv("x", maps=3, kernel=(3, 5), stride=2, padding=1), Box(3, 5, 3, 5)),
        (Concat("x", branches=((Conv("a", maps=2, kernel=1),), (Conv("b", maps=1, kernel=5, padding=2),))), Box(0, 1, 5, 5)),
        (Add("x", body=(Conv("a", maps=1, kernel=3, padding=1), Conv("b", maps=1, kernel=3, padding=1))), Box(0, 1, 5, 5)),
    ],
)  # fmt: skip
def test_without_zeros_the_gradient_fills_the_theoretical_field(row, box):
    """Of a convolution, and of the widest branch and body: every pixel of the box moves the unit."""
    table = Table("one", (1, 11, 13), (row, Dense("Out", units=2)))
    field = receptive_field_map(build(table, seed=0), torch.randn(3, 1, 11, 13), "x", (2, 3))
    assert field.theoretical == field.nonzero == box


def test_the_gradient_is_torchs():
    network = build("lenet5:modern", seed=0)
    x = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    units = network.eval().C3(network.S2(network.C1(x)))[0, :, 4, 3]
    on = int(units.argmax())  # a ReLU that is not off
    units[on].backward()
    field = receptive_field_map(network, x.detach(), "C3", (4, 3), map_index=on)
    expected = x.grad.abs()[0, 0].double().numpy()
    assert field.gradient_HW == pytest.approx(expected / expected.sum(), abs=1e-6)


def test_the_effective_box_holds_the_middle_95_percent():
    network = build("lenet5", seed=0)
    field = receptive_field_map(network, torch.randn(4, 1, 32, 32), "C5", (0, 0))
    box = field.effective
    inside = field.gradient_HW[box.top : box.top + box.height]
    assert 0.95 <= inside.sum() < 1
    assert field.gradient_HW[: box.top].sum() < 0.025


def test_units_without_a_place_have_the_whole_picture():
    assert theoretical_field(load_plan("lenet5"), "F6", None) == Box(0, 0, 32, 32)
    assert Box(-3, 20, 10, 20).clip(32, 32) == Box(0, 20, 7, 12)


def test_a_unit_that_is_off_has_no_effective_field():
    network = build("lenet5:modern", seed=0)
    with torch.no_grad():
        network.C1.bias.fill_(-1e9)
    field = receptive_field_map(network, torch.randn(2, 1, 32, 32), "C1", (3, 3))
    assert not field.gradient_HW.any()
    assert (field.effective.height, field.nonzero.width) == (0, 0)


@pytest.mark.parametrize(
    ("path", "place", "message"),
    [
        ("C1", (28, 0), "row C1: there is no place (28, 0); expected row and column from 0 to 27 and 27"),
        ("C1", None, "row C1: there is no place None"),
        ("F6", (0, 0), "row F6: its units have no row and column"),
    ],
)
def test_errors(path, place, message):
    with pytest.raises(StriateError) as caught:
        theoretical_field(load_plan("lenet5"), path, place)
    assert message in str(caught.value)
