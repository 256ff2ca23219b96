"""The trainer: steps, schedule, reproducibility, auxiliary heads, and a loss that is not finite."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from batched import image_set

from striate.data import Dataset
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
    """Pictures that are brighter on the left (class 0) or on the right (class 1)."""
    labels = torch.arange(images) % 2
    pixels = torch.randint(0, 100, (images, 1, 6, 6), generator=torch.Generator().manual_seed(seed))
    for image, label in zip(pixels, labels, strict=True):
        image[:, :, 3 * label : 3 * label + 3] += 100
    return image_set(pixels.to(torch.uint8), labels)


HALVES = Dataset("halves", "drawn", ("left", "right"), halves(50, 0), halves(20, 1))


def make_trainer(recipe, network=None):
    network = network or build(replace(TINY, recipe=recipe), seed=0)
    return Trainer(network, HALVES, device=find_device("float32"))


def train(recipe, network=None):
    """The network, the epochs, and the progress after each step."""
    trainer, progress = make_trainer(recipe, network), []
    history = list(trainer.run(lambda _result: progress.append(trainer.progress)))
    return trainer.network, history, progress


@pytest.mark.parametrize("optimizer", [AdamW(), SGD(), SGD(nesterov=True)])
@pytest.mark.parametrize("schedule", [OneCycle(), Constant(), Plateau(patience=2)])
def test_it_learns_what_can_be_learned(optimizer, schedule):
    _, history, progress = train(replace(RECIPE, optimizer=optimizer, schedule=schedule))
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].test_accuracy == 1.0
    assert history[-1].train_loss < history[0].train_loss
    assert len(progress) == 6 * 7
    assert [part.images for part in progress[:7]] == [7, 14, 21, 29, 36, 43, 50]


def test_a_step_is_that_of_a_plain_loop():
    recipe = replace(RECIPE, optimizer=SGD(momentum=0.0), schedule=Constant(), weight_decay=0.0)
    table = replace(TINY, rows=tuple(row for row in TINY.rows if not isinstance(row, Dropout)), recipe=recipe)
    trainer, plain = make_trainer(recipe, build(table, seed=0)), build(table, seed=0)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.01)
    for batch in trainer.batches.epoch(1):
        result = trainer.train_step(batch)
        logits = plain(batch.images)
        loss = torch.nn.functional.cross_entropy(logits, batch.labels)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.cat([parameter.grad.flatten() for parameter in plain.parameters()]).norm().item()
        optimizer.step()
        assert result.loss == pytest.approx(loss.item(), rel=1e-4)
        assert result.accuracy == (logits.argmax(dim=1) == batch.labels).double().mean().item()
        assert result.gradient_norm == pytest.approx(norm, rel=1e-3)
        assert (result.images, result.learning_rate) == (len(batch.labels), 0.01)
    assert (trainer.state.step, trainer.state.images) == (7, 50)
    torch.testing.assert_close(dict(trainer.network.state_dict()), dict(plain.state_dict()), rtol=1e-4, atol=1e-6)


def test_steps_called_from_outside_are_those_of_a_run():
    one, other = make_trainer(RECIPE), make_trainer(RECIPE)
    results = []
    epochs = one.run(results.append)
    next(epochs)
    assert [other.train_step(batch) for batch in other.batches.epoch(1)] == results
    expected = one.network.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in other.network.state_dict().items())


@pytest.mark.parametrize("queued", [False, True], ids=["read at once", "queued"])
def test_a_compiled_network_learns_the_same(monkeypatch, queued):
    """By torch's compiler without its last part, which makes code for the processor and takes a minute."""
    monkeypatch.setattr("striate.training.trainer.works_off_a_queue", lambda _device: queued)
    expected = make_trainer(RECIPE)
    next(expected.run())
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    compiled = Trainer(
        build(replace(TINY, recipe=RECIPE), seed=0), HALVES, device=find_device("float32"), compiled=True
    )
    next(compiled.run())
    torch.testing.assert_close(dict(compiled.network.state_dict()), dict(expected.network.state_dict()))
    assert compiled.state.history[0].train_loss == pytest.approx(expected.state.history[0].train_loss, rel=1e-5)


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


def test_pictures_whose_sides_are_flipped_cannot_be_classified():
    _, history, _ = train(replace(RECIPE, augmentation=(HorizontalFlip(),)))
    assert history[-1].train_accuracy < 0.8


def noise_trainer(table):
    """A trainer of a table on eight pictures of noise, each of its own class."""
    pictures = torch.randint(0, 256, (8, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = image_set(pictures)
    return Trainer(
        build(table, seed=0),
        Dataset("noise", "drawn", tuple("01234567"), images, images),
        device=find_device("float32"),
    )


def one_epoch(table):
    trainer = noise_trainer(table)
    (epoch,) = trainer.run()
    return trainer.network, epoch


def without_dropout(rows):
    return tuple(replace(row, rate=0.0) if isinstance(row, Dropout) else row for row in rows)


@pytest.mark.parametrize("weight", [0.3, 3.0])
def test_heads_learn_with_their_weight(weight):
    """With plain gradient descent the first step of a head's last row is proportional to the head's weight."""
    table = load_table("googlenet:tiny")
    heads = tuple(replace(head, weight=weight) for head in table.heads)
    recipe = Recipe(epochs=1, batch_size=8, optimizer=SGD(momentum=0.0), schedule=Constant(), weight_decay=0.0)
    before = build(table, seed=0).aux1.classifier.bias.detach()
    network, _ = one_epoch(replace(table, heads=heads, recipe=recipe))
    one, _ = one_epoch(replace(table, heads=tuple(replace(h, weight=1.0) for h in table.heads), recipe=recipe))
    moved, moved_by_one = network.aux1.classifier.bias - before, one.aux1.classifier.bias - before
    torch.testing.assert_close(moved, weight * moved_by_one, rtol=1e-4, atol=1e-7)
    assert moved.abs().max() > 1e-5


@pytest.mark.parametrize("order", [("aux1", "aux2"), ("aux2", "aux1")])
def test_heads_have_their_own_weights_whatever_the_order_in_which_the_table_lists_them(order):
    """The total loss, written out; the gradient of its norm is what a step reports."""
    weights, table = {"aux1": 0.7, "aux2": 0.1}, load_table("googlenet:tiny")
    heads = {
        head.name: replace(head, weight=weights[head.name], rows=without_dropout(head.rows)) for head in table.heads
    }
    table = replace(
        table,
        rows=without_dropout(table.rows),
        heads=tuple(heads[name] for name in order),
        recipe=Recipe(epochs=1, batch_size=8),
    )
    trainer, network = noise_trainer(table), build(table, seed=0)
    batch = next(trainer.batches.epoch(1))
    logits = {}
    for name in weights:
        network.get_submodule(name).register_forward_hook(
            lambda *arguments, name=name: logits.update({name: arguments[2]})
        )
    own, *_ = network(batch.images)
    loss = torch.nn.functional.cross_entropy(own, batch.labels)
    for name, weight in weights.items():
        loss = loss + weight * torch.nn.functional.cross_entropy(logits[name], batch.labels)
    loss.backward()
    norm = torch.cat([parameter.grad.flatten() for parameter in network.parameters()]).norm().item()
    assert trainer.train_step(batch).gradient_norm == pytest.approx(norm, rel=1e-4)


def test_the_reported_loss_is_the_networks_own():
    """Without those of the heads, so that it can be compared with the validation loss."""
    table = replace(load_table("googlenet:tiny"), recipe=Recipe(epochs=1, batch_size=8))
    with_heads = replace(table, rows=without_dropout(table.rows))
    losses = [one_epoch(table)[1].train_loss for table in (with_heads, replace(with_heads, heads=()))]
    assert losses[0] == pytest.approx(losses[1])


def test_a_plateau_lowers_the_rate_by_the_validation_accuracy():
    _, history, _ = train(replace(RECIPE, epochs=12, schedule=Plateau(factor=0.5, patience=2)))
    accuracies = [epoch.test_accuracy for epoch in history]
    assert accuracies[-5:] == [1.0] * 5
    assert history[-1].learning_rate <= RECIPE.learning_rate / 4


def test_a_loss_that_is_not_finite_stops_before_the_update():
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
