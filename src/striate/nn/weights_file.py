"""Weights from a file that torch.save wrote: of torchvision's networks, and of the public CIFAR-10 ResNets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from striate.errors import ModelError
from striate.nn.cifar_resnet import CIFAR_RULES, in_our_order, with_public_preprocessing
from striate.nn.key_rules import class_rows, map_state, rename
from striate.nn.pretrained import TORCHVISION_RULES
from striate.paths import user_path
from striate.tables import Table

_PARALLEL = "module."  # in front of every key, where a network was saved inside torch's DataParallel


def table_for_weights(table: Table) -> Table:
    """The table with the preprocessing of the weights that are known for it. ModelError if none are."""
    if table.name in TORCHVISION_RULES:
        return table
    if table.name in CIFAR_RULES:
        return with_public_preprocessing(table)
    known = ", ".join([*CIFAR_RULES, *TORCHVISION_RULES])
    raise ModelError(f"{table.name}: weights from a file are only understood for {known}")


def state_from_file(
    table: Table, file: str | os.PathLike[str], own: Mapping[str, Tensor], *, new_classes: bool
) -> dict[str, Tensor]:
    """A network's state with the weights of a file in it; `own` is the state of the table's network.

    With `new_classes` its own rows that name the classes are kept, if the file has another number of classes.
    ModelError, naming the file, if it cannot be read, or if its tensors are not those of the table.
    """
    path = user_path(file, ModelError)
    theirs = _read_tensors(path)
    names = rename(own, {**CIFAR_RULES, **TORCHVISION_RULES}[table.name])
    kept = {}
    if new_classes and any(_shape(theirs, names[key]) != t.shape for key, t in class_rows(table, own).items()):
        kept = class_rows(table, own)
    expected = {key: tensor for key, tensor in own.items() if key not in kept}
    theirs = {name: tensor for name, tensor in theirs.items() if name not in {names[key] for key in kept}}
    try:
        state = map_state(table, names, theirs, expected, source="the file")
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    return (in_our_order(state) if table.name in CIFAR_RULES else state) | kept


def _shape(state: Mapping[str, Tensor], name: str) -> torch.Size | None:
    return state[name].shape if name in state else None


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file: a dictionary of them, or, under `state_dict`, of a checkpoint. Reading it runs no code."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None
    except Exception:  # whatever another kind of file, a damaged one, or one with code in it raises
        raise ModelError(f"{path}: not a file of weights by torch.save, or damaged, or not tensors alone") from None
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ModelError(f"{path}: holds something else than a network's tensors by their names")
    return {str(name).removeprefix(_PARALLEL): tensor for name, tensor in state.items()}
