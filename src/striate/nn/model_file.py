"""The model file: one .safetensors with the weights, and everything needed to use them as JSON in its metadata.

The key "striate" holds the format's version, the table (with preprocessing and recipe, every field written
out), the classes, how it was trained, its scores, and of a calibrated model its `reliability`; under "crc32" a
checksum, which a file may lack. Loading reads numbers and JSON; it can run no code.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from striate.errors import ModelError, TableError
from striate.models import find_shipped, shipped_models
from striate.nn import limits
from striate.nn.hub import fetch_from_hub
from striate.nn.network import Network
from striate.nn.reliability import Reliability, reliability_from_dict, reliability_to_dict
from striate.paths import HUB, user_path
from striate.runtime import write_atomically
from striate.tables import Plan, plan_from_dict, table_to_dict
from striate.text import compose, shorten

FORMAT = 1
MODEL_FILE_NAME = "model.safetensors"
_KEY, _CHECKSUM = "striate", "crc32"
_KINDS = {torch.float32: "F32", torch.int64: "I64"}
"""Data types of a network's tensors in safetensors' words: weights, and batch normalization's batch counters."""
_ENTRY = 80  # bytes at most that a tensor has in the header beside its name and shape


@dataclass(frozen=True)
class Model:
    """A trained network and what it means: class names in the order of its logits, training and scores as data.

    `reliability` is None of a model that was not calibrated, as those of version 0.1.
    """

    network: Network
    classes: tuple[str, ...]
    training: Mapping[str, Any]
    scores: Mapping[str, Any]
    reliability: Reliability | None = None

    @property
    def temperature(self) -> float:
        """What logits are divided by before their softmax is taken: 1 of a model that was not calibrated."""
        return 1.0 if self.reliability is None else self.reliability.temperature

    def probabilities(self, logits: Tensor) -> Tensor:
        """The probabilities of logits (..., classes), as `predict` gives them, in float64.

        >>> from striate.nn import build
        >>> Model(build("lenet5", seed=0), tuple("0123456789"), {}, {}).probabilities(torch.zeros(10))[:2].tolist()
        [0.1, 0.1]
        """
        return (logits.double() / self.temperature).softmax(dim=-1)


def save_model(path: Path, model: Model) -> None:
    """Write the model file; until all of it is on the disk, a file of that name stays as it was. The same model gives
    the same bytes.

    ModelError if `load` would refuse it, for its metadata are too large.
    """
    text = check_savable(path, model)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    content = safetensors.torch.save(tensors, {_KEY: text, _CHECKSUM: _checksum(text, tensors)})
    write_atomically(path, _with_sorted_metadata(content))


def _with_sorted_metadata(content: bytes) -> bytes:
    """A safetensors file with the keys of its metadata in order: safetensors writes them in a random one."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors are aligned to 8 bytes
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(content)[start:]))


def check_savable(path: Path, model: Model) -> str:
    """The metadata of a model as text. ModelError if they are too large for a model file."""
    metadata = {
        "format": FORMAT,
        "table": table_to_dict(model.network.table, defaults=True),
        "classes": list(model.classes),
        "training": dict(model.training),
        "scores": dict(model.scores),
    }
    if model.reliability is not None:
        metadata["reliability"] = reliability_to_dict(model.reliability)
    text = json.dumps(metadata, allow_nan=False)
    tensors = {name: list(tensor.shape) for name, tensor in model.network.state_dict().items()}
    header = json.dumps([text, tensors])
    try:
        limits.check_parts(metadata["table"])
        limits.check_header(len(header) + _ENTRY * len(tensors))
    except (ValueError, TableError) as error:
        raise ModelError(f"{path}: cannot be saved: {error}") from None
    return text


def load_model(path: Path | str) -> Model:
    """Read a model file, the one in a run directory, one that ships, or one on the Hub (hf://OWNER/NAME), and build its
    network in evaluation mode.

    What exists at the path goes before a shipped model of that name. ModelError, naming the path, if it is missing,
    damaged, of another kind, or its parts do not fit together; memory is taken for the network only once they do.
    """
    path = find_model(path)
    with _named(path):
        return _load(path)


def find_model(given: Path | str) -> Path:
    """The model file at a path: itself, the one in a run directory, or one that ships; of a model on the Hub
    (hf://OWNER/NAME) the one that is fetched. ModelError if there is none."""
    if str(given).startswith(HUB):
        return fetch_from_hub(str(given))
    path = user_path(given, ModelError)
    with _named(path):
        if path.is_dir():
            path = path / MODEL_FILE_NAME
        elif not path.exists():
            path = find_shipped(str(path)) or path
        _check_file(path)
        return path


@dataclass(frozen=True)
class Metadata:
    """What a model file states of its network; `training` and `scores` are plain data, as the trainer wrote them."""

    plan: Plan
    classes: tuple[str, ...]
    training: dict[str, Any]
    scores: dict[str, Any]
    reliability: Reliability | None = None


def read_metadata(path: Path | str) -> Metadata:
    """The metadata of a model, from its file's header alone: no weight is read. The path, and ModelError, as of
    `load_model`."""
    path = find_model(path)
    with _named(path), _opened(path) as (_, _, metadata):
        return metadata


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file becomes a ModelError that names it."""
    try:
        yield
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None
    except (safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not a model file, or cut short or damaged ({shorten(str(error))})") from None
    except TableError as error:
        raise ModelError(f"{path}: {shorten(str(error))}") from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, str], Metadata]]:
    """The file, opened by safetensors, its metadata as text, and parsed and checked."""
    _check_file(path)
    limits.check_beginning(path)
    with _utf8_path(path) as readable, safetensors.safe_open(readable, framework="pt") as file:
        texts = file.metadata() or {}
        metadata = _metadata(path, limits.parse_json(texts.get(_KEY, "null")))
        limits.check_size(metadata.plan, path.stat().st_size)
        yield file, texts, metadata


@contextmanager
def _utf8_path(path: Path) -> Iterator[Path]:
    """A path of the file in UTF-8, which safetensors needs; on Linux a name may be any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with path.open("rb") as file:
            yield Path(f"/dev/fd/{file.fileno()}")
    else:
        yield path


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelError(
            f"{path}: {'not a file' if path.exists() else 'no such model'}; expected a run directory with"
            f" {MODEL_FILE_NAME}, a .safetensors file, or the name of a model that ships:"
            f" {', '.join(shipped_models())}"
        )


def _load(path: Path) -> Model:
    with _opened(path) as (file, texts, metadata):
        with torch.device("meta"):  # shapes without memory
            expected = Network(metadata.plan).state_dict()
        _check_shapes(path, file, expected)
        tensors = {name: file.get_tensor(name) for name in expected}
        _check_numbers(path, tensors)
        if texts.get(_CHECKSUM) not in (None, _checksum(texts[_KEY], tensors)):
            raise ModelError(f"{path}: damaged: its numbers are not those that were saved")
        network = Network(metadata.plan)
        network.load_state_dict(tensors)
    network.eval()
    return Model(network, metadata.classes, metadata.training, metadata.scores, metadata.reliability)


def _metadata(path: Path, data: Any) -> Metadata:
    """Plan, classes, training and scores, which fit together. ModelError or TableError if not."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ModelError(f"{path}: not a Striate model of format {FORMAT}")
    classes, training, scores = (data.get(name) for name in ("classes", "training", "scores"))
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ModelError(f"{path}: the metadata's classes are not a list of names")
    classes = list(map(compose, classes))  # version 0.1 wrote them as macOS gives them
    if len(set(classes)) != len(classes):
        raise ModelError(f"{path}: two classes have one name")
    if any("\ud800" <= letter <= "\udfff" for name in classes for letter in name):
        raise ModelError(f"{path}: the name of a class is no text: it holds half a character")
    if not isinstance(training, dict) or not isinstance(scores, dict):
        raise ModelError(f"{path}: the metadata's training and scores are not objects")
    limits.check_parts(data.get("table"))
    plan = plan_from_dict(data.get("table", {}), "table")
    if plan.table.classes != len(classes):
        raise ModelError(f"{path}: {len(classes)} class names for a table with {plan.table.classes} classes")
    try:
        reliability = reliability_from_dict(data.get("reliability"), plan)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    return Metadata(plan, tuple(classes), training, scores, reliability)


def _check_shapes(path: Path, file: Any, expected: Mapping[str, Tensor]) -> None:
    """ModelError unless the file's header has the tensors that the table needs, and no others."""
    found = set(file.keys())
    for name, tensor in expected.items():
        if name not in found:
            raise ModelError(f"{path}: tensor {name} is missing")
        shape, kind = file.get_slice(name).get_shape(), file.get_slice(name).get_dtype()
        if shape != list(tensor.shape) or kind != _KINDS[tensor.dtype]:
            raise ModelError(
                f"{path}: tensor {name} is {kind} {shape}, the table needs {_KINDS[tensor.dtype]} {list(tensor.shape)}"
            )
    if extra := sorted(found - set(expected)):
        raise ModelError(f"{path}: tensor {shorten(extra[0])} belongs to no row of the table")


def _check_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        # The ends of their range are as finite as all of them, and ten times as fast to find.
        if not torch.stack(tensor.aminmax()).isfinite().all():
            raise ModelError(f"{path}: tensor {name} holds values that are no finite numbers")


def _checksum(text: str, tensors: Mapping[str, Tensor]) -> str:
    """CRC-32 of the metadata and of the tensors in the order of their names.

    It finds damage, not malice: whoever can change the file can change it too. 80 ms for AlexNet's 244 MB, where
    SHA-256 takes 200 ms.
    """
    checksum = zlib.crc32(text.encode())
    for name in sorted(tensors):
        checksum = zlib.crc32(tensors[name].numpy().ravel().data, checksum)
    return f"{checksum:08x}"
