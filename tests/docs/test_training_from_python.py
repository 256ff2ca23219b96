"""The examples of the guide run, one after the other, and give what it states."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from public_resnets import PublicResNet, checkpoint

from striate.tables import load_table
from striate.training import api

GUIDE = Path(__file__).parents[2] / "docs" / "training-from-python.md"


class Interrupt(Exception):  # noqa: N818, no error
    """Ends a run at its second step."""


def two_epochs(name):
    """A table whose recipe is shorter: what the guide states depends on the images only."""
    table = load_table(name)
    return replace(table, recipe=replace(table.recipe, epochs=2))


@pytest.mark.usefixtures("without_plots")
def test_the_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "load_table", two_epochs)
    torch.save(checkpoint(PublicResNet(20)), "resnet20.th")
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    for block in blocks:
        if "runs/interrupted" in block:
            interrupt(names)
        exec(block, names)
        last = block.rstrip().splitlines()[-1]
        if "  # " in last:
            expression, value = last.split("  # ")
            assert eval(expression, names) == ast.literal_eval(value), last
    assert names["run"].scores.images == 55


def interrupt(names):
    """A run on the guide's arrays with a checkpoint of its first step."""
    striate = names["striate"]

    class Stop(striate.Callback):
        steps = 0

        def on_step(self, _progress):
            self.steps += 1
            if self.steps == 2:
                raise Interrupt

    with pytest.raises(Interrupt):
        striate.train(
            "lenet5:modern",
            (names["images"], names["labels"]),
            "runs/interrupted",
            options=striate.Options(checkpoint_seconds=0),
            callbacks=[Stop()],
        )
