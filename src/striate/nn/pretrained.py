"""torchvision's weights: fetched through its own API, and mapped key by key to our rows' names and back."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from striate.errors import ModelError
from striate.nn.key_rules import Rules, class_rows, map_state, rename
from striate.tables import Table
from striate.text import first_line

_CLASSES = 1000

_ALEXNET_ROWS = {
    "C1": "features.0",
    "C3": "features.3",
    "C5": "features.6",
    "C6": "features.8",
    "C7": "features.10",
    "F8": "classifier.1",
    "F9": "classifier.4",
    "Out": "classifier.6",
}
_ALEXNET: Rules = ((r"(\w+)\.(weight|bias)", lambda key: f"{_ALEXNET_ROWS[key[1]]}.{key[2]}"),)

_STEM = {"conv1": "conv1", "conv2_reduce": "conv2", "conv2": "conv3"}
_PLACE = {"conv1x1": "", "reduce": ".0", "conv3x3": ".1", "conv5x5": ".1", "project": ".1"}
_GOOGLENET: Rules = (
    (r"classifier\.(\w+)", lambda key: f"fc.{key[1]}"),
    (r"(aux\d)\.fc\.(\w+)", lambda key: f"{key[1]}.fc1.{key[2]}"),
    (r"(aux\d)\.classifier\.(\w+)", lambda key: f"{key[1]}.fc2.{key[2]}"),
    (r"(aux\d)\.conv_bn\.norm\.(\w+)", lambda key: f"{key[1]}.conv.bn.{key[2]}"),
    (r"(aux\d)\.conv\.(\w+)", lambda key: f"{key[1]}.conv.conv.{key[2]}"),
    (
        r"inception_(\w+)\.(branch\d)\.(\w+)_bn\.norm\.(\w+)",
        lambda key: f"inception{key[1]}.{key[2]}{_PLACE[key[3]]}.bn.{key[4]}",
    ),
    (
        r"inception_(\w+)\.(branch\d)\.(\w+)\.(\w+)",
        lambda key: f"inception{key[1]}.{key[2]}{_PLACE[key[3]]}.conv.{key[4]}",
    ),
    (r"(\w+)_bn\.norm\.(\w+)", lambda key: f"{_STEM[key[1]]}.bn.{key[2]}"),
    (r"(\w+)\.(\w+)", lambda key: f"{_STEM[key[1]]}.conv.{key[2]}"),
)


def _unit(stage: str, unit: str) -> str:
    """conv2_1, the paper's first unit of its second stage, is torchvision's layer1.0."""
    return f"layer{int(stage) - 1}.{int(unit) - 1}"


_RESNET: Rules = (
    (r"conv(\d)_(\d+)\.body\.(bn\d)\.norm\.(\w+)", lambda key: f"{_unit(key[1], key[2])}.{key[3]}.{key[4]}"),
    (r"conv(\d)_(\d+)\.body\.(conv\d\.\w+)", lambda key: f"{_unit(key[1], key[2])}.{key[3]}"),
    (r"conv(\d)_(\d+)\.shortcut\.conv\.(\w+)", lambda key: f"{_unit(key[1], key[2])}.downsample.0.{key[3]}"),
    (r"conv(\d)_(\d+)\.shortcut\.bn\.norm\.(\w+)", lambda key: f"{_unit(key[1], key[2])}.downsample.1.{key[3]}"),
    (r"bn1\.norm\.(\w+)", lambda key: f"bn1.{key[1]}"),
    (r"(conv1|fc)\.(\w+)", lambda key: f"{key[1]}.{key[2]}"),
)

TORCHVISION_RULES: dict[str, Rules] = {
    "alexnet:torchvision": _ALEXNET,
    "googlenet:torchvision": _GOOGLENET,
    **{f"resnet{depth}:torchvision": _RESNET for depth in (18, 34, 50, 101, 152)},
}
"""From our keys to torchvision's, by a table's name."""


def torchvision_name(table: Table) -> str:
    """torchvision's name of a table's network. ModelError if torchvision ships none that is the same."""
    if table.name not in TORCHVISION_RULES:
        raise ModelError(f"torchvision has no weights for {table.name}; it has them for {', '.join(TORCHVISION_RULES)}")
    return table.name.removesuffix(":torchvision")


def torchvision_keys(table: Table, keys: Iterable[str]) -> dict[str, str]:
    """torchvision's key for each of ours, for the `:torchvision` tables.

    >>> from striate.tables import load_table
    >>> torchvision_keys(load_table("resnet50:torchvision"), ["conv3_1.shortcut.bn.norm.bias"])
    {'conv3_1.shortcut.bn.norm.bias': 'layer2.0.downsample.1.bias'}
    """
    torchvision_name(table)
    return rename(keys, TORCHVISION_RULES[table.name])


def to_torchvision_state_dict(table: Table, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A network's state under torchvision's keys, for `torchvision.models`' network of the same name."""
    return {theirs: state[ours] for ours, theirs in torchvision_keys(table, state).items()}


def from_torchvision_state_dict(
    table: Table, theirs: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """torchvision's state under our keys, those of `expected`, whose shapes it must have.

    ModelError if a tensor is missing, left over, or of another shape.
    """
    return map_state(table, torchvision_keys(table, expected), theirs, expected, source="torchvision")


def pretrained_state(table: Table, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A network's state with torchvision's weights in it: its own is kept where the number of classes is another.

    `own` is the state of the table's network. ModelError if torchvision has no weights for it or they cannot be
    fetched; the error names the file and where to put it.
    """
    theirs = fetch(torchvision_name(table))
    kept = {} if table.classes == _CLASSES else class_rows(table, own)
    for name in torchvision_keys(table, kept).values():
        theirs.pop(name, None)
    expected = {key: tensor for key, tensor in own.items() if key not in kept}
    return from_torchvision_state_dict(table, theirs, expected) | kept


def fetch(name: str) -> dict[str, Tensor]:
    """torchvision's ImageNet weights of a network (the V1 ones), from torch's cache or the net.

    Reading them runs no code, and their file must have the hash that is part of its name. ModelError if not.
    """
    from torchvision.models import get_model_weights

    weights = get_model_weights(name)["IMAGENET1K_V1"]
    file = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rpartition("/")[2]
    if file.exists():
        _check_hash(file)
    cached = file.exists()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # torch announces a download where our results belong
            state = weights.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, map_location="cpu", weights_only=True
            )
    except Exception as error:  # whatever the net, the disk or a damaged file raises
        if cached:
            raise ModelError(f"{file}: cannot be read as weights ({first_line(error)})") from None
        raise ModelError(
            f"cannot fetch torchvision's weights ({first_line(error)}); fetch {weights.url} where there is a network"
            f" and put it at {file}"
        ) from None
    if not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ModelError(f"{file}: holds something that is no tensor")
    return dict(state)


def _check_hash(file: Path) -> None:
    """torch checks what it downloads, not what is in the cache already."""
    stated = file.stem.rpartition("-")[2]
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if not found.startswith(stated):
        raise ModelError(
            f"{file}: is not the file that it is named after: its SHA-256 begins with {found[: len(stated)]}, not"
            f" {stated}; delete it to fetch it again"
        )
