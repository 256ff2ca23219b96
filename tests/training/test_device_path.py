"""Training on a device that works off a queue, by a stand-in: the CPU's numbers, bytes sent, and nothing waited for."""

from dataclasses import asdict, replace

import pytest
import torch
from batched import image_set, noise
from crossings import counted_crossings
from devices import NAME, StandInTensor

from striate.data import Dataset, validation_batches
from striate.errors import TrainingError
from striate.nn import build
from striate.runtime import STEPS_AHEAD, Device
from striate.tables import (
    SGD,
    AdamW,
    Affine,
    BatchNorm,
    Brightness,
    Constant,
    Conv,
    Dense,
    Dropout,
    HorizontalFlip,
    PCAColour,
    Preprocessing,
    RandomCrop,
    RandomTranslation,
    Recipe,
    Rotation,
    Table,
    load_table,
)
from striate.training import Trainer, predict_logits

CPU = Device(torch.device("cpu"), "float32")
PLAIN = Recipe(epochs=2, batch_size=8, learning_rate=0.01)
FULL = replace(
    PLAIN,
    augmentation=(
        RandomCrop(of=14), HorizontalFlip(), RandomTranslation(cells=1), Rotation(), Affine(scale=0.1), Brightness(),
        PCAColour(),
    ),
    ema=0.9,
    gradient_clip=1.0,
    label_smoothing=0.1,
    class_weights="balanced",
    optimizer=SGD(nesterov=True),
)  # fmt: skip
TABLE = Table(
    "t",
    (3, 12, 12),
    (Conv("c", maps=4, kernel=3), BatchNorm("b", activation="relu"), Dropout("d", rate=0.2), Dense("out", units=4)),
    recipe=PLAIN,
    preprocessing=Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4)),
)
TABLES = {
    "plain": TABLE,
    "every part of a recipe": replace(TABLE, recipe=FULL),
    "AdamW and auxiliary heads": replace(
        load_table("googlenet:tiny").with_classes(4), recipe=replace(PLAIN, optimizer=AdamW(), epochs=1)
    ),
}
TRAINED = 30


@pytest.fixture
def crossings():
    with counted_crossings() as found:
        yield found


@pytest.fixture
def device(crossings):  # noqa: ARG001, the device is there as long as they are counted
    return Device(torch.device(NAME, 0), "float32")


def make_trainer(table, device):
    train, validation = (
        image_set(noise(count, size=16, seed=count), torch.arange(count) % 4) for count in (TRAINED, 9)
    )
    return Trainer(build(table, seed=0), Dataset("noise", "", tuple("0123"), train, validation), device=device)


def held(state):
    """The numbers of a state dict, on the CPU."""
    return {name: tensor.held if isinstance(tensor, StandInTensor) else tensor for name, tensor in state.items()}


def measured(epoch):
    return {name: number for name, number in asdict(epoch).items() if "second" not in name}


@pytest.mark.parametrize("name", TABLES)
def test_it_trains_to_the_numbers_of_the_cpu(device, name):
    table = TABLES[name]
    there, here = make_trainer(table, device), make_trainer(table, CPU)
    results = ([], [])
    for trainer, found in zip((there, here), results, strict=True):
        for _epoch in trainer.run(found.append):
            pass
    torch.testing.assert_close(held(there.evaluated.state_dict()), dict(here.evaluated.state_dict()))
    assert list(map(asdict, results[0])) == [pytest.approx(asdict(result)) for result in results[1]]
    assert [measured(epoch) for epoch in there.state.history] == [
        pytest.approx(measured(epoch)) for epoch in here.state.history
    ]
    assert there.logits.device.type == "cpu"
    assert all(
        parameter.is_contiguous(memory_format=torch.channels_last)
        for parameter in there.network.parameters()
        if parameter.dim() == 4
    )


@pytest.mark.parametrize("name", TABLES)
def test_nothing_waits_within_an_epoch(crossings, device, name):
    """Pictures are sent as bytes; beside them a label, and a few numbers for each picture's augmentation."""
    table = TABLES[name]
    trainer = make_trainer(table, device)
    for epoch in (1, 2):
        crossings.clear()
        before = crossings.operations
        for batch in trainer.batches.epoch(epoch):
            trainer.train_step(batch)
        assert crossings.waits == []
        step = (crossings.operations - before) / trainer.batches.steps
        assert min(crossings.queued_behind) > (STEPS_AHEAD - 0.5) * step
        channels, height, width = table.input
        assert crossings.sent.pop(torch.uint8) == TRAINED * channels * height * width
        assert crossings.sent.pop(torch.int64) == TRAINED * 8
        assert sum(crossings.sent.values()) <= TRAINED * 64


def test_progress_is_a_few_steps_old_until_the_epoch_ends(device):
    trainer, seen = make_trainer(replace(TABLE, recipe=replace(PLAIN, batch_size=2)), device), []
    (first, *_) = trainer.run(lambda _result: seen.append((trainer.state.images, trainer.progress.images)))
    assert seen[:15] == [(max(0 if step < 2 else 2, 2 * (step - STEPS_AHEAD)), 2 * step) for step in range(1, 16)]
    assert first.train_accuracy * TRAINED == pytest.approx(round(first.train_accuracy * TRAINED))


def test_a_checkpoint_has_the_sums_of_all_steps(device):
    positions = []
    for where in (device, CPU):
        trainer = make_trainer(TABLE, where)
        for _step, batch in zip(range(3), trainer.batches.epoch(1), strict=False):
            trainer.train_step(batch)
        positions.append(trainer.state_dict()["position"])
    assert positions[0]["images"] == 23
    for name in ("step", "images", "correct", "loss"):
        assert positions[0][name] == pytest.approx(positions[1][name])


def test_evaluation_sends_bytes_and_reads_behind(crossings, device, monkeypatch):
    monkeypatch.setattr("striate.data.batches.eval_batch_size", lambda _table: 2)
    images, networks = image_set(noise(11, size=16)), [build(TABLE, seed=0) for _ in range(2)]
    networks[0].to(device.device)
    crossings.clear()
    before = crossings.operations
    there, here = (predict_logits(*pair) for pair in ((networks[0], images, device), (networks[1], images, CPU)))
    assert crossings.waits == []
    (*behind, _, last) = crossings.queued_behind
    assert min(behind) > (STEPS_AHEAD - 0.5) * (crossings.operations - before) / 6
    assert last == 0
    assert crossings.sent.pop(torch.uint8) == 11 * 3 * 12 * 12
    torch.testing.assert_close(there, here)
    inputs = torch.cat([batch.held for batch in validation_batches(images, TABLE, device=device.device, workers=2)])
    torch.testing.assert_close(inputs, torch.cat(list(validation_batches(images, TABLE))))


def break_third_step(trainer):
    """Train a network whose weights hold infinity from its third step on: what is raised, and the weights before."""
    weights = {}

    def after_step(_result):
        if trainer.state.step == 2 and not weights:
            with torch.no_grad():
                trainer.network.out.bias[1] = float("inf")
            weights.update(
                {name: tensor.clone() for name, tensor in held(dict(trainer.network.named_parameters())).items()}
            )

    with pytest.raises(TrainingError) as error:
        list(trainer.run(after_step))
    return str(error.value), weights


def test_a_loss_that_is_not_finite_changes_no_weight(device):
    """The error comes when the numbers are read; the steps that were queued by then are taken back."""
    there, here = (make_trainer(TABLE, where) for where in (device, CPU))
    message, weights = break_third_step(there)
    assert message == break_third_step(here)[0]
    assert "at step 3, learning rate 0.00972: the output of row out is not finite first" in message
    torch.testing.assert_close(held(dict(there.network.named_parameters())), weights, rtol=0, atol=0, equal_nan=True)
    assert there.state.step == here.state.step == 2
    with torch.no_grad():
        there.network.out.bias[1] = 0.0
    assert there.train_step(next(there.batches.epoch(1))).loss > 0
    assert not torch.equal(held({"w": there.network.c.weight})["w"], weights["c.weight"])


@pytest.mark.parametrize("at", ["an epoch's end", "a checkpoint"])
def test_a_loss_that_is_not_finite_is_found_at(device, at):
    trainer = make_trainer(replace(TABLE, recipe=replace(PLAIN, batch_size=TRAINED, schedule=Constant())), device)
    with torch.no_grad():
        trainer.network.out.bias[0] = float("nan")
    if at == "a checkpoint":
        trainer.train_step(next(trainer.batches.epoch(1)))
        with pytest.raises(TrainingError, match=r"at step 1, learning rate 0\.01: the output of row out"):
            trainer.state_dict()
    else:
        with pytest.raises(TrainingError, match=r"at step 1, learning rate 0\.01: the output of row out"):
            next(trainer.run())


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: x.tolist(),
        lambda x: x.cpu(),
        lambda x: bool(x.sum() > 0),
        lambda x: x[x > 0],
        lambda x: torch.ones(3).to(x.device),
        lambda x: x.copy_(torch.ones(3)),
    ],
    ids=["item", "tolist", "cpu", "if", "mask", "send", "copy"],
)
def test_a_wait_would_be_found(crossings, device, wait):
    """What the tests here rest on."""
    x = torch.ones(3).to(device.device, non_blocking=True)
    assert crossings.waits == []
    wait(x)
    assert crossings.waits
