"""What each process of `training/test_ranks.py` does when torchrun starts it: evaluates, trains, and one of two dies."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch

from striate.data.sources import load
from striate.errors import TrainingError
from striate.nn.build import build
from striate.nn.model_file import Model, save
from striate.tables import load_table
from striate.training.loop import Trainer
from striate.training.machine import find_machine, set_threads
from striate.training.metrics import logits_of
from striate.training.ranks import Ranks, joined
from striate.training.stopping import Stopping

FLOAT32 = find_machine("float32")


def evaluated(ranks: Ranks = Ranks()) -> torch.Tensor:
    """Logits of digits by a network that has learned nothing."""
    table = load_table("lenet5:tiny")
    return logits_of(build(table, seed=0), load("digits", table=table).held_out, FLOAT32, ranks)


def trained(ranks: Ranks = Ranks(), name: str = "lenet5:modern") -> Trainer:
    """A network after an epoch on digits."""
    table = load_table(name)
    table = replace(table, recipe=replace(table.recipe, epochs=1))
    digits = load("digits", table=table)
    trainer = Trainer(build(table, seed=0), digits.train, digits.held_out, machine=FLOAT32, ranks=ranks)
    list(trainer.run())
    return trainer


def main(out: Path) -> None:
    done = {}
    try:
        with joined() as ranks:
            set_threads(ranks.local_ranks)
            torch.save(evaluated(ranks), out / f"logits{ranks.rank}.pt")
            plain, normalized = trained(ranks), trained(ranks, "minivggnet:tiny")
            done["test_loss"] = normalized.position.history[0].test_loss
            if not ranks.first:
                os._exit(3)
            torch.save(plain.network.state_dict(), out / "trained.pt")
            save(out / "model.safetensors", Model(normalized.network, tuple("0123456789"), {}, {}))
            ranks.wait()
    except TrainingError as error:
        done["error"] = str(error)
        (out / "done.json").write_text(json.dumps(done))


if __name__ == "__main__":
    with Stopping():  # torchrun says SIGTERM to the others when one dies
        main(Path(sys.argv[1]))
