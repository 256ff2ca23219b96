"""The model file: one .safetensors with the weights, and everything needed to use them as JSON in its metadata.

Under the key "striate" stand the format's version, the table (with preprocessing and recipe, every field written
out), the classes, how it was trained, and its scores. Loading reads numbers and JSON; it can run no code.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from striate.errors import ModelError, TableError
from striate.models import shipped_models
from striate.nn.build import Network, assemble
from striate.tables import toml

FORMAT = 1
FILE_NAME = "model.safetensors"
_KEY = "striate"


@dataclass(frozen=True)
class Model:
    """A trained network and what it means: class names in the order of its logits, training and scores as data."""

    network: Network
    classes: tuple[str, ...]
    training: Mapping[str, Any]
    scores: Mapping[str, Any]


def save(path: Path, model: Model) -> None:
    """Write the model file; until all of it is on the disk, a file of that name stays as it was."""
    metadata = {
        "format": FORMAT,
        "table": toml.to_plain(model.network.table, defaults=True),
        "classes": list(model.classes),
        "training": dict(model.training),
        "scores": dict(model.scores),
    }
    tensors = {name: tensor.contiguous() for name, tensor in model.network.state_dict().items()}
    write_atomically(path, safetensors.torch.save(tensors, {_KEY: json.dumps(metadata, allow_nan=False)}))


def load(path: Path) -> Model:
    """Read a model file, the one in a run directory, or one that ships, and build its network in evaluation mode.

    What exists at the path goes before a shipped model of that name. ModelError, naming the path, if it is missing,
    damaged, of another kind, or its parts do not fit together.
    """
    if path.is_dir():
        path = path / FILE_NAME
    elif not path.exists():
        path = shipped_models().get(str(path), path)
    metadata, tensors = _read(path)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise ModelError(f"{path}: not a Striate model of format {FORMAT}")
    classes = metadata.get("classes")
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ModelError(f"{path}: the metadata's classes are not a list of names")
    if len(set(classes)) != len(classes):
        raise ModelError(f"{path}: two classes have one name")
    try:
        table = toml.from_plain(metadata.get("table", {}), "table")
        if table.classes != len(classes):
            raise ModelError(f"{path}: {len(classes)} class names for a table with {table.classes} classes")
        network = assemble(table)
    except TableError as error:
        raise ModelError(f"{path}: {error}") from None
    training, scores = metadata.get("training"), metadata.get("scores")
    if not isinstance(training, dict) or not isinstance(scores, dict):
        raise ModelError(f"{path}: the metadata's training and scores are not objects")
    _check_tensors(path, tensors, network.state_dict())
    network.load_state_dict(tensors)
    network.eval()
    return Model(network, tuple(classes), training, scores)


def _read(path: Path) -> tuple[Any, dict[str, Tensor]]:
    if not path.is_file():
        raise ModelError(
            f"{path}: no such model; expected a run directory with {FILE_NAME}, a .safetensors file, or the name of a"
            f" model that ships ({', '.join(shipped_models())})"
        )
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get(_KEY, "null"))
            return metadata, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, json.JSONDecodeError, RecursionError) as error:
        raise ModelError(f"{path}: not a model file, or cut short or damaged ({error})") from None


def _check_tensors(path: Path, found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    for name, tensor in expected.items():
        if name not in found:
            raise ModelError(f"{path}: tensor {name} is missing")
        if found[name].shape != tensor.shape or found[name].dtype != tensor.dtype:
            raise ModelError(
                f"{path}: tensor {name} is {found[name].dtype} {list(found[name].shape)},"
                f" the table needs {tensor.dtype} {list(tensor.shape)}"
            )
        if not found[name].isfinite().all():
            raise ModelError(f"{path}: tensor {name} holds values that are no finite numbers")
    if extra := sorted(set(found) - set(expected)):
        raise ModelError(f"{path}: tensor {extra[0]} belongs to no row of the table")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: until all of it is on the disk, one of that name stays as it was."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
