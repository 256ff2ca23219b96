"""The optimizers update as torch's own classes do, bit for bit, and do not import torch's compiler."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from striate.nn import build
from striate.tables import SGD, AdamW, Recipe, load_table
from striate.training.optimizer import Optimizer

TABLE = load_table("minivggnet:tiny")
KINDS = {
    "plain": (SGD(momentum=0.0), lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.0)),
    "momentum": (SGD(momentum=0.8), lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.8, fused=True)),
    "Nesterov": (
        SGD(momentum=0.9, nesterov=True),
        lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True, fused=True),
    ),
    "AdamW": (AdamW(), lambda groups: torch.optim.AdamW(groups, lr=0.1, fused=True)),
}


def recipe(kind, decayed="weights"):
    return Recipe(optimizer=KINDS[kind][0], weight_decay=0.3, decayed=decayed)


def gradients(network, step):
    generator = torch.Generator().manual_seed(step)
    return [torch.randn(parameter.shape, generator=generator) for parameter in network.parameters()]


def update(network, optimizer, steps, *, without=()):
    """Steps with random gradients and changing rates; the parameters `without` have no gradient."""
    for step in steps:
        optimizer.zero_grad()
        for index, (parameter, gradient) in enumerate(zip(network.parameters(), gradients(network, step), strict=True)):
            parameter.grad = None if index in without else gradient
        optimizer.step(0.1 / (step + 1))


def update_by_torch(network, optimizer, steps, *, without=()):
    def step(rate):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()

    update(network, SimpleNamespace(zero_grad=optimizer.zero_grad, step=step), steps, without=without)


def have_equal_parameters(one, other):
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.parametrize("decayed", ["weights", "all"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_updates_as_torch_does(kind, decayed):
    ours, theirs = build(TABLE, seed=0), build(TABLE, seed=0)
    parameters = list(theirs.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.3},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.3 if decayed == "all" else 0.0},
    ]
    update(ours, Optimizer(ours, recipe(kind, decayed)), range(5), without=(1, 4))
    update_by_torch(theirs, KINDS[kind][1](groups), range(5), without=(1, 4))
    assert have_equal_parameters(ours, theirs)
    assert not have_equal_parameters(ours, build(TABLE, seed=0))


@pytest.mark.parametrize("kind", KINDS)
def test_its_state_continues_in_another_optimizer(kind):
    uninterrupted, begun, resumed = build(TABLE, seed=0), build(TABLE, seed=0), build(TABLE, seed=1)
    update(uninterrupted, Optimizer(uninterrupted, recipe(kind)), range(6))
    first, second = Optimizer(begun, recipe(kind)), Optimizer(resumed, recipe(kind))
    update(begun, first, range(3))
    resumed.load_state_dict(begun.state_dict())
    second.load_state_dict(first.state_dict())
    update(resumed, second, range(3, 6))
    assert have_equal_parameters(uninterrupted, resumed)


def test_the_state_of_another_network_is_refused():
    other = replace(TABLE, rows=TABLE.rows[:-1])
    state = Optimizer(build(other, seed=0), Recipe()).state_dict()
    with pytest.raises(ValueError, match="zip"):
        Optimizer(build(TABLE, seed=0), Recipe()).load_state_dict(state)


def test_a_training_starts_without_the_compiler():
    """It takes two seconds to import."""
    program = """
import sys, tempfile
from striate.training.api import train
from striate.tables import load_table
from dataclasses import replace
from types import SimpleNamespace
table = load_table("lenet5:tiny")
with tempfile.TemporaryDirectory() as folder:
    train(table, "digits", folder + "/run", recipe=replace(table.recipe, epochs=1, batch_size=512))
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert done.stdout == "False\n", done.stderr
