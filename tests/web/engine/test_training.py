"""The page's engine learns as torch does: the same loss and the same parameters, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from engine_tensors import check_close, pack
from torch import nn

from striate.nn import build
from striate.tables import (
    SGD,
    AdamW,
    Constant,
    Cosine,
    InverseTime,
    Milestones,
    OneCycle,
    Plateau,
    Recipe,
    StepDecay,
    load_table,
    table_to_dict,
)
from striate.training import Optimizer, learning_rate, make_loss, total_loss

STEPS, EPOCH_STEPS = 6, 2
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "equation 9": ("lenet5:tiny", {}),
    "equation 8": ("lenet5:tiny", {"loss": "rbf_mse", "optimizer": SGD(momentum=0.9)}),
    "smoothed and weighed": ("googlenet:tiny", {"label_smoothing": 0.1, "class_weights": "balanced", "weight_decay": 0.1}),
    "Nesterov, all decayed": ("resnet18:tiny", {"optimizer": SGD(momentum=0.9, nesterov=True), "decayed": "all", "weight_decay": 0.1}),
    "clipped": ("alexnet:tiny", {"optimizer": AdamW(), "gradient_clip": 0.01, "loss": "cross_entropy"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_parameters_after_some_steps(engine, case):
    name, changes = CASES[case]
    table = load_table(name)
    recipe = replace(table.recipe, learning_rate=1e-3, epochs=STEPS // EPOCH_STEPS, schedule=Cosine(), **changes)
    table = replace(table, recipe=recipe)
    network = build(table, seed=0).train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.forward = lambda x, rate=module.p: x / (1 - rate)  # type: ignore[method-assign, misc]
    images = torch.randn(5, *table.input, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 1, 2, 3])
    counts = torch.tensor([1, 2, 3, 4, *[1] * (table.classes - 4)])
    before = {key: pack(tensor) for key, tensor in network.state_dict().items()}
    network.double()
    optimizer, loss, losses, rates = Optimizer(network, recipe), make_loss(recipe, counts), [], []
    for step in range(STEPS):
        rates.append(learning_rate(recipe, step, EPOCH_STEPS))
        optimizer.zero_grad()
        total, own, _logits = total_loss(loss, network(images.double()), labels, [head.weight for head in table.heads])
        total.backward()
        if recipe.gradient_clip:
            torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
        optimizer.step(rates[-1])
        losses.append(own.item())
    answer = engine.ask(
        {
            "kind": "training", "table": table_to_dict(table, defaults=True), "parameters": before, "images": pack(images),
            "labels": labels.tolist(), "steps": STEPS, "epochSteps": EPOCH_STEPS,
            "weights": counts.tolist() if recipe.class_weights == "balanced" else None,
        }
    )  # fmt: skip
    assert answer["rates"] == pytest.approx(rates, rel=1e-12)
    assert answer["losses"] == pytest.approx(losses, rel=1e-4)
    for key, tensor in network.state_dict().items():
        check_close(answer["after"][key], tensor, key)


@pytest.mark.parametrize(
    "schedule",
    [Constant(), OneCycle(), Cosine(), StepDecay(every=2, factor=0.5), Milestones(at=(0.3, 0.6), warm_up=1), Plateau(patience=2),
     InverseTime(decay=3.0)],
    ids=lambda schedule: type(schedule).__name__,
)  # fmt: skip
def test_schedules(engine, schedule):
    recipe = Recipe(schedule=schedule, learning_rate=0.3, epochs=7)
    accuracies = [0.1, 0.5, 0.4, 0.45, 0.6, 0.6]
    document = table_to_dict(replace(load_table("lenet5:tiny"), recipe=recipe), defaults=True)["recipe"]
    answer = engine.ask({"kind": "schedule", "recipe": document, "epochSteps": 5, "accuracies": accuracies})
    wanted = [learning_rate(recipe, step, 5, accuracies[: step // 5]) for step in range(35)]
    assert answer["rates"] == pytest.approx(wanted, rel=1e-12, abs=1e-15)
