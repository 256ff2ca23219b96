"""The bar experiment on units whose responses are known."""

import numpy as np
import pytest
import torch
from gabors import apart, gabor, noise, one_layer
from untouched import untouched

from striate.inspection.bar_stimuli import DARK, LIGHT, bar_experiment, orientation_sweep
from striate.inspection.bar_stimuli_view import bar_experiment_view
from striate.inspection.receptive_field import Box
from striate.inspection.stimuli import bar
from striate.inspection.tuning import SELECTIVE, Gratings, measure_tuning
from striate.nn import build

GRATINGS = Gratings(tuple(15.0 * step for step in range(12)), (3.0, 6.0))


def run_experiment(network, index=0, path="C1"):
    return bar_experiment(network, measure_tuning(network, [path], GRATINGS)[path], index)


def test_a_linear_unit_adds_up_the_light_that_falls_on_its_kernel():
    network = one_layer(noise(1))
    result = run_experiment(network)
    kernel = network.C1.weight[0, 0].double().detach().numpy()
    assert result.field == Box(11, 11, 11, 11)
    assert result.centre == (16, 16)
    for row, column in ((0, 0), (3, 7), (8, 10)):
        stimulus = (
            bar((33, 33), result.orientations_deg[row], result.width, result.positions[column])[11:22, 11:22] / 255
        )
        assert result.light[row, column] == pytest.approx((stimulus * kernel).sum(), abs=1e-5)
    np.testing.assert_allclose(result.dark, -result.light, atol=1e-5)
    np.testing.assert_allclose(result.by_contrast, result.by_contrast[-1] * result.contrasts, atol=1e-5)
    np.testing.assert_allclose(result.dark_by_width, -result.light_by_width, atol=1e-5)


@pytest.mark.parametrize("orientation", [0, 45, 75, 120])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_gabor_filter_responds_most_to_a_bar_along_its_stripe(orientation, sign):
    """Light where it is positive in the middle, dark where it is negative."""
    result = run_experiment(one_layer([sign * gabor(orientation, 6, 0)]))
    assert apart(result.best_orientation_deg, orientation) == 0
    assert result.best_position == pytest.approx(0, abs=0.01)
    assert result.best_contrast == sign
    best = np.array(result.light_by_width if sign == 1 else result.dark_by_width)
    assert 2 < result.widths[best.argmax()] < 4  # half its wavelength; wider bars reach the negative flanks
    assert best[-1] < best.max() / 2
    assert (np.diff(sign * result.by_contrast) > 0).all()


def test_a_bar_is_found_at_its_place():
    """A unit that reads one line of pixels, two below its middle; and one that reads a column, three to the right."""
    line, column = np.zeros((11, 11)), np.zeros((11, 11))
    line[5 + 2] = 1
    column[:, 5 + 3] = 1
    network = one_layer([line, column])
    step = np.diff(run_experiment(network).positions)[0]
    for index, orientation, position in ((0, 0, 2), (1, 90, 3)):
        result = run_experiment(network, index)
        assert result.best_orientation_deg == orientation
        assert abs(result.best_position - position) <= step


def test_a_bar_is_as_wide_as_a_stripe_or_as_the_step_between_positions():
    """So that a deep unit's bars leave no gap; a dense unit's field is that of all rows before it."""
    network = build("alexnet:tiny", seed=0)
    with untouched(network):
        result = run_experiment(network, path="F9")
    assert result.width >= np.diff(result.positions)[0] * 0.9
    assert result.field.height >= 56
    assert torch.isfinite(torch.tensor(result.by_contrast)).all()


def test_the_view_has_the_numbers():
    view = bar_experiment_view(run_experiment(one_layer([gabor(45, 6, 0)])))
    assert view.name == "bars-C1-0"
    assert "the unit responds most to a white bar on black at 45 degrees" in view.paragraphs[0]
    assert view.numbers["response"] > 4 * abs(view.numbers["across"])
    assert len(view.figure.axes) == 4 + 2 + 1 + 2


def test_a_sweep_has_the_experiments_responses():
    """One column of the experiment, at the orientations of both."""
    network = one_layer([*noise(2), gabor(45, 6, 0)])
    result = run_experiment(network, 1)
    for contrast, expected in ((LIGHT, result.light), (DARK, result.dark)):
        sweep = orientation_sweep(network, "C1", result.width, result.positions[4], contrast)
        assert sweep.responses.shape == (3, 36)
        np.testing.assert_allclose(sweep.responses[1, ::3], expected[:, 4], atol=1e-6)


def test_a_sweeps_pictures_are_the_measured_stimuli():
    network = one_layer(noise(1))
    sweep = orientation_sweep(network, "C1", 3, -1.5, DARK)
    kernel = network.C1.weight[0, 0].double().detach().numpy()
    for orientation, response in zip(sweep.orientations_deg, sweep.responses[0], strict=True):
        light = sweep.picture(orientation)[11:22, 11:22] / 255
        assert response == pytest.approx(((light - 1) * kernel).sum(), abs=1e-5)  # the background is white


@pytest.mark.parametrize("orientation", [3, 45, 90, 167])
def test_a_sweep_finds_a_gabor_filters_orientation(orientation):
    sweep = orientation_sweep(one_layer([gabor(orientation, 6, 0)]), "C1", 3)
    assert apart(sweep.preferred_deg[0], orientation) < 2
    assert sweep.selectivity[0] > SELECTIVE


def test_roses_are_the_positive_responses_of_units_that_are_not_mostly_inhibited():
    sweep = orientation_sweep(build("lenet5", seed=0), "C3", 3)
    silent = np.isnan(sweep.preferred_deg)
    assert 0 < silent.sum() < len(silent)
    assert not sweep.roses[silent].any()
    rises = np.maximum(sweep.responses[~silent], 0)
    np.testing.assert_allclose(sweep.roses[~silent], rises / rises.max(axis=1, keepdims=True))


def test_the_clearest_unit_is_a_selective_one():
    """Not one that responds more, but equally to every orientation; a unit without responses has no preference."""
    spot = np.zeros((11, 11))
    spot[5, 5] = 1
    network = one_layer([spot, 0.2 * gabor(120, 6, 0), -spot], activation="relu")
    sweep = orientation_sweep(network, "C1", 3)
    assert sweep.clearest == 1
    assert sweep.responses[0].max() > sweep.responses[1].max()
    assert sweep.selectivity[0] < 0.01
    assert sweep.selectivity[2] == 0
    assert np.isnan(sweep.preferred_deg[2])


def test_a_sweep_of_every_row():
    network = build("googlenet:tiny", seed=0)
    with untouched(network):
        for step in network.plan.flat[::7]:
            sweep = orientation_sweep(network, step.path, 4)
            assert sweep.responses.shape == (step.output[0], 36)
            assert np.isfinite(sweep.responses).all()
