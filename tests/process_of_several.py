"""A process of `runtime/test_distributed.py`, started by torchrun: it evaluates and trains; one of two dies."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch

from striate.data import load_dataset
from striate.errors import TrainingError
from striate.nn import Model, build, save_model
from striate.runtime import InterruptHandler, ProcessGroup, find_device, init_distributed, set_threads
from striate.tables import load_table
from striate.training import Trainer, predict_logits

FLOAT32 = find_device("float32")


def predict(group: ProcessGroup = ProcessGroup()) -> torch.Tensor:
    """Logits of the validation digits by an untrained network."""
    table = load_table("lenet5:tiny")
    return predict_logits(build(table, seed=0), load_dataset("digits", table=table).validation, FLOAT32, group)


def train_one_epoch(group: ProcessGroup = ProcessGroup(), name: str = "lenet5:modern") -> Trainer:
    """A network after an epoch on digits."""
    table = load_table(name)
    table = replace(table, recipe=replace(table.recipe, epochs=1))
    digits = load_dataset("digits", table=table)
    trainer = Trainer(build(table, seed=0), digits, device=FLOAT32, group=group)
    list(trainer.run())
    return trainer


def main(out: Path) -> None:
    done = {}
    try:
        with init_distributed() as group:
            set_threads(group.local_world_size)
            torch.save(predict(group), out / f"logits{group.rank}.pt")
            plain, normalized = train_one_epoch(group), train_one_epoch(group, "minivggnet:tiny")
            done["test_loss"] = normalized.state.history[0].test_loss
            if not group.is_first:
                os._exit(3)
            torch.save(plain.network.state_dict(), out / "trained.pt")
            save_model(out / "model.safetensors", Model(normalized.network, tuple("0123456789"), {}, {}))
            group.barrier()
    except TrainingError as error:
        done["error"] = str(error)
        (out / "done.json").write_text(json.dumps(done), encoding="utf-8")


if __name__ == "__main__":
    with InterruptHandler():  # torchrun sends SIGTERM to the others when one dies
        main(Path(sys.argv[1]))
