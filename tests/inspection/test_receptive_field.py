"""Receptive fields: the gradient is 0 outside the theoretical one, and fills it where no weight is 0.

What lies in the picture of them is exactly what can change the unit, by brute force over drawn tables.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn import linearised, tables
from hypothesis import given, settings
from networks import SMALL, with_statistics
from untouched import untouched

from striate.analysis import receptive_fields
from striate.equations import lrn_reach
from striate.errors import StriateError
from striate.inspection.pixels_read import pixels_read
from striate.inspection.receptive_field import Box, receptive_field_map, theoretical_field, visible_field
from striate.nn import build
from striate.tables import (
    LRN,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    MaxPool,
    Table,
    load_plan,
    load_table,
)


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
                assert field.theoretical.contains(field.visible), (step.path, place)
                assert field.visible.contains(field.nonzero), (step.path, place)
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
    assert visible_field(load_plan("lenet5"), "F6", None) == Box(0, 0, 32, 32)


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


def with_every_neighbour(table):
    """LRN as a 1x1 convolution of the maps that it sums over, which is linear."""
    plan = table.plan()
    shapes = {step.path: step.input for step in plan.steps}
    return replace(table, rows=tuple(_neighbours(row, shapes[row.name]) for row in table.rows), towers=1, heads=())


def _neighbours(row, shape):
    if not isinstance(row, LRN):
        return row
    own, (before, after) = shape[0] // row.groups, lrn_reach(row.size, row.convention)
    reads = [
        tuple(k // own * own + j for j in range(own) if k % own - before <= j <= k % own + after)
        for k in range(shape[0])
    ]
    return Conv(row.name, maps=shape[0], kernel=1, connections=tuple(reads))


def check_visible_pixels(table, path=None):
    """By brute force: with weights of 1 and means for maxima the gradient of a unit is 0 exactly at the pixels that
    cannot change it. Of the corner, middle and last units of the rows (a dozen), for the first, last, and all maps."""
    network = build(linearised(with_every_neighbour(table))).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
    x = torch.ones(1, *table.input, dtype=torch.float64, requires_grad=True)
    outputs = {}
    for step in table.plan().flat:
        network.get_submodule(step.path).register_forward_hook(
            lambda _module, _inputs, output, path=step.path: outputs.__setitem__(path, output)
        )
    network(x)
    plan = table.plan()
    steps = [step for step in plan.flat if path in (None, step.path)]
    for step in steps[:: max(1, len(steps) // 12)]:
        for place in places(step):
            for map_index in (None, 0, step.output[0] - 1):
                units = outputs[step.path][0] if place is None else outputs[step.path][0, :, place[0], place[1]]
                asked = units.sum() if map_index is None else units[map_index]
                (gradient,) = torch.autograd.grad(asked, x, retain_graph=True, allow_unused=True)
                reached = np.zeros(table.input[1:], bool) if gradient is None else (gradient[0] != 0).any(dim=0).numpy()
                assert np.array_equal(pixels_read(plan, step.path, place, map_index), reached), (step.path, place)
                rows, columns = np.flatnonzero(reached.any(axis=1)), np.flatnonzero(reached.any(axis=0))
                box = visible_field(plan, step.path, place, map_index=map_index)
                ends = (box.top, box.bottom, box.left, box.right)
                assert ends == ((rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) if rows.size else (0, 0, 0, 0))
                assert not rows.size or theoretical_field(plan, step.path, place).contains(box)


@settings(max_examples=100, deadline=None)
@given(tables())
def test_the_visible_pixels_of_drawn_tables_are_those_that_change_the_unit(table):
    check_visible_pixels(table)


@pytest.mark.parametrize("name", SMALL)
def test_the_visible_pixels_of_every_network_are_those_that_change_the_unit(name):
    check_visible_pixels(load_table(name))


@pytest.mark.parametrize(
    ("size", "rows", "box"),
    [
        (  # inner padding: row 0 of the pool reads rows -1, 0 and 1 of the convolution, which reads -1, 1, 3 and 1, 3, 5
            (30, 27),
            (
                Conv("a", maps=2, kernel=(3, 4), stride=(2, 1), padding="same", dilation=(2, 1)),
                AveragePool("x", kernel=(3, 2), stride=(2, 3), padding="same"),
            ),
            Box(1, 0, 5, 4),
        ),
        (
            (9, 9),
            (Conv("a", maps=1, kernel=3, padding=1), MaxPool("x", kernel=3, stride=2, padding=1)),
            Box(0, 0, 3, 3),
        ),
        ((9, 9), (Conv("x", maps=1, kernel=1, padding=2),), Box(0, 0, 0, 0)),  # padding only
        ((9, 9), (Conv("a", maps=1, kernel=3, padding=1, dilation=2), BatchNorm("x")), Box(1, 1, 3, 3)),
        ((9, 9), (Conv("a", maps=1, kernel=3, padding=1), AdaptiveAveragePool("x", size=3)), Box(0, 0, 4, 4)),
    ],
)
def test_the_first_unit_at_the_edge(size, rows, box):
    table = Table("edge", (1, *size), (*rows, Dense("Out", units=2)))
    assert visible_field(table.plan(), "x", (0, 0)) == box
    check_visible_pixels(table, "x")


def test_inside_of_the_picture_the_visible_field_is_the_theoretical_one():
    for name in SMALL:
        plan = load_plan(name)
        whole = Box(0, 0, *plan.table.input[1:])
        inside = 0
        for step in plan.flat:
            for place in places(step):
                box = theoretical_field(plan, step.path, place)
                if whole.contains(box) and receptive_fields(plan)[step.path].height[0] < 8:
                    assert visible_field(plan, step.path, place) == box, (name, step.path, place)
                    inside += 1
        assert inside, name
