"""A picture as a network's input: what `inspect` and the lab look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from striate.data import ignore_metadata_warnings, normalize, read_noted_input
from striate.errors import StriateError
from striate.nn import Model
from striate.tables import Table
from striate.text import compose, printable


@dataclass(frozen=True)
class Sample:
    """A picture to inspect: `fitted_CHW` is uint8 of the table's input, `input_NCHW` is it normalized (N = 1).

    `note` is what `striate.data.read_noted_input` says of it, or "".
    """

    name: str
    fitted_CHW: Tensor
    input_NCHW: Tensor
    note: str = ""


def load_sample(image: Path | bytes, table: Table) -> Sample:
    """A picture of any size, by its path or the bytes of its file, as `predict` reads it. DataError if it cannot be
    read."""
    name = "the picture" if isinstance(image, bytes) else printable(image.name)
    with ignore_metadata_warnings():
        input_CHW, note = read_noted_input(image, table, name=name)
        return sample_of(name, input_CHW, table, note)


def sample_of(name: str, fitted_CHW: Tensor, table: Table, note: str = "") -> Sample:
    """A picture that is the table's input already, uint8 (channels, height, width).

    >>> import torch
    >>> from striate.tables import load_table
    >>> black = torch.zeros(1, 32, 32, dtype=torch.uint8)
    >>> sample_of("black", black, load_table("lenet5")).input_NCHW.shape
    torch.Size([1, 1, 32, 32])
    """
    return Sample(name, fitted_CHW, normalize(fitted_CHW.unsqueeze(0), table.preprocessing), note)


def class_index(model: Model, name: str) -> int:
    """The index of a class among the logits. StriateError names those that the model has."""
    name = compose(name)
    if name not in model.classes:
        shown = ", ".join(model.classes[:10]) + (", ..." if len(model.classes) > 10 else "")
        raise StriateError(f"there is no class '{name}'; the model has {len(model.classes)}: {shown}")
    return model.classes.index(name)
