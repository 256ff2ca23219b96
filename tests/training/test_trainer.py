"""The loop: schedule, batches, reproducibility, and a loss that is no number."""

from dataclasses import replace

import pytest
import torch
from batched import image_set

from striate.errors import TrainingError
from striate.nn import build
from striate.runtime import find_device
from striate.tables import (
    SGD,
    AdamW,
    BatchNorm,
    Constant,
    Conv,
    Dense,
    Dropout,
    HorizontalFlip,
    OneCycle,
    Plateau,
    RandomTranslation,
    Recipe,
    Table,
    load_table,
)
from striate.training.trainer import Trainer

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
    return image_set(pixels.to(torch.uint8), labels)


def trainer(recipe, network=None, **options):
    network = network or build(replace(TINY, recipe=recipe), seed=0)
    return Trainer(network, halves(50, 0), halves(20, 1), device=find_device("float32"), **options)


def train(recipe, network=None):
    seen = []
    made = trainer(recipe, network, on_step=seen.append)
    return made.network, list(made.run()), seen


@pytest.mark.parametrize("optimizer", [AdamW(), SGD(), SGD(nesterov=True)])
@pytest.mark.parametrize("schedule", [OneCycle(), Constant(), Plateau(patience=2)])
def test_it_learns_what_can_be_learned(optimizer, schedule):
    _, history, seen = train(replace(RECIPE, optimizer=optimizer, schedule=schedule))
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].test_accuracy == 1.0
    assert history[-1].train_loss < history[0].train_loss
    assert len(seen) == 6 * 7
    assert [progress.images for progress in seen[:7]] == [7, 14, 21, 29, 36, 43, 50]


def test_one_recipe_gives_one_network():
    first, second = (train(RECIPE)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = train(replace(RECIPE, seed=1), build(replace(TINY, recipe=replace(RECIPE, seed=1)), seed=0))[0].state_dict()
    assert not torch.equal(first["c.weight"], other["c.weight"])


def test_augmentation_is_part_of_the_recipe():
    plain, varied = (
        train(replace(RECIPE, augmentation=a))[0].state_dict() for a in ((), (RandomTranslation(cells=1),))
    )
    assert not torch.equal(plain["c.weight"], varied["c.weight"])
    again = train(replace(RECIPE, augmentation=(RandomTranslation(cells=1),)))[0].state_dict()
    assert torch.equal(again["c.weight"], varied["c.weight"])


def test_pictures_whose_sides_flip_cannot_be_told_apart():
    _, history, _ = train(replace(RECIPE, augmentation=(HorizontalFlip(),)))
    assert history[-1].train_accuracy < 0.8


def one_epoch(table):
    pictures = torch.randint(0, 256, (8, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    made = Trainer(build(table, seed=0), image_set(pictures), image_set(pictures), device=find_device("float32"))
    (epoch,) = made.run()
    return made.network, epoch


@pytest.mark.parametrize("weight", [0.3, 3.0])
def test_heads_learn_with_their_weight(weight):
    """Plain gradient descent: the first step of a head's last row is as long as its weight says."""
    table = load_table("googlenet:tiny")
    heads = tuple(replace(head, weight=weight) for head in table.heads)
    recipe = Recipe(epochs=1, batch_size=8, optimizer=SGD(momentum=0.0), schedule=Constant(), weight_decay=0.0)
    before = build(table, seed=0).aux1.classifier.bias.detach()
    network, _ = one_epoch(replace(table, heads=heads, recipe=recipe))
    one, _ = one_epoch(replace(table, heads=tuple(replace(h, weight=1.0) for h in table.heads), recipe=recipe))
    moved, moved_by_one = network.aux1.classifier.bias - before, one.aux1.classifier.bias - before
    torch.testing.assert_close(moved, weight * moved_by_one, rtol=1e-4, atol=1e-7)
    assert moved.abs().max() > 1e-5


def test_the_loss_that_is_told_is_the_networks_own():
    """Without the heads', so that it can stand beside the held-out loss."""
    table = replace(load_table("googlenet:tiny"), recipe=Recipe(epochs=1, batch_size=8))
    rows = tuple(replace(row, rate=0.0) if isinstance(row, Dropout) else row for row in table.rows)
    with_heads = replace(table, rows=rows)
    losses = [one_epoch(table)[1].train_loss for table in (with_heads, replace(with_heads, heads=()))]
    assert losses[0] == pytest.approx(losses[1])


def test_a_plateau_lowers_the_rate_by_the_held_out_accuracy():
    _, history, _ = train(replace(RECIPE, epochs=12, schedule=Plateau(factor=0.5, patience=2)))
    accuracies = [epoch.test_accuracy for epoch in history]
    assert accuracies[-5:] == [1.0] * 5
    assert history[-1].learning_rate <= RECIPE.learning_rate / 4


def test_a_loss_that_is_no_number_stops_before_the_update():
    network = build(replace(TINY, recipe=RECIPE), seed=0)
    with torch.no_grad():
        network.out.bias[0] = float("nan")
    before = network.c.weight.clone()
    with pytest.raises(
        TrainingError,
        match=r"the loss is nan and its gradient's norm nan at step 1, learning rate .*: the output of row out is not",
    ):
        train(RECIPE, network)
    assert torch.equal(network.c.weight, before)
