"""Units with a known orientation are found; units without one have low selectivity."""

from pathlib import Path

import numpy as np
import pytest
import torch
from gabors import apart, gabor, noise, one_layer
from networks import with_statistics
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.bar_stimuli import orientation_sweep
from striate.inspection.hooks import convolutions, record_activations
from striate.inspection.stimuli import as_input, bar, blank, grating
from striate.inspection.tuning import (
    SELECTIVE,
    Gratings,
    excitation,
    gratings_for,
    measure_tuning,
    preferred_orientation,
    selective_share,
    unit_values,
    untrained_selectivity,
)
from striate.inspection.tuning_view import chosen_units, selectivity_view, tuning_view
from striate.nn import build, load_model
from striate.tables import Dense, Table, load_plan, load_table

COARSE = Gratings(tuple(15.0 * step for step in range(12)), (3.0, 6.0, 12.0, 24.0))
"""The gratings of a large network."""
FEW = Gratings((0.0, 45.0, 90.0, 135.0), (4.0, 8.0))
ORIENTATIONS = np.arange(0, 180, 7.3)


@pytest.mark.parametrize(
    ("gratings", "bias", "activation"),
    [(None, 0, None), (COARSE, 0, None), (COARSE, -0.1, "relu"), (None, 0.1, "relu"), (COARSE, 0, "tanh")],
)
def test_gabor_filters_are_found_within_two_degrees(gratings, bias, activation):
    """Even, odd and between; finer, coarser than and between the wavelengths shown; whatever the unit's activation."""
    kinds = [(o, wavelength, phase) for wavelength in (4, 5, 6.5, 8) for phase in (0, 0.7, 1.57) for o in ORIENTATIONS]
    network = one_layer([gabor(*kind) for kind in kinds], bias=bias, activation=activation, size=25)
    tuning = measure_tuning(network, ["C1"], gratings)["C1"]
    assert apart(tuning.preferred_deg, [o for o, _, _ in kinds]).max() < 2
    assert tuning.selectivity.min() > SELECTIVE


def test_noise_has_low_selectivity():
    gabors = measure_tuning(one_layer([gabor(o, 6, 0) for o in ORIENTATIONS]), ["C1"], COARSE)["C1"].selectivity
    random = measure_tuning(one_layer(noise(200), size=11), ["C1"], COARSE)["C1"].selectivity
    assert random.max() < min(gabors.min(), SELECTIVE)
    assert random.mean() < 0.12


def test_how_many_units_of_small_noise_are_selective():
    assert (
        0.01
        < selective_share(measure_tuning(one_layer(noise(1000, 3), size=7), ["C1"], COARSE)["C1"].selectivity)
        < 0.04
    )
    assert selective_share(measure_tuning(one_layer(noise(1000, 5), size=7), ["C1"], COARSE)["C1"].selectivity) < 0.01


def test_what_is_round_has_no_orientation():
    square = (np.mgrid[:11, :11] - 5.0) ** 2
    narrow, wide = (np.exp(-square.sum(axis=0) / (2 * spread**2)) for spread in (1, 2))
    surround = narrow / narrow.sum() - wide / wide.sum()
    tuning = measure_tuning(one_layer([narrow, wide, surround, -surround]), ["C1"])["C1"]
    assert tuning.selectivity.max() < 0.02
    assert (tuning.responses.min(axis=1) > 0).all()


def test_a_kernel_turned_by_a_right_angle_prefers_the_orientation_turned():
    kernels = [*noise(20), *(gabor(o, 6, 1) for o in ORIENTATIONS)]
    upright, turned = (
        measure_tuning(one_layer(k), ["C1"], COARSE)["C1"] for k in (kernels, [np.rot90(k) for k in kernels])
    )
    assert apart(turned.preferred_deg, upright.preferred_deg + 90).max() < 0.01
    np.testing.assert_allclose(turned.selectivity, upright.selectivity, atol=1e-4)
    np.testing.assert_allclose(turned.responses, np.roll(upright.responses, 6, axis=1), atol=1e-4)


def test_of_a_linear_unit_the_response_is_that_to_the_best_phase():
    """Against the kernel's own Fourier transform, and against many phases."""
    kernel = gabor(40, 6, 1)
    kernel = kernel / np.abs(kernel).sum()
    down, right = np.mgrid[:11, :11] - 5.0
    (tuning,) = measure_tuning(one_layer([kernel], bias=3.0), ["C1"], Gratings((30.0,), (5.0,)))["C1"].responses
    turn = np.deg2rad(30)
    wave = np.exp(2j * np.pi * (np.sin(turn) * right + np.cos(turn) * down) / 5)
    assert tuning[0] == pytest.approx(0.5 * np.abs((kernel * wave).sum()), rel=1e-4)  # light is 0 to 1, mid-gray 0.5
    phases = [(kernel * grating((11, 11), 30, 5, phase)).sum() / 255 for phase in range(360)]
    assert tuning[0] == pytest.approx(max(phases) - 0.5 * kernel.sum(), rel=1e-3)


def test_the_clearest_unit_is_a_strong_one_of_those_that_are_selective():
    kernels = [gabor(30, 6, 0), gabor(60, 6, 0), *noise(2)]
    network = one_layer(kernels)
    with torch.no_grad():
        network.C1.weight[1].mul_(2)
        network.C1.weight[2:].mul_(1000)
    assert measure_tuning(network, ["C1"], COARSE)["C1"].clearest == 1
    tuning = measure_tuning(one_layer(kernels[2:]), ["C1"], COARSE)["C1"]
    lengths = np.abs(tuning.responses @ np.exp(2j * np.deg2rad(tuning.orientations_deg)))
    assert tuning.clearest == lengths.argmax()


def test_selectivity_is_one_less_the_circular_variance():
    turns = np.arange(8) * 22.5
    cosine = 1 + 2 / 3 * np.cos(2 * np.deg2rad(turns - 50))
    preferred, selectivity = preferred_orientation(turns, np.array([cosine, np.ones(8), np.eye(8)[3], np.zeros(8)]))
    assert preferred[0] == pytest.approx(50)
    assert preferred[2] == pytest.approx(67.5)
    assert np.isnan(preferred[3])
    np.testing.assert_allclose(selectivity, [1 / 3, 0, 1, 0], atol=1e-12)
    assert cosine.max() / cosine.min() == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize("step_deg", [5, 7.5, 15, 45])
def test_preferred_orientations_are_at_least_0_and_below_180(step_deg):
    """Curves that are symmetric about each orientation; at 0 a rounding error may turn the angle below it."""
    turns = np.arange(0, 180, step_deg)
    curves = np.concatenate(
        [
            [1 + 0.9 * np.cos(2 * np.deg2rad(turns - peak - error)) for peak in turns]
            for error in (0, 1e-15, -1e-15, 1e-9)
        ]
    )
    preferred, _ = preferred_orientation(turns, curves)
    assert ((preferred >= 0) & (preferred < 180)).all()
    assert apart(preferred, np.tile(turns, 4)).max() < 1e-6


@pytest.mark.parametrize("activation", [None, "tanh", "scaled_tanh"])
def test_a_unit_that_stimuli_mostly_inhibit_is_not_selective(activation):
    """A fall of 1 at most orientations, and a rise at one: a tip of a fifth of the fall makes a tuning curve."""
    orientations = np.arange(0, 180, 5.0)
    for rise, tuned in ((0.001, False), (0.19, False), (0.21, True), (1.0, True)):
        values = np.full((36, 3), -1.0)
        values[7] = rise
        values[:, 2] = np.where(np.arange(36) == 7, rise, 0)  # without a fall a small rise is a response
        responses = excitation(values, np.zeros(3), values.min(axis=0)).T
        preferred, selectivity = preferred_orientation(orientations, responses)
        assert (selectivity >= SELECTIVE).tolist() == [tuned, tuned, True]
        assert np.isnan(preferred).tolist() == [not tuned, not tuned, False]
    network = inhibited_units(activation)
    sweep = orientation_sweep(network, "F1", width=3)
    assert (sweep.responses[0] > 0).any()
    assert (sweep.responses[0] <= 0).mean() > 0.8
    assert (sweep.selectivity >= SELECTIVE).tolist() == [False, True]
    assert np.isnan(sweep.preferred_deg).tolist() == [True, False]


def inhibited_units(activation):
    """Two dense units: one that a bar lowers at every orientation but near 30 degrees, where it rises a little; one
    that rises there as much as it falls elsewhere."""
    size, orientations = 25, np.arange(0, 180, 5.0)
    lights = np.stack([bar((size, size), o, 3, 0, 1, (12, 12)).ravel() for o in orientations]) / 255
    near = np.abs((orientations - 30 + 90) % 180 - 90) < 10
    wanted = np.stack([np.where(near, 0.05, -1.0), np.where(near, 1.0, -1.0)])
    weights = np.linalg.lstsq(lights, wanted.T, rcond=None)[0].T
    network = build(Table("inhibited", (1, size, size), (Dense("F1", units=2, activation=activation),)), seed=0)
    with torch.no_grad():
        network.F1.weight.copy_(torch.from_numpy(weights))
        network.F1.bias.zero_()
    return network


def test_silent_units_and_rounding_are_not_taken_for_tuning():
    tuning = measure_tuning(
        one_layer([gabor(30, 6, 0), np.ones((11, 11)), gabor(30, 6, 0)], bias=-5, activation="relu"), ["C1"]
    )
    assert np.isnan(tuning["C1"].preferred_deg).all()
    assert not tuning["C1"].responses.any()
    assert not tuning["C1"].selectivity.any()
    network = one_layer([gabor(30, 6, 0)], bias=100.0)
    with torch.no_grad():
        network.C1.weight.mul_(1e-7)
    assert not measure_tuning(network, ["C1"], COARSE)["C1"].selectivity.any()


@pytest.mark.parametrize("name", ["lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet50:tiny", "minivggnet:tiny"])
def test_many_rows_at_once_leave_the_network_as_it_was(name):
    network = with_statistics(build(name, seed=0)).train()
    table, shown = network.table, []
    paths = [step.path for step in convolutions(table.plan())] + [table.rows[-1].name]
    with untouched(network):
        tuning = measure_tuning(network, paths, FEW, on_progress=lambda done, of: shown.append((done, of)))
    assert list(tuning) == paths
    assert shown[-1] == (len(FEW) + 1, len(FEW) + 1)
    for path, row in tuning.items():
        assert row.responses.shape == (len(row.selectivity), 4)
        assert (row.responses >= 0).all()
        assert ((row.selectivity >= 0) & (row.selectivity <= 1)).all()
        assert (row.unit is None) == (path == table.rows[-1].name)
        assert set(row.wavelengths) <= set(FEW.wavelengths)


def test_the_middle_unit_stands_for_its_map():
    network = build("lenet5:tiny", seed=0)
    pictures = [blank((16, 16)), grating((16, 16), 30, 5)]
    values = unit_values(network, ["C1", "Out"], pictures)
    activations = record_activations(network, as_input(pictures, network.table), ["C1", "Out"])
    _, _, height, width = activations["C1"].output.shape
    np.testing.assert_array_equal(values["C1"], activations["C1"].output[:, :, height // 2, width // 2].detach())
    np.testing.assert_array_equal(values["Out"], activations["Out"].output.detach())


def test_errors():
    with pytest.raises(StriateError, match="there is no row 'C9'"):
        measure_tuning(build("lenet5:tiny", seed=0), ["C9"])


def test_a_large_network_gets_fewer_gratings_and_a_small_one_none_longer_than_its_input():
    assert len(gratings_for(load_plan("resnet50"))) == 192
    assert len(gratings_for(load_plan("lenet5"))) == 672
    assert max(gratings_for(load_plan("lenet5:tiny")).wavelengths) <= 16


def test_the_shipped_network_learned_its_selectivity():
    """Its C1 adds up pixels, its C3 what C1 found: there orientation appears, and hardly without training."""
    network = load_model(Path("lenet5")).network
    paths = ["C1", "C3", "C5"]
    generator = torch.get_rng_state()
    control = untrained_selectivity(network.plan, paths, COARSE)
    assert torch.equal(torch.get_rng_state(), generator)
    tuning = measure_tuning(network, paths, COARSE)
    assert [len(control[path]) for path in paths] == [4 * len(tuning[path].selectivity) for path in paths]
    for path in paths:
        assert np.median(tuning[path].selectivity) > 1.5 * np.median(control[path])
        assert selective_share(control[path]) < 0.05
    assert selective_share(tuning["C1"].selectivity) < 0.2
    assert selective_share(tuning["C3"].selectivity) > 0.4
    view = selectivity_view(tuning, control)
    assert [row["path"] for row in view.numbers["rows"]] == paths
    assert "3 of 3 rows" in view.paragraphs[1]


def test_the_control_is_drawn_anew_and_its_batch_normalization_is_fed():
    """Unfed, many of the small ResNet's units would respond to nothing or to nearly nothing."""
    table = load_table("resnet18:tiny")
    paths = [step.path for step in convolutions(table.plan())]
    once, again = (untrained_selectivity(table.plan(), paths, FEW) for _ in range(2))
    for path in paths:
        np.testing.assert_array_equal(once[path], again[path])
    unfed = measure_tuning(build(table, seed=0), paths, FEW)
    assert once[paths[0]] == pytest.approx(unfed[paths[0]].selectivity)  # nothing is normalized before it
    fed_silent, unfed_silent = (sum((units == 0).sum() for units in rows) for rows in (
        once.values(), [row.selectivity for row in unfed.values()]))  # fmt: skip
    assert fed_silent < unfed_silent


def test_a_sheet_shows_all_units_or_a_sample_of_every_rank():
    few, many = (measure_tuning(one_layer(noise(units), size=11), ["C1"], FEW)["C1"] for units in (6, 100))
    assert chosen_units(few) == list(range(6))
    chosen = many.selectivity[chosen_units(many)]
    assert len(chosen) == 24
    assert (chosen[0], chosen[-1]) == (many.selectivity.max(), many.selectivity.min())
    assert (np.diff(chosen) <= 0).all()
    view = tuning_view(many)
    assert len(view.numbers["units"]) == 100
    assert "24 units, evenly spaced" in view.paragraphs[-1]
    assert "24 units" not in " ".join(tuning_view(few, np.ones((6, 1, 11, 11))).paragraphs)


def test_a_row_without_responses():
    unresponsive = measure_tuning(one_layer(noise(3), bias=-5, activation="relu"), ["C1"], FEW)["C1"]
    view = tuning_view(unresponsive)
    assert "Gratings raise no unit's value" in view.paragraphs[1]
    assert view.numbers["units"][0]["preferred_deg"] is None
