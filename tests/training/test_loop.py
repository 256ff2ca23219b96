"""The loop: schedule, batches, reproducibility, and a loss that is no number."""

from dataclasses import replace

import pytest
import torch

from striate.data.datasets import ImageSet
from striate.errors import TrainingError
from striate.nn.build import build
from striate.tables import BatchNorm, Conv, Dense, Dropout, Preprocessing, Recipe, Table
from striate.training import loop
from striate.training.loop import epochs, learning_rate

TINY = Table(
    "tiny",
    (1, 6, 6),
    (Conv("c", maps=4, kernel=3), BatchNorm("b", activation="relu"), Dropout("d", rate=0.2), Dense("out", units=2)),
)
RECIPE = Recipe(epochs=6, batch_size=8, learning_rate=0.01)


def halves(images, seed):
    """Pictures that are brighter on the left, or on the right."""
    labels = torch.arange(images) % 2
    pixels = torch.randint(0, 100, (images, 1, 6, 6), generator=torch.Generator().manual_seed(seed))
    for image, label in zip(pixels, labels, strict=True):
        image[:, :, 3 * label : 3 * label + 3] += 100
    return ImageSet(pixels.to(torch.uint8), labels)


def train(recipe, network=None):
    network = network or build(TINY, seed=0)
    seen = []
    history = list(epochs(network, halves(50, 0), halves(20, 1), Preprocessing(), recipe, seen.append))
    return network, history, seen


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_it_learns_what_can_be_learned(optimizer, schedule):
    _, history, seen = train(replace(RECIPE, optimizer=optimizer, schedule=schedule))
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].test_accuracy == 1.0
    assert history[-1].train_loss < history[0].train_loss
    assert len(seen) == 6 * 7
    assert [progress.images for progress in seen[:7]] == [8, 15, 22, 29, 36, 43, 50]


def test_one_recipe_gives_one_network():
    first, second = (train(RECIPE)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = train(replace(RECIPE, seed=1), build(TINY, seed=0))[0].state_dict()
    assert not torch.equal(first["c.weight"], other["c.weight"])


def test_every_image_once_in_an_epoch_in_another_order_each_time():
    first, second = (torch.cat(loop._batches(50, 7, seed=0, epoch=epoch)) for epoch in (1, 2))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(50))
    assert first.tolist() != second.tolist()


def test_the_last_rate_of_one_cycle_is_zero_and_its_highest_the_recipes():
    rates = [learning_rate(Recipe(learning_rate=0.5), step, 200) for step in range(200)]
    assert max(rates) == pytest.approx(0.5, rel=1e-3)
    assert rates[0] == pytest.approx(0.02)
    assert rates[-1] == pytest.approx(0, abs=1e-12)
    assert all(rate == 0.5 for rate in (learning_rate(Recipe(learning_rate=0.5, schedule="constant"), 7, 9),))
    assert learning_rate(Recipe(), 0, 1) > 0


def test_a_loss_that_is_no_number_stops_before_the_update():
    network = build(TINY, seed=0)
    with torch.no_grad():
        network.out.bias[0] = float("nan")
    before = network.c.weight.clone()
    with pytest.raises(TrainingError, match="the loss is nan at step 1, learning rate"):
        train(RECIPE, network)
    assert torch.equal(network.c.weight, before)


def test_weight_decay_leaves_biases_and_normalization_alone():
    groups = loop._optimizer(build(TINY, seed=0), replace(RECIPE, weight_decay=0.3)).param_groups
    decayed = {group["weight_decay"]: [tuple(p.shape) for p in group["params"]] for group in groups}
    assert decayed == {0.3: [(4, 1, 3, 3), (2, 64)], 0.0: [(4,), (4,), (4,), (2,)]}
