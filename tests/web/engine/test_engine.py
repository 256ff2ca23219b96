"""The page's engine gives what torch gives: every output, and every gradient, of every small table and of drawn ones."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from drawn import tables
from engine_tensors import check_close, pack
from hypothesis import given, settings
from networks import SMALL, with_statistics
from torch import Tensor, nn

from striate.nn import Network, build
from striate.tables import Table, load_table, table_to_dict


class Recorded:
    """A network's outputs and their gradients, in double precision."""

    def __init__(self, network: Network, images: Tensor) -> None:
        self.images = images.clone().requires_grad_()
        self.outputs: dict[str, Tensor] = {}
        steps = network.plan.flat_with_heads if network.training else network.plan.flat
        for step in steps:
            network.get_submodule(step.path).register_forward_hook(self.keep(step.path))
        given = network(self.images)
        self.logits, *self.heads = given if isinstance(given, tuple) else (given,)

    def keep(self, path: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
            kept = output.clone()  # an identity gives its input: each row has a tensor of its own
            kept.retain_grad()
            self.outputs[path] = kept
            return kept

        return hook


def check_equal(engine: Any, table: Table, *, training: bool) -> None:
    network = with_statistics(build(table, seed=0)).train(training)
    for module in network.modules():
        if isinstance(module, nn.Dropout):  # nothing is zeroed, as the engine's random numbers are all 1
            module.forward = lambda x, rate=module.p: x / (1 - rate) if training else x  # type: ignore[method-assign, misc]
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(3, *table.input, generator=generator)
    before = {name: pack(tensor) for name, tensor in network.state_dict().items()}
    recorded = Recorded(network.double(), images.double())
    logits = [recorded.logits, *recorded.heads]
    gradients = [torch.randn(part.shape, generator=generator) for part in logits]
    sum((part * gradient).sum() for part, gradient in zip(logits, gradients, strict=True)).backward()
    answer = engine.ask(
        {
            "kind": "gradients", "table": table_to_dict(table, defaults=True), "parameters": before, "images": pack(images), "isTraining": training,
            "gradient": pack(gradients[0]), "heads": [pack(part) for part in gradients[1:]],
        }
    )  # fmt: skip
    expected = {
        "logits": {"": recorded.logits},
        "heads": dict(enumerate(recorded.heads)),
        "outputs": recorded.outputs,
        "images": {"": recorded.images.grad},
        "gradients": {path: output.grad for path, output in recorded.outputs.items()},
        "parameters": {name: parameter.grad for name, parameter in network.named_parameters()},
        "after": network.state_dict(),
    }
    for part, tensors in expected.items():
        for name, tensor in tensors.items():
            found = answer[part] if name == "" else answer[part][name]
            check_close(found, torch.zeros(found["shape"]) if tensor is None else tensor, (part, name))


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("name", SMALL)
def test_networks(engine, name, training):
    check_equal(engine, load_table(name), training=training)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@given(table=tables())
@settings(max_examples=100, deadline=None)
def test_drawn_tables(engine, training, table):
    check_equal(engine, table, training=training)
