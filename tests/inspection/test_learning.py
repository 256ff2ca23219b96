"""Recorded gradients are those of torch's autograd, and recording does not change the training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data import Batches, load_dataset
from striate.errors import TrainingError
from striate.inspection.learning import measure_learning
from striate.inspection.learning_view import learning_view, mean_recent_loss
from striate.inspection.shortcuts import shortcut_flow
from striate.nn import build
from striate.runtime import Device
from striate.tables import SGD, Constant, Milestones, load_table
from striate.training import Trainer, adapt_to_dataset

MODERN = load_table("lenet5:modern")


def with_recipe(**changes):
    return replace(MODERN, recipe=replace(MODERN.recipe, **changes))


@pytest.fixture(scope="module")
def digits():
    whole = load_dataset("digits", table=MODERN)
    return replace(
        whole, train=whole.train.subset(list(range(300))), validation=whole.validation.subset(list(range(40)))
    )


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_norms_are_autograds_in_a_plain_loop(digits, momentum):
    sgd = {"optimizer": SGD(momentum=momentum), "learning_rate": 0.05, "weight_decay": 0.0, "schedule": Constant()}
    table = with_recipe(**sgd, batch_size=60)
    record = measure_learning(table, digits, steps=(0, 1, 2, 5), seed=3)

    table = adapt_to_dataset(replace(table, recipe=replace(table.recipe, seed=3)), digits).table
    network = build(table, seed=3).train()
    torchs = torch.optim.SGD(network.parameters(), lr=0.05, momentum=momentum)
    batches = Batches(digits.train, table)
    assert batches.steps == 5  # so that the sixth is of the second epoch
    for step, batch in enumerate([*batches.epoch(1), next(batches.epoch(2))]):
        logits = network(batch.images)
        loss = torch.nn.functional.cross_entropy(logits, batch.labels, label_smoothing=0.05)
        torchs.zero_grad()
        loss.backward()
        before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
        torchs.step()
        assert record.losses[step] == pytest.approx(loss.item(), rel=1e-4)
        right = (logits.argmax(dim=1) == batch.labels).double().mean().item()
        assert record.accuracies[step] == pytest.approx(right)
        for snapshot in (snapshot for snapshot in record.snapshots if snapshot.step == step):
            assert [layer.path for layer in snapshot.flow.layers] == ["C1", "C3", "C5", "F6", "Out"]
            assert snapshot.flow.loss == record.losses[step]
            for layer, update in zip(snapshot.flow.layers, snapshot.updates, strict=True):
                now, was = network.get_parameter(f"{layer.path}.weight"), before[f"{layer.path}.weight"]
                assert layer.gradient == pytest.approx(now.grad.norm().item(), rel=1e-3)
                assert layer.weights == pytest.approx(was.norm().item(), rel=1e-4)
                assert update == pytest.approx(((now - was).norm() / was.norm()).item(), rel=1e-3)
    assert [snapshot.step for snapshot in record.snapshots] == [0, 1, 2, 5]
    assert len(record.losses) == 6


def test_recording_does_not_change_the_training():
    """Weights and batch statistics are those that the Trainer alone comes to, bit for bit; dropout is in it too."""
    table = load_table("minivggnet:tiny")
    data = load_dataset("digits", table=table)
    data = replace(data, train=data.train.subset(list(range(128))), validation=data.validation.subset([0, 1]))
    state, progress = torch.get_rng_state(), []
    record = measure_learning(table, data, steps=(0, 3), on_step=lambda done, all_: progress.append((done, all_)))
    assert torch.equal(torch.get_rng_state(), state)
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]

    table = adapt_to_dataset(table, data).table
    alone = build(table, seed=0)
    trainer = Trainer(alone, data, device=Device(torch.device("cpu"), "float32"))
    epochs = trainer.run()
    next(epochs), next(epochs)  # of two steps each
    torch.set_rng_state(state)
    expected = alone.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in record.network.state_dict().items())


def test_errors(digits):
    with pytest.raises(TrainingError, match="counted from 0"):
        measure_learning(MODERN, digits, steps=(-1, 2))
    with pytest.raises(TrainingError, match="counted from 0"):
        measure_learning(MODERN, digits, steps=())
    with pytest.raises(TrainingError, match="lenet5:modern: its recipe has 5 steps"):
        measure_learning(with_recipe(epochs=1, batch_size=60), digits, steps=(0, 5))


def test_plain_and_residual_side_by_side():
    """Few steps of the tiny twins; the words and the table have the measured numbers."""
    table = load_table("resnet18:tiny")
    digits = load_dataset("digits", table=table)
    digits = replace(digits, train=digits.train.subset(list(range(96))), validation=digits.validation.subset([0, 1]))
    recipe = replace(table.recipe, optimizer=SGD(), learning_rate=0.05, schedule=Milestones(), batch_size=32)
    residual = measure_learning(replace(table, recipe=recipe), digits, steps=(0, 3))
    plain = measure_learning(replace(MODERN, recipe=recipe), load_dataset("digits", table=MODERN), steps=(0, 3))
    view = learning_view([plain, residual])
    assert view.paragraphs[0].startswith("4 steps on digits, each network by its own recipe (learning rate 0.05)")
    for record, text in ((plain, view.paragraphs[1]), (residual, view.paragraphs[2])):
        assert f"The loss goes from {record.losses[0]:.3g} to {record.losses.mean():.3g}" in text
    assert f"{residual.snapshots[1].flow.layers[0].gradient:.3g}" == view.rows[3][4]
    assert view.numbers["networks"][1]["moments"][1]["step"] == 3
    assert "lowest first" in view.paragraphs[-1]
    assert len(learning_view([plain]).paragraphs) == 2
    # The trained network can be inspected.
    assert len(shortcut_flow(residual.network, torch.zeros(2, 3, 64, 64), torch.arange(2))) == 4


def test_the_loss_is_averaged_over_the_last_five():
    from types import SimpleNamespace

    losses = np.arange(1.0, 9.0)
    expected = [losses[max(0, end - 5) : end].mean() for end in range(1, 9)]
    np.testing.assert_allclose(mean_recent_loss(SimpleNamespace(losses=losses)), expected)
    np.testing.assert_allclose(mean_recent_loss(SimpleNamespace(losses=losses[:3])), expected[:3])
