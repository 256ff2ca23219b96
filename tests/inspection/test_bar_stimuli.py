"""The bar experiment on units whose answer can be written down."""

import numpy as np
import pytest
import torch
from gabors import apart, gabor, noise, one_layer
from untouched import untouched

from striate.inspection.bar_stimuli import DARK, LIGHT, bar_experiment, orientation_sweep
from striate.inspection.receptive_field import Box
from striate.inspection.stimuli import bar
from striate.inspection.tuning import SELECTIVE, Gratings, measure_tuning
from striate.inspection.views.bars import bars_view
from striate.nn import build

GRATINGS = Gratings(tuple(15.0 * step for step in range(12)), (3.0, 6.0))


def experiment(network, index=0, path="C1"):
    return bar_experiment(network, measure_tuning(network, [path], GRATINGS)[path], index)


def test_a_linear_unit_adds_up_the_light_that_falls_on_its_kernel():
    network = one_layer(noise(1))
    found = experiment(network)
    kernel = network.C1.weight[0, 0].double().detach().numpy()
    assert found.field == Box(11, 11, 11, 11)
    assert found.centre == (16, 16)
    for row, column in ((0, 0), (3, 7), (8, 10)):
        shown = bar((33, 33), found.orientations_deg[row], found.width, found.positions[column])[11:22, 11:22] / 255
        assert found.light[row, column] == pytest.approx((shown * kernel).sum(), abs=1e-5)
    np.testing.assert_allclose(found.dark, -found.light, atol=1e-5)
    np.testing.assert_allclose(found.by_contrast, found.by_contrast[-1] * found.contrasts, atol=1e-5)
    np.testing.assert_allclose(found.dark_by_width, -found.light_by_width, atol=1e-5)


@pytest.mark.parametrize("orientation", [0, 45, 75, 120])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_gabor_filter_responds_most_to_a_bar_along_its_stripe(orientation, sign):
    """Light where it is positive in the middle, dark where it is negative."""
    found = experiment(one_layer([sign * gabor(orientation, 6, 0)]))
    assert apart(found.best_orientation_deg, orientation) == 0
    assert found.best_position == pytest.approx(0, abs=0.01)
    assert found.best_contrast == sign
    best = np.array(found.light_by_width if sign == 1 else found.dark_by_width)
    assert 2 < found.widths[best.argmax()] < 4  # half its wavelength; wider bars reach the flanks, which take away
    assert best[-1] < best.max() / 2
    assert (np.diff(sign * found.by_contrast) > 0).all()


def test_a_bar_is_found_where_it_lies():
    """A unit that sees one line of pixels, two below its middle; and one that sees a column, three to the right."""
    line, column = np.zeros((11, 11)), np.zeros((11, 11))
    line[5 + 2] = 1
    column[:, 5 + 3] = 1
    network = one_layer([line, column])
    step = np.diff(experiment(network).positions)[0]
    for index, orientation, position in ((0, 0, 2), (1, 90, 3)):
        found = experiment(network, index)
        assert found.best_orientation_deg == orientation
        assert abs(found.best_position - position) <= step


def test_a_bar_is_as_wide_as_a_stripe_or_as_the_step_between_positions():
    """So that a deep unit's bars leave no gap; and the field of a dense unit is that of all before it."""
    network = build("alexnet:tiny", seed=0)
    with untouched(network):
        found = experiment(network, path="F9")
    assert found.width >= np.diff(found.positions)[0] * 0.9
    assert found.field.height >= 56
    assert torch.isfinite(torch.tensor(found.by_contrast)).all()


def test_the_view_tells_what_was_found():
    view = bars_view(experiment(one_layer([gabor(45, 6, 0)])))
    assert view.name == "bars-C1-0"
    assert "a white bar on black moves it most, at 45 degrees" in view.words[0]
    assert view.numbers["response"] > 4 * abs(view.numbers["across"])
    assert len(view.figure.axes) == 4 + 2 + 1 + 2


def test_a_turned_bar_is_the_experiments_bar():
    """One column of the experiment, where both have the orientation: the same numbers."""
    network = one_layer([*noise(2), gabor(45, 6, 0)])
    found = experiment(network, 1)
    for contrast, expected in ((LIGHT, found.light), (DARK, found.dark)):
        turned = orientation_sweep(network, "C1", found.width, found.positions[4], contrast)
        assert turned.responses.shape == (3, 36)
        np.testing.assert_allclose(turned.responses[1, ::3], expected[:, 4], atol=1e-6)


def test_a_turned_bars_pictures_are_what_was_measured():
    network = one_layer(noise(1))
    turned = orientation_sweep(network, "C1", 3, -1.5, DARK)
    kernel = network.C1.weight[0, 0].double().detach().numpy()
    for orientation, response in zip(turned.orientations_deg, turned.responses[0], strict=True):
        light = turned.picture(orientation)[11:22, 11:22] / 255
        assert response == pytest.approx(((light - 1) * kernel).sum(), abs=1e-5)  # the ground is white


@pytest.mark.parametrize("orientation", [3, 45, 90, 167])
def test_a_turned_bar_finds_a_gabor_filters_orientation(orientation):
    turned = orientation_sweep(one_layer([gabor(orientation, 6, 0)]), "C1", 3)
    assert apart(turned.preferred_deg[0], orientation) < 2
    assert turned.selectivity[0] > SELECTIVE


def test_the_clearest_unit_is_a_selective_one():
    """Before one that responds more, to every orientation alike; and a unit that nothing excites prefers nothing."""
    spot = np.zeros((11, 11))
    spot[5, 5] = 1
    network = one_layer([spot, 0.2 * gabor(120, 6, 0), -spot], activation="relu")
    turned = orientation_sweep(network, "C1", 3)
    assert turned.clearest == 1
    assert turned.responses[0].max() > turned.responses[1].max()
    assert turned.selectivity[0] < 0.01
    assert turned.selectivity[2] == 0
    assert np.isnan(turned.preferred_deg[2])


def test_a_bar_can_be_turned_before_every_row():
    network = build("googlenet:tiny", seed=0)
    with untouched(network):
        for step in network.plan.flat[::7]:
            turned = orientation_sweep(network, step.path, 4)
            assert turned.responses.shape == (step.output[0], 36)
            assert np.isfinite(turned.responses).all()
