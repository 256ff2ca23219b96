"""Learning rates by the recipes' schedules."""

from dataclasses import replace

import pytest
import torch

from striate.tables import Constant, Cosine, InverseTime, Milestones, Plateau, Recipe, StepDecay, load_table
from striate.training.schedule import learning_rate


def rates(recipe, epoch_steps=10, accuracies=()):
    recipe = replace(recipe, learning_rate=1.0)
    return [learning_rate(recipe, step, epoch_steps, accuracies) for step in range(epoch_steps * recipe.epochs)]


def test_one_cycle_ends_at_zero_and_peaks_at_the_recipes_rate():
    curve = rates(Recipe(epochs=20))
    assert max(curve) == pytest.approx(1, rel=1e-3)
    assert curve[0] == pytest.approx(0.04)
    assert curve[-1] == pytest.approx(0, abs=1e-12)
    assert learning_rate(Recipe(epochs=1), 0, 1) > 0


def test_constant():
    assert set(rates(Recipe(epochs=3, schedule=Constant()))) == {1.0}


def test_cosine_is_torchs():
    """Half a cosine from the first step to the last, where the rate is zero."""
    parameter = torch.nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    peer = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=29)
    expected = []
    for _step in range(30):
        expected += peer.get_last_lr()
        optimizer.step()
        peer.step()
    curve = rates(Recipe(epochs=3, schedule=Cosine()))
    assert curve == pytest.approx(expected, abs=1e-9)
    assert (curve[0], curve[-1]) == (1, pytest.approx(0, abs=1e-12))
    assert learning_rate(Recipe(epochs=1, schedule=Cosine()), 0, 1) > 0


def test_googlenet_loses_4_percent_every_8_epochs():
    curve = rates(replace(load_table("googlenet").recipe, epochs=17))
    assert curve[79] == 1
    assert curve[80] == curve[159] == pytest.approx(0.96)
    assert curve[160] == pytest.approx(0.96**2)


def test_cifar_falls_at_half_and_three_quarters():
    curve = rates(load_table("resnet20").recipe)
    assert [curve.index(rate) / len(curve) for rate in sorted(set(curve), reverse=True)] == [0, 0.5, 0.75]
    assert sorted(set(curve)) == pytest.approx([0.01, 0.1, 1])


def test_resnet_110_warms_up():
    assert rates(load_table("resnet110").recipe)[:11] == [0.1] * 10 + [1.0]
    assert rates(Recipe(schedule=Milestones(at=())))[-1] == 1


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ((), 1),
        ((0.1, 0.2, 0.3, 0.4), 1),
        ((0.5, 0.4, 0.4), 0.1),
        ((0.5, 0.5, 0.4, 0.5), 0.1),
        ((0.5, 0.5, 0.5, 0.5, 0.5), 0.01),
        ((0.5, 0.5, 0.5, 0.6, 0.5), 0.1),
    ],
)
def test_a_plateau_is_when_the_best_was_not_exceeded(accuracies, expected):
    recipe = Recipe(learning_rate=1.0, schedule=Plateau(patience=2))
    assert learning_rate(recipe, 0, 10, accuracies) == pytest.approx(expected)


def test_minivggnets_decay_is_keras():
    """lr / (1 + decay * step), decay 0.01 / 40, over 40 epochs of 782 steps."""
    recipe = load_table("minivggnet").recipe
    for step in (0, 1, 782, 40 * 782 - 1):
        assert learning_rate(recipe, step, 782) == pytest.approx(0.01 / (1 + 0.01 / 40 * step), rel=1e-3)
    assert isinstance(recipe.schedule, InverseTime)


def test_step_decay_counts_epochs_not_steps():
    recipe = Recipe(learning_rate=1.0, schedule=StepDecay(every=2))
    assert [learning_rate(recipe, step, 3) for step in (0, 5, 6, 11, 12)] == pytest.approx([1, 1, 0.1, 0.1, 0.01])
